package app_test

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/app"
	"github.com/plinto/plinto/core/app/guard"
	"github.com/plinto/plinto/core/app/mailing"
	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/limit"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/core/onetime"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

const (
	welcome     = "https://app.example.com/welcome"
	newPassword = "another horse, another stable"
)

// noMailer is a mailer that nobody runs: tests write the mails themselves.
type noMailer struct{ outbound.Mailer }

func withMail(w *outbound.World, p *app.Policy) {
	w.Mailer, p.Mail = noMailer{}, true
	p.Links = app.Links{
		Frontend: "https://www.example.com/auth/", Magic: true, Redirects: []string{welcome},
		Lifetimes: onetime.Lifetimes{
			onetime.VerifyEmail: 48 * time.Hour, onetime.ChangeEmail: 48 * time.Hour, onetime.ResetPassword: time.Hour,
			onetime.MagicLink: 10 * time.Minute, onetime.Invitation: 48 * time.Hour,
		},
	}
}

// letter is a mail as it was written.
type letter struct {
	mail.Kind
	mailing.Written
}

// token is what stands in the link of a letter.
func (l letter) token(t *testing.T) string {
	t.Helper()
	u, err := url.Parse(l.Details[mail.Link])
	require.NoError(t, err)
	return u.Query().Get("token")
}

// owed gives the mails that are owed, the oldest first.
func (w *world) owed() []mail.Entry {
	w.t.Helper()
	list, err := w.store.Store.Outbox().List(w.t.Context(), tenant.Default, false, mail.ID{}, 1000)
	require.NoError(w.t, err)
	slices.Reverse(list)
	return list
}

// write writes a mail, and takes it away; false when there was nothing to write.
func (w *world) write(m mail.Mail) (letter, bool) {
	w.t.Helper()
	l := letter{Kind: m.Kind}
	err := w.store.Store.Atomically(w.t.Context(), func(ctx context.Context, tx outbound.Repositories) (err error) {
		l.Written, err = app.Writers(w.world, w.policy)[m.Kind](ctx, tx, m)
		return err
	})
	if !errors.Is(err, mailing.ErrMoot) {
		require.NoError(w.t, err)
	}
	require.NoError(w.t, w.store.Store.Outbox().Remove(w.t.Context(), tenant.Default, m.ID))
	return l, err == nil
}

// post writes everything that is owed.
func (w *world) post() []letter {
	w.t.Helper()
	var list []letter
	for _, e := range w.owed() {
		if l, ok := w.write(e.Mail); ok {
			list = append(list, l)
		}
	}
	return list
}

// only writes the one mail that is owed.
func (w *world) only(kind mail.Kind, to string) letter {
	w.t.Helper()
	list := w.post()
	require.Len(w.t, list, 1)
	require.Equal(w.t, kind, list[0].Kind)
	require.Equal(w.t, to, list[0].To)
	return list[0]
}

func (w *world) forgot(address string) {
	w.t.Helper()
	require.NoError(w.t, w.Recovery.Forgot(w.t.Context(), w.caller(), inbound.Forgot{Email: address}))
}

func (w *world) reset(token, password string) error {
	return w.Recovery.Reset(w.t.Context(), w.caller(), inbound.Reset{Token: token, New: credential.NewPassword(password)})
}

func (w *world) magic(address string) {
	w.t.Helper()
	require.NoError(w.t, w.MagicLinks.Request(w.t.Context(), w.caller(), inbound.MagicLink{Email: address}))
}

func (w *world) enter(token string) (inbound.SignedIn, error) {
	in, _, err := w.MagicLinks.SignIn(w.t.Context(), w.caller(), inbound.MailedToken{Token: token})
	return in, err
}

func (w *world) verify(who inbound.Principal, token string) error {
	return w.Addresses.Verify(w.t.Context(), w.caller(), who, inbound.MailedToken{Token: token})
}

func (w *world) confirm(who inbound.Principal, token string) error {
	return w.Addresses.Confirm(w.t.Context(), w.caller(), who, inbound.MailedToken{Token: token})
}

