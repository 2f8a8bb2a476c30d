package porttest

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

func quietAccount(address, name string) outbound.QuietAccount {
	a := account(address, name)
	return outbound.QuietAccount{
		User: a.User, PasswordHash: a.PasswordHash, Event: event.SignedUp(event.Origin{Tenant: tenant.Default, RequestID: "request-1"}, a.User.ID, at),
		Mail:  mail.Mail{Tenant: tenant.Default, ID: newID(), To: address, RequestID: "request-1", CreatedAt: at},
		IfNew: mail.VerifyEmail, IfThere: mail.AccountExists,
	}
}

func testQuietSignUps(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	users := h.Store.Users()
	// owed counts the mails of a kind to an address or about somebody.
	owed := func(t *testing.T, kind mail.Kind, about user.ID, to string) (n int) {
		t.Helper()
		list, err := h.Store.Outbox().List(ctx, tenant.Default, false, mail.ID{}, 1000)
		require.NoError(t, err)
		for _, e := range list {
			if e.Kind == kind && (e.User == about || to != "" && e.To == to) {
				require.False(t, e.User.IsZero())
				n++
			}
		}
		return n
	}

	t.Run("a new address is an account without a session", func(t *testing.T) {
		a := quietAccount("Ann@example.com", "ann")
		before := len(all(t, h))
		require.NoError(t, users.RegisterQuietly(ctx, a))
		got, hash, err := users.WithPassword(ctx, tenant.Default, a.User.ID)
		require.NoError(t, err)
		require.Equal(t, a.User, got)
		require.Equal(t, a.PasswordHash, hash)
		events := all(t, h)
		require.Len(t, events, before+1)
		require.Equal(t, a.Event.Name, events[before].Name)
		require.Equal(t, a.User.ID, events[before].User)
		live, err := h.Store.Sessions().ListLive(ctx, tenant.Default, a.User.ID, at.Add(time.Second), life, [16]byte{}, 10)
		require.NoError(t, err)
		require.Empty(t, live)
		require.Equal(t, 1, owed(t, mail.VerifyEmail, a.User.ID, ""))
		require.Zero(t, owed(t, mail.AccountExists, a.User.ID, ""))
	})

	t.Run("an address that is somebody's changes nothing, and they are told", func(t *testing.T) {
		bob := register(t, h.Store, "bob@example.com", "bob")
		before := len(all(t, h))
		for _, name := range []string{"", "bobby", "bob"} {
			a := quietAccount("BOB@example.com", name)
			require.NoError(t, users.RegisterQuietly(ctx, a))
			_, err := users.ByID(ctx, tenant.Default, a.User.ID)
			require.ErrorIs(t, err, outbound.ErrNotFound)
		}
		got, hash, err := users.WithPassword(ctx, tenant.Default, bob.User.ID)
		require.NoError(t, err)
		require.Equal(t, bob.User, got)
		require.Equal(t, bob.PasswordHash, hash)
		require.Len(t, all(t, h), before)
		require.Equal(t, 3, owed(t, mail.AccountExists, bob.User.ID, ""))
		require.Zero(t, owed(t, mail.VerifyEmail, bob.User.ID, ""))
	})

	t.Run("a user name that is somebody's is a conflict", func(t *testing.T) {
		register(t, h.Store, "cat@example.com", "cat")
		a := quietAccount("other@example.com", "CAT")
		require.ErrorIs(t, users.RegisterQuietly(ctx, a), outbound.ErrConflict)
		_, err := users.ByID(ctx, tenant.Default, a.User.ID)
		require.ErrorIs(t, err, outbound.ErrNotFound)
		require.Zero(t, owed(t, mail.VerifyEmail, user.ID{}, "other@example.com")+owed(t, mail.AccountExists, user.ID{}, "other@example.com"))
	})

	t.Run("of many at once, one is the account", func(t *testing.T) {
		var wg sync.WaitGroup
		var made atomic.Int32
		start := make(chan struct{})
		for range 8 {
			a := quietAccount("dan@example.com", "")
			wg.Go(func() {
				<-start
				if err := users.RegisterQuietly(ctx, a); err != nil {
					t.Errorf("register: %v", err)
				}
				_, err := users.ByID(ctx, tenant.Default, a.User.ID)
				switch {
				case err == nil:
					made.Add(1)
				case !errors.Is(err, outbound.ErrNotFound):
					t.Errorf("find: %v", err)
				}
			})
		}
		close(start)
		wg.Wait()
		require.EqualValues(t, 1, made.Load())
		require.Equal(t, 7, owed(t, mail.AccountExists, user.ID{}, "dan@example.com"))
		require.Equal(t, 1, owed(t, mail.VerifyEmail, user.ID{}, "dan@example.com"))
	})

	t.Run("a sign-up that tells owes its mails too", func(t *testing.T) {
		a := account("eve@example.com", "")
		a.Mails = []mail.Mail{{Tenant: tenant.Default, ID: newID(), Kind: mail.VerifyEmail, User: a.User.ID, CreatedAt: at}}
		require.NoError(t, users.Register(ctx, a))
		require.Equal(t, 1, owed(t, mail.VerifyEmail, a.User.ID, ""))
		b := account("eve@example.com", "")
		b.Mails = []mail.Mail{{Tenant: tenant.Default, ID: newID(), Kind: mail.VerifyEmail, User: b.User.ID, CreatedAt: at}}
		require.ErrorIs(t, users.Register(ctx, b), outbound.ErrConflict)
		require.Zero(t, owed(t, mail.VerifyEmail, b.User.ID, ""))
	})
}

// A session can be opened by another proof than a password's, whether or not
// there is a password, and by a user who may act.
func testUnaskedSessions(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	a := register(t, h.Store, "ann@example.com", "")
	open := func() error {
		o := opening(newSession(a.User), "another hash")
		require.ErrorIs(t, h.Store.Sessions().Open(ctx, o), outbound.ErrStale)
		o.Unasked = true
		return h.Store.Sessions().Open(ctx, o)
	}
	require.NoError(t, open())
	h.Exec(t, "DELETE FROM passwords WHERE user_id = '"+a.User.ID.String()+"'")
	require.NoError(t, open())
	h.Exec(t, "UPDATE users SET status = 'suspended' WHERE id = '"+a.User.ID.String()+"'")
	require.ErrorIs(t, open(), outbound.ErrStale)
}
