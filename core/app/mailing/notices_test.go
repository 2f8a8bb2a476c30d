package mailing_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/app/mailing"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

func TestToWhomANoticeGoes(t *testing.T) {
	onBothEngines(t, func(t *testing.T, o *office) {
		write := func(k mail.Kind, who user.ID, to string, details map[string]string) (w mailing.Written, err error) {
			failed := o.store.Store.Atomically(t.Context(), func(ctx context.Context, tx outbound.Repositories) error {
				w, err = mailing.Notices()[k](ctx, tx, mail.Mail{Tenant: tenant.Default, Kind: k, User: who, To: to, Details: details})
				return nil
			})
			require.NoError(t, failed)
			return w, err
		}
		known := mailing.Written{To: "Ann@example.com", Locale: "pt-BR", Details: map[string]string{mail.Name: "Ana", mail.Count: "7"}}
		details := map[string]string{mail.Count: "7"}

		for _, k := range []mail.Kind{mail.PasswordChanged, mail.NewDevice, mail.FailedSignIns} {
			w, err := write(k, o.ann.ID, "", details)
			require.NoError(t, err)
			require.Equal(t, known, w)
			_, err = write(k, user.ID{9}, "", details)
			require.ErrorIs(t, err, mailing.ErrMoot)
		}

		w, err := write(mail.AccountExists, user.ID{}, "aNN@EXAMPLE.com", details)
		require.NoError(t, err)
		require.Equal(t, known, w, "as the account has it")
		for _, to := range []string{"bob@example.com", "no address", ""} {
			_, err = write(mail.AccountExists, user.ID{}, to, details)
			require.ErrorIs(t, err, mailing.ErrMoot, to)
		}

		w, err = write(mail.EmailChanged, o.ann.ID, "Former@example.com", details)
		require.NoError(t, err)
		require.Equal(t, mailing.Written{To: "Former@example.com", Locale: "pt-BR", Details: known.Details}, w)
		_, err = write(mail.EmailChanged, o.ann.ID, "", details)
		require.ErrorIs(t, err, mailing.ErrMoot)
		_, err = write(mail.EmailChanged, user.ID{9}, "Former@example.com", details)
		require.ErrorIs(t, err, mailing.ErrMoot)
		require.NoError(t, o.store.Users().ChangeStatus(t.Context(), outbound.StatusChange{
			Tenant: tenant.Default, User: o.ann.ID, Was: user.Active, To: user.Deleted, At: o.clock.Now(),
		}))
		_, err = write(mail.EmailChanged, o.ann.ID, "Former@example.com", details)
		require.ErrorIs(t, err, mailing.ErrMoot, "the address of somebody who is gone is forgotten")
	})
}

func TestSomebodyWhoIsGoneIsToldNothing(t *testing.T) {
	onBothEngines(t, func(t *testing.T, o *office) {
		require.NoError(t, o.store.Users().ChangeStatus(t.Context(), outbound.StatusChange{
			Tenant: tenant.Default, User: o.ann.ID, Was: user.Active, To: user.Deleted, At: o.clock.Now(),
		}))
		o.run(o.instance(o.mails))
		o.untilGone(o.owe())
		require.Zero(t, o.mails.tries.Load())
	})
}

func TestEveryNoticeHasAWriter(t *testing.T) {
	for _, k := range []mail.Kind{mail.AccountExists, mail.EmailChanged, mail.PasswordChanged, mail.NewDevice, mail.FailedSignIns} {
		require.Contains(t, mailing.Notices(), k)
	}
}