func (w *world) moveTo(in inbound.SignedIn, address string) error {
	return w.Addresses.Change(w.t.Context(), w.caller(), w.principal(in), inbound.AddressChange{NewEmail: address})
}

func (w *world) account(in inbound.SignedIn) user.User {
	w.t.Helper()
	u, err := w.store.Store.Users().ByID(w.t.Context(), tenant.Default, in.User.ID)
	require.NoError(w.t, err)
	return u
}

// over tells that a session ended, for this reason, and that its access token is
// refused at once.
func (w *world) over(in inbound.SignedIn, reason session.EndReason) {
	w.t.Helper()
	require.Equal(w.t, reason, w.stored(in.Session.ID).EndReason)
	_, err := w.Tokens.Authenticate(w.t.Context(), w.caller(), in.Tokens.Access)
	require.Equal(w.t, fault.InvalidToken, fault.CodeOf(err))
}

func is(t *testing.T, code fault.Code, err error, says ...any) {
	t.Helper()
	require.Error(t, err, says...)
	require.Equal(t, code, fault.CodeOf(err), says...)
}

// verified is an account that was verified from the session that made it.
func (w *world) verified(address string) inbound.SignedIn {
	w.t.Helper()
	in := w.signUp(address)
	require.NoError(w.t, w.verify(w.principal(in), w.only(mail.VerifyEmail, address).token(w.t)))
	return in
}

func TestASignUpIsVerifiedByMail(t *testing.T) {
	w := newWorld(t, withMail)
	ann := w.signUp("ann@example.com")
	l := w.only(mail.VerifyEmail, "ann@example.com")
	require.True(t, strings.HasPrefix(l.Details[mail.Link], "https://www.example.com/auth/verify-email?token=pmt_"))
	require.Equal(t, "172800", l.Details[mail.Expires])
	require.False(t, w.account(ann).EmailVerified)
	require.NoError(t, w.verify(inbound.Principal{}, l.token(t)))
	require.True(t, w.account(ann).EmailVerified)
	names, last := w.happened()
	require.Equal(t, "key.rotated user.created session.created user.verified", names)
	require.Equal(t, map[string]string{"by": "verify_email"}, last.Payload)
	is(t, fault.InvalidOrExpiredToken, w.verify(inbound.Principal{}, l.token(t)))
	is(t, fault.AlreadyVerified, w.Addresses.Resend(t.Context(), w.caller(), w.principal(ann)))
	w.signIn("ann@example.com")
	_, err := w.Tokens.Authenticate(t.Context(), w.caller(), ann.Tokens.Access)
	require.NoError(t, err, "a verification ends nothing")
	require.Empty(t, w.post())
}

func TestTheNewestLinkCounts(t *testing.T) {
	w := newWorld(t, withMail)
	ann := w.signUp("ann@example.com")
	first := w.owed()[0].Mail
	w.clock.Advance(time.Minute)
	require.NoError(t, w.Addresses.Resend(t.Context(), w.caller(), w.principal(ann)))
	second := w.owed()[1].Mail
	newer, ok := w.write(second)
	require.True(t, ok)
	_, ok = w.write(first)
	require.False(t, ok, "it was asked for before the other")
	require.NoError(t, w.verify(inbound.Principal{}, newer.token(t)))
}

func TestForgottenPasswords(t *testing.T) {
	w := newWorld(t, withMail)
	ann := w.verified("ann@example.com")
	other := w.signIn("ann@example.com")
	w.forgot("ANN@example.com")
	l := w.only(mail.ResetPassword, "ann@example.com")
	require.True(t, strings.HasPrefix(l.Details[mail.Link], "https://www.example.com/auth/reset-password?token=pmt_"))
	require.Equal(t, "3600", l.Details[mail.Expires])

	is(t, fault.ValidationError, w.reset(l.token(t), "short"))
	is(t, fault.ValidationError, w.reset(l.token(t), "ann@example.com and more"), "the words of the account are no password")
	w.signIn("ann@example.com")
	require.NoError(t, w.reset(l.token(t), newPassword))
	is(t, fault.InvalidOrExpiredToken, w.reset(l.token(t), newPassword))
	w.over(ann, session.PasswordReset)
	w.over(other, session.PasswordReset)
	is(t, fault.InvalidCredentials, w.trySignIn("ann@example.com", password))
	require.NoError(t, w.trySignIn("ann@example.com", newPassword))
	w.only(mail.PasswordChanged, "ann@example.com")
	names, _ := w.happened()
	require.Contains(t, names, "security.password.reset session.revoked session.revoked")
	require.NotContains(t, names, "user.claimed")
}

