package app_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/app"
	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// notices gives the notices that are owed, the newest first.
func (w *world) notices() (list []mail.Mail) {
	w.t.Helper()
	all, err := w.Mails.List(w.t.Context(), false, mail.ID{}, 100)
	require.NoError(w.t, err)
	for _, e := range all {
		if e.Kind != mail.VerifyEmail {
			list = append(list, e.Mail)
		}
	}
	return list
}

func TestOwnersAreToldOfOtherPasswords(t *testing.T) {
	w := newWorld(t, withMail)
	in := w.signUp("ann@example.com")
	change := func(current string) error {
		return w.Passwords.Change(t.Context(), w.caller(), w.principal(in), inbound.PasswordChange{
			Current: credential.NewPassword(current), New: credential.NewPassword("another correct horse battery"),
		})
	}
	require.Error(t, change("not the password"))
	require.Empty(t, w.notices())
	require.NoError(t, change(password))
	owed := w.notices()
	require.Len(t, owed, 1)
	require.Equal(t, mail.Mail{
		Tenant: tenant.Default, ID: owed[0].ID, Kind: mail.PasswordChanged, User: in.User.ID, RequestID: "request-1", CreatedAt: w.clock.Now(),
		Details: map[string]string{mail.Address: "192.0.2.7", mail.At: "2026-01-01T00:00:00Z"},
	}, owed[0])
}

func TestOwnersAreToldOfResets(t *testing.T) {
	w := newWorld(t, withMail)
	w.signUp("ann@example.com")
	w.post()
	w.forgot("ann@example.com")
	require.NoError(t, w.reset(w.only(mail.ResetPassword, "ann@example.com").token(t), "another correct horse battery"))
	owed := w.notices()
	require.Len(t, owed, 1)
	require.Equal(t, mail.PasswordChanged, owed[0].Kind)
	require.Equal(t, map[string]string{mail.Address: "192.0.2.7", mail.At: "2026-01-01T00:00:00Z"}, owed[0].Details)
}

func TestOwnersAreToldOfNewDevices(t *testing.T) {
	w := newWorld(t, withMail)
	in := w.signUp("ann@example.com")
	w.signIn("ann@example.com")
	require.Empty(t, w.notices(), "a device that is known")
	w.clock.Advance(time.Minute)
	other := w.caller()
	other.UserAgent, other.Address = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1", "198.51.100.9"
	signIn := func(password string) error {
		_, err := w.Accounts.SignIn(t.Context(), other, inbound.SignIn{Email: "ann@example.com", Password: credential.NewPassword(password)})
		return err
	}
	require.Error(t, signIn("not the password"))
	require.Empty(t, w.notices())
	asked := w.store.asked.Load()
	require.NoError(t, signIn(password))
	require.EqualValues(t, 2, w.store.asked.Load()-asked, "it costs nothing")
	owed := w.notices()
	require.Len(t, owed, 1)
	require.Equal(t, mail.Mail{
		Tenant: tenant.Default, ID: owed[0].ID, Kind: mail.NewDevice, User: in.User.ID, RequestID: "request-1", CreatedAt: w.clock.Now(),
		Details: map[string]string{mail.Device: owed[0].Details[mail.Device], mail.Address: "198.51.100.9", mail.At: "2026-01-01T00:01:00Z"},
	}, owed[0])
	require.Contains(t, owed[0].Details[mail.Device], "Safari")
	require.NoError(t, signIn(password))
	require.Len(t, w.notices(), 1, "once")
}

func TestWithoutMailNobodyIsOwedAny(t *testing.T) {
	for name, change := range map[string]func(*outbound.World, *app.Policy){
		"none is to be sent": func(w *outbound.World, _ *app.Policy) { w.Mailer = noMailer{} },
		"nobody sends it":    func(_ *outbound.World, p *app.Policy) { p.Mail = true },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, change)
			in := w.signUp("ann@example.com")
			require.False(t, w.Mailing.Enabled())
			other := w.caller()
			other.UserAgent = "Lynx/3"
			_, err := w.Accounts.SignIn(t.Context(), other, inbound.SignIn{Email: "ann@example.com", Password: credential.NewPassword(password)})
			require.NoError(t, err)
			require.NoError(t, w.Passwords.Change(t.Context(), w.caller(), w.principal(in), inbound.PasswordChange{
				Current: credential.NewPassword(password), New: credential.NewPassword("another correct horse battery"),
			}))
			require.Empty(t, w.notices())
		})
	}
}

func TestMailsThatWereGivenUpAreRemoved(t *testing.T) {
	w := newWorld(t, withMail, func(_ *outbound.World, p *app.Policy) { p.DeadMails = 24 * time.Hour })
	m := mail.Mail{Tenant: tenant.Default, ID: mail.ID{1}, Kind: mail.MagicLink, To: "ann@example.com", CreatedAt: w.clock.Now()}
	outbox := w.store.Store.Outbox()
	require.NoError(t, outbox.Add(t.Context(), m))
	_, err := outbox.Claim(t.Context(), outbound.MailClaim{Tenant: tenant.Default, Holder: "one", Now: w.clock.Now(), Until: w.clock.Now(), Limit: 1})
	require.NoError(t, err)
	require.NoError(t, outbox.Bury(t.Context(), outbound.MailHold{Tenant: tenant.Default, ID: m.ID, Holder: "one"}, w.clock.Now(), "no"))
	w.clock.Advance(24*time.Hour - time.Microsecond)
	require.NoError(t, w.Cleanup.Sweep(t.Context()))
	require.Len(t, w.notices(), 1)
	w.clock.Advance(time.Microsecond)
	require.NoError(t, w.Cleanup.Sweep(t.Context()))
	require.Empty(t, w.notices())
	require.EqualValues(t, 1, w.Cleanup.Removed()["mails"])
}