func TestAResetGivesAPasswordToAnAccountWithoutOne(t *testing.T) {
	w := newWorld(t, withMail)
	ann := w.verified("ann@example.com")
	w.exec("DELETE FROM passwords")
	w.forgot("ann@example.com")
	require.NoError(t, w.reset(w.only(mail.ResetPassword, "ann@example.com").token(t), newPassword))
	w.over(ann, session.PasswordReset)
	require.NoError(t, w.trySignIn("ann@example.com", newPassword))
}

func TestMagicLinks(t *testing.T) {
	w := newWorld(t, withMail)
	ann := w.verified("ann@example.com")
	cmd := inbound.MagicLink{Email: "Ann@Example.com", Redirect: welcome}
	require.NoError(t, w.MagicLinks.Request(t.Context(), w.caller(), cmd))
	l := w.only(mail.MagicLink, "ann@example.com")
	require.True(t, strings.HasPrefix(l.Details[mail.Link], "https://www.example.com/auth/magic-link?token=pmt_"))
	require.Equal(t, "600", l.Details[mail.Expires])
	in, redirect, err := w.MagicLinks.SignIn(t.Context(), w.caller(), inbound.MailedToken{Token: l.token(t)})
	require.NoError(t, err)
	require.Equal(t, welcome, redirect)
	require.Equal(t, ann.User.ID, in.User.ID)
	require.Equal(t, []string{"email"}, w.stored(in.Session.ID).Methods)
	require.Equal(t, in.User, w.account(in))
	require.Equal(t, []string{"email"}, w.principal(in).Methods)
	w.principal(ann)
	w.signIn("ann@example.com")
	_, err = w.enter(l.token(t))
	is(t, fault.InvalidOrExpiredToken, err)
}

func TestALinkLeadsOnlyWhereItMay(t *testing.T) {
	w := newWorld(t, withMail)
	w.verified("ann@example.com")
	for _, wrong := range []string{
		welcome + "/", welcome + "?a=b", welcome + "#x", "http://app.example.com/welcome", "https://app.example.com:443/welcome", "https://app.example.com/Welcome",
		"https://app.example.com.evil.example/welcome", "https://app.example.com@evil.example/welcome", "https://app.example.com/welcome/../x", "//app.example.com/welcome", "javascript:alert(1)",
		" " + welcome, welcome + "%00", strings.ToUpper(welcome), `https:\\app.example.com\welcome`,
	} {
		is(t, fault.ValidationError, w.MagicLinks.Request(t.Context(), w.caller(), inbound.MagicLink{Email: "ann@example.com", Redirect: wrong}), wrong)
	}
	require.Empty(t, w.owed())
	require.NoError(t, w.MagicLinks.Request(t.Context(), w.caller(), inbound.MagicLink{Email: "ann@example.com", Redirect: welcome}))
	m := w.owed()[0].Mail
	m.Details[mail.Redirect] = "https://evil.example"
	_, ok := w.write(m)
	require.False(t, ok, "it is asked again when the mail is written")
}

// A token of one kind is nothing to any other endpoint.
func TestTokensOfOneKindAreNothingElsewhere(t *testing.T) {
	w := newWorld(t, withMail)
	ann := w.signUp("ann@example.com")
	tokens := map[mail.Kind]string{}
	w.forgot("ann@example.com")
	w.magic("ann@example.com")
	require.NoError(t, w.moveTo(ann, "ann@elsewhere.example"))
	for _, l := range w.post() {
		tokens[l.Kind] = l.token(t)
	}
	require.Len(t, tokens, 4)
	endpoints := map[mail.Kind]func(string) error{
		mail.VerifyEmail:   func(s string) error { return w.verify(inbound.Principal{}, s) },
		mail.ChangeEmail:   func(s string) error { return w.confirm(inbound.Principal{}, s) },
		mail.ResetPassword: func(s string) error { return w.reset(s, newPassword) },
		mail.MagicLink:     func(s string) error { _, err := w.enter(s); return err },
	}
	for kind, token := range tokens {
		for other, present := range endpoints {
			if other != kind {
				is(t, fault.InvalidOrExpiredToken, present(token))
			}
		}
	}
	for _, token := range []string{"x", ann.Tokens.Refresh, ann.Tokens.Access, onetime.Token{Purpose: onetime.VerifyEmail}.Encode()} {
		for _, present := range endpoints {
			is(t, fault.InvalidOrExpiredToken, present(token))
		}
	}
	for _, present := range endpoints {
		is(t, fault.ValidationError, present(""))
	}
	require.NoError(t, w.verify(inbound.Principal{}, tokens[mail.VerifyEmail]), "none of them was used by that")
}

func TestLinksExpire(t *testing.T) {
	w := newWorld(t, withMail)
	w.verified("ann@example.com")
	w.magic("ann@example.com")
	link := w.only(mail.MagicLink, "ann@example.com").token(t)
	w.clock.Advance(10 * time.Minute)
	_, err := w.enter(link)
	is(t, fault.InvalidOrExpiredToken, err)
	w.magic("ann@example.com")
	w.clock.Advance(10 * time.Minute)
	require.Empty(t, w.post(), "nobody waits for a mail that is as late as this")
}

func TestWhoMayNotActGetsNoMailAndNothingByOne(t *testing.T) {
	w := newWorld(t, withMail)
	ann := w.verified("ann@example.com")
	w.forgot("ann@example.com")
	w.magic("ann@example.com")
	require.NoError(t, w.moveTo(ann, "ann@elsewhere.example"))
	tokens := map[mail.Kind]string{}
	for _, l := range w.post() {
		tokens[l.Kind] = l.token(t)
	}
	_, err := w.Operators.Suspend(t.Context(), ann.User.ID, "")
	require.NoError(t, err)
	dead := func() {
		t.Helper()
		is(t, fault.InvalidOrExpiredToken, w.reset(tokens[mail.ResetPassword], newPassword))
		is(t, fault.InvalidOrExpiredToken, w.confirm(inbound.Principal{}, tokens[mail.ChangeEmail]))
		_, err = w.enter(tokens[mail.MagicLink])
		is(t, fault.InvalidOrExpiredToken, err)
	}
	dead()
	w.forgot("ann@example.com")
	w.magic("ann@example.com")
	require.Empty(t, w.post())
	require.NoError(t, w.Operators.Reactivate(t.Context(), ann.User.ID))
	dead()
	require.NoError(t, w.trySignIn("ann@example.com", password))
}

func TestWithoutMailNothingIsOwed(t *testing.T) {
	w := newWorld(t, withMail, func(_ *outbound.World, p *app.Policy) { p.Mail = false })
	ann := w.signUp("ann@example.com")
	is(t, fault.MailDisabled, w.Recovery.Forgot(t.Context(), w.caller(), inbound.Forgot{Email: "ann@example.com"}))
	is(t, fault.MailDisabled, w.MagicLinks.Request(t.Context(), w.caller(), inbound.MagicLink{Email: "ann@example.com"}))
	is(t, fault.MailDisabled, w.Addresses.Resend(t.Context(), w.caller(), w.principal(ann)))
	is(t, fault.MailDisabled, w.moveTo(ann, "ann@elsewhere.example"))
	require.Empty(t, w.owed())
	w = newWorld(t, withMail, func(_ *outbound.World, p *app.Policy) { p.Links.Magic = false })
	is(t, fault.MagicLinksDisabled, w.MagicLinks.Request(t.Context(), w.caller(), inbound.MagicLink{Email: "ann@example.com"}))
	_, err := w.enter("x")
	is(t, fault.MagicLinksDisabled, err)
}

// Whoever the address is, a request writes one row and reads none.
func TestRequestsForMailDoTheSameForEverybody(t *testing.T) {
	w := newWorld(t, withMail)
	w.verified("ann@example.com")
	w.signUp("new@example.com")
	gone := w.signUp("suspended@example.com")
	_, err := w.Operators.Suspend(t.Context(), gone.User.ID, "")
	require.NoError(t, err)
	bare := w.signUp("bare@example.com")
	w.exec("DELETE FROM passwords WHERE user_id = '" + bare.User.ID.String() + "'")
	w.post()
	for _, address := range []string{"ann@example.com", "nobody@example.com", "new@example.com", "suspended@example.com", "bare@example.com"} {
		for kind, ask := range map[mail.Kind]func(string){mail.ResetPassword: w.forgot, mail.MagicLink: w.magic} {
			asked := w.store.asked.Load()
			ask(address)
			require.EqualValues(t, 1, w.store.asked.Load()-asked, address)
			list := w.owed()
			require.Len(t, list, 1)
			m := list[0].Mail
			require.Equal(t, mail.Mail{Tenant: tenant.Default, ID: m.ID, Kind: kind, To: address, RequestID: "request-1", CreatedAt: m.CreatedAt}, m)
			w.post()
		}
	}
}

func TestRequestsForMailAreLimited(t *testing.T) {
	w := newWorld(t, withMail, func(_ *outbound.World, p *app.Policy) {
		rules := func(kind string) guard.Mailed {
			return guard.Mailed{
				Address: []limit.Rule{{Name: kind, Quota: 4, Window: time.Hour}}, Account: []limit.Rule{{Name: kind + "-account", Quota: 3, Window: time.Hour}},
			}
		}
		p.Limits.Mail = guard.MailRules{
			Forgot: rules("forgot"), MagicLink: rules("magic"), Resend: rules("resend"), ChangeEmail: rules("change"),
			Redeem: []limit.Rule{{Name: "link", Quota: 2, Window: time.Hour}},
		}
	})
	ann := w.verified("ann@example.com")
	ask := func(from, address string) error {
		c := w.caller()
		c.Address = from
		return w.Recovery.Forgot(t.Context(), c, inbound.Forgot{Email: address})
	}
	for _, address := range []string{"ann@example.com", "nobody@example.com"} {
		for n, spelling := range []string{address, strings.ToUpper(address), address} {
			require.NoError(t, ask("192.0.2."+string(rune('1'+n)), spelling))
		}
		is(t, fault.RateLimited, ask("192.0.2.9", address), "one mailbox, whoever asks and whether or not there is an account")
	}
	for n := range 4 {
		require.NoError(t, ask("198.51.100.1", string(rune('a'+n))+"@example.com"))
	}
	is(t, fault.RateLimited, ask("198.51.100.1", "e@example.com"), "one address, whomever it asks for")
	for range 3 {
		require.NoError(t, w.moveTo(ann, "x@elsewhere.example"))
		w.magic("ann@example.com")
	}
	is(t, fault.RateLimited, w.moveTo(ann, "X@elsewhere.example"))
	is(t, fault.RateLimited, w.MagicLinks.Request(t.Context(), w.caller(), inbound.MagicLink{Email: "ann@example.com"}))
	is(t, fault.InvalidOrExpiredToken, w.verify(inbound.Principal{}, "pmt_x"))
	is(t, fault.RateLimited, w.verify(inbound.Principal{}, "pmt_x"), "one was spent on the verification")
}

// A link signs in once, however many open it at once.
func TestOneOfManyOpensALink(t *testing.T) {
	w := newWorld(t, withMail)
	w.verified("ann@example.com")
	w.magic("ann@example.com")
	token := w.only(mail.MagicLink, "ann@example.com").token(t)
	var won atomic.Int32
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			_, err := w.enter(token)
			switch {
			case err == nil:
				won.Add(1)
			case fault.CodeOf(err) != fault.InvalidOrExpiredToken:
				t.Errorf("sign in: %v", err)
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 1, won.Load())
}
