package app_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/app"
	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/limit"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

func requireCode(t *testing.T, want fault.Code, err error) {
	t.Helper()
	require.Error(t, err)
	require.Equal(t, want, fault.CodeOf(err), "%v", err)
}

func TestSignUpSignsIn(t *testing.T) {
	w := newWorld(t)
	in, err := w.Accounts.SignUp(t.Context(), w.caller(), inbound.SignUp{
		Email: "Ann@Example.com", Password: credential.NewPassword(password), Username: "ann", FirstName: "Ann", LastName: "Lee",
	})
	require.NoError(t, err)
	require.Equal(t, "Ann@Example.com", in.User.Email.String())
	require.Equal(t, "Ann", *in.User.Profile.FirstName)
	require.Equal(t, user.Active, in.User.Status)
	require.False(t, in.User.EmailVerified)
	require.Equal(t, w.clock.Now(), *in.User.LastSignInAt)
	require.Equal(t, session.Desktop, in.Session.Device.Type)
	require.Equal(t, 15*time.Minute, in.Tokens.ExpiresIn)
	names, last := w.happened()
	require.Equal(t, "key.rotated user.created session.created", names)
	require.Equal(t, "request-1", last.RequestID)
	require.Equal(t, "192.0.2.7", last.Address)

	who := w.principal(in)
	require.Equal(t, inbound.Principal{
		Tenant: tenant.Default, User: in.User.ID, Session: in.Session.ID,
		AuthenticatedAt: w.clock.Now().Truncate(time.Second), Methods: []string{"pwd"},
	}, who)
	me, err := w.Accounts.Me(t.Context(), who)
	require.NoError(t, err)
	require.Equal(t, in.User, me)
	require.Equal(t, in.Session, w.stored(in.Session.ID))
	_, err = w.Tokens.Refresh(t.Context(), w.caller(), in.Tokens.Refresh)
	require.NoError(t, err)
}

func TestSignUpTellsEverythingThatIsWrongAtOnce(t *testing.T) {
	w := newWorld(t)
	cmd := inbound.SignUp{Email: "ann", Password: credential.NewPassword("short"), Username: "a", FirstName: "\x00", LastName: strings.Repeat("x", 101)}
	_, err := w.Accounts.SignUp(t.Context(), w.caller(), cmd)
	requireCode(t, fault.ValidationError, err)
	f, _ := errors.AsType[*fault.Error](err)
	var names []string
	for _, field := range f.Fields {
		names = append(names, field.Name)
		require.NotContains(t, field.Message, "short.")
	}
	require.Equal(t, []string{"email", "password", "username", "first_name", "last_name"}, names)
	require.Equal(t, f.Fields, w.Accounts.CheckSignUp(cmd))
	names2, _ := w.happened()
	require.Equal(t, "key.rotated", names2, "nothing is stored")
}

func TestAPasswordIsJudgedInTheFormThatIsHashed(t *testing.T) {
	w := newWorld(t)
	// Twelve code points as typed, six when composed.
	cmd := inbound.SignUp{Email: "ann@example.com", Password: credential.NewPassword(strings.Repeat("e\u0301", 6))}
	require.Len(t, w.Accounts.CheckSignUp(cmd), 1)
}

func TestSignUpWithATakenName(t *testing.T) {
	w := newWorld(t)
	signUp := func(email, name string) error {
		_, err := w.Accounts.SignUp(t.Context(), w.caller(), inbound.SignUp{Email: email, Username: name, Password: credential.NewPassword(password)})
		return err
	}
	require.NoError(t, signUp("ann@example.com", "ann"))
	requireCode(t, fault.EmailTaken, signUp("ANN@example.com", "other"))
	requireCode(t, fault.UsernameTaken, signUp("other@example.com", "ANN"))
	requireCode(t, fault.EmailTaken, signUp("ann@example.com", "ann"))
}

func TestSignUpsCanBeSwitchedOff(t *testing.T) {
	w := newWorld(t, func(_ *outbound.World, p *app.Policy) { p.SignUps = false })
	_, err := w.Accounts.SignUp(t.Context(), w.caller(), inbound.SignUp{Email: "ann@example.com", Password: credential.NewPassword(password)})
	requireCode(t, fault.SignupsDisabled, err)
}

func TestSignInByEitherName(t *testing.T) {
	w := newWorld(t)
	_, err := w.Accounts.SignUp(t.Context(), w.caller(), inbound.SignUp{Email: "ann@example.com", Username: "Ann", Password: credential.NewPassword(password)})
	require.NoError(t, err)
	w.clock.Advance(time.Hour)
	for _, cmd := range []inbound.SignIn{{Email: "ANN@example.com"}, {Username: "aNN"}} {
		cmd.Password = credential.NewPassword(password)
		in, err := w.Accounts.SignIn(t.Context(), w.caller(), cmd)
		require.NoError(t, err)
		require.Equal(t, w.clock.Now(), *in.User.LastSignInAt)
		me, err := w.Accounts.Me(t.Context(), w.principal(in))
		require.NoError(t, err)
		require.Equal(t, w.clock.Now(), *me.LastSignInAt)
		_, last := w.happened()
		require.Equal(t, event.SessionCreated, last.Name)
	}
}

// Whatever is wrong, the caller sees one fault, and it costs one look at the
// store, one hash and one event.
func TestSignInRefusalsAreAlike(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"wrong", "suspended", "nopassword"} {
		w.signUp(name + "@example.com")
	}
	w.exec("UPDATE users SET status = 'suspended' WHERE email_key = 'suspended@example.com'")
	w.exec("DELETE FROM passwords WHERE user_id = (SELECT id FROM users WHERE email_key = 'nopassword@example.com')")
	var first error
	for email, c := range map[string]struct{ password, reason string }{
		"wrong@example.com":      {"not the right password", event.WrongPassword},
		"suspended@example.com":  {password, event.NotActive},
		"nopassword@example.com": {password, event.NoPassword},
		"unknown@example.com":    {password, event.UnknownAccount},
	} {
		asked, verified := w.store.asked.Load(), w.hasher.verified.Load()
		_, err := w.Accounts.SignIn(t.Context(), w.caller(), inbound.SignIn{Email: email, Password: credential.NewPassword(c.password)})
		requireCode(t, fault.InvalidCredentials, err)
		if first == nil {
			first = err
		}
		require.Equal(t, first, err, email)
		require.EqualValues(t, 2, w.store.asked.Load()-asked, email)
		require.EqualValues(t, 1, w.hasher.verified.Load()-verified, email)
		_, last := w.happened()
		require.Equal(t, event.SignInFailed, last.Name)
		require.Equal(t, c.reason, last.Payload["reason"], email)
		require.Equal(t, email != "unknown@example.com", last.Subject != "")
	}
}

// Suspended while the password is hashed: refused like any other, and written
// down.
func TestASignInThatIsOvertaken(t *testing.T) {
	w := newWorld(t)
	w.signUp("ann@example.com")
	w.hasher.during = func() { w.exec("UPDATE users SET status = 'suspended'") }
	_, err := w.Accounts.SignIn(t.Context(), w.caller(), inbound.SignIn{Email: "ann@example.com", Password: credential.NewPassword(password)})
	requireCode(t, fault.InvalidCredentials, err)
	_, last := w.happened()
	require.Equal(t, event.SignInFailed, last.Name)
	require.Equal(t, event.Overtaken, last.Payload["reason"])
}

func TestSignInRefusesWhatNobodyHas(t *testing.T) {
	w := newWorld(t)
	long := credential.NewPassword(strings.Repeat("x", 1<<20))
	for name, cmd := range map[string]inbound.SignIn{
		"email": {Password: credential.NewPassword(password)}, "username": {Email: "ann@example.com", Username: "ann", Password: credential.NewPassword(password)},
		"password": {Email: "ann@example.com"}, "password ": {Email: "ann@example.com", Password: long},
	} {
		verified := w.hasher.verified.Load()
		_, err := w.Accounts.SignIn(t.Context(), w.caller(), cmd)
		requireCode(t, fault.ValidationError, err)
		f, _ := errors.AsType[*fault.Error](err)
		require.Equal(t, strings.TrimSpace(name), f.Fields[0].Name)
		require.Equal(t, verified, w.hasher.verified.Load())
		require.Equal(t, f.Fields, w.Accounts.CheckSignIn(cmd))
	}
}

func TestBothNamesOfAnAccountShareItsLimit(t *testing.T) {
	w := newWorld(t, limits)
	_, err := w.Accounts.SignUp(t.Context(), w.caller(), inbound.SignUp{Email: "ann@example.com", Username: "ann", Password: credential.NewPassword(password)})
	require.NoError(t, err)
	guess := func(cmd inbound.SignIn, n int) error {
		caller := w.caller()
		caller.Address = "198.51.100." + string(rune('0'+n)) // every guess from somewhere else
		cmd.Password = credential.NewPassword("a guess that is wrong")
		_, err := w.Accounts.SignIn(t.Context(), caller, cmd)
		return err
	}
	for n := range 5 {
		cmd := inbound.SignIn{Email: "ann@example.com"}
		if n%2 == 1 {
			cmd = inbound.SignIn{Username: "Ann"}
		}
		requireCode(t, fault.InvalidCredentials, guess(cmd, n))
	}
	verified := w.hasher.verified.Load()
	for _, cmd := range []inbound.SignIn{{Email: "ann@example.com"}, {Username: "ann"}} {
		err := guess(cmd, 6)
		requireCode(t, fault.RateLimited, err)
		f, _ := errors.AsType[*fault.Error](err)
		require.Equal(t, 12*time.Second, f.RetryAfter)
	}
	require.Equal(t, verified, w.hasher.verified.Load(), "counted before the password is looked at")

	for n := range 5 {
		requireCode(t, fault.InvalidCredentials, guess(inbound.SignIn{Email: "nobody@example.com"}, n))
	}
	requireCode(t, fault.RateLimited, guess(inbound.SignIn{Email: "nobody@example.com"}, 7))
}

func TestAnAddressThatIsSpentSpendsNoAccount(t *testing.T) {
	w := newWorld(t, limits)
	w.signUp("ann@example.com")
	attacker := w.caller()
	attacker.Address = "198.51.100.9"
	guess := func(email string) error {
		_, err := w.Accounts.SignIn(t.Context(), attacker, inbound.SignIn{Email: email, Password: credential.NewPassword("a guess that is wrong")})
		return err
	}
	for n := range 10 {
		requireCode(t, fault.InvalidCredentials, guess("nobody"+string(rune('a'+n))+"@example.com"))
	}
	for range 20 {
		requireCode(t, fault.RateLimited, guess("ann@example.com"))
	}
	w.signIn("ann@example.com")
}

func TestHowAnAccountStandsIsNotTold(t *testing.T) {
	w := newWorld(t, limits)
	caller := w.caller()
	var seen []limit.Decision
	caller.Limits = &seen
	_, err := w.Accounts.SignIn(t.Context(), caller, inbound.SignIn{Email: "ann@example.com", Password: credential.NewPassword(password)})
	requireCode(t, fault.InvalidCredentials, err)
	require.Len(t, seen, 2)
	for _, d := range seen {
		require.NotContains(t, d.Rule.Name, "account")
	}
}

func TestLimitsAreReported(t *testing.T) {
	w := newWorld(t, limits)
	caller := w.caller()
	var seen []limit.Decision
	caller.Limits = &seen
	_, err := w.Accounts.SignUp(t.Context(), caller, inbound.SignUp{Email: "ann@example.com", Password: credential.NewPassword(password)})
	require.NoError(t, err)
	require.Len(t, seen, 2)
	require.Equal(t, "address", seen[0].Rule.Name)
	require.Equal(t, 2, seen[1].Remaining)
}

func TestSignUpsOfAnAddressAreLimited(t *testing.T) {
	w := newWorld(t, limits)
	caller := w.caller()
	signUp := func(address string) error {
		caller.Address = address
		_, err := w.Accounts.SignUp(t.Context(), caller, inbound.SignUp{Email: "no address"})
		return err
	}
	// One subscriber has a whole /64.
	for _, a := range []string{"2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:2::1%eth0"} {
		requireCode(t, fault.ValidationError, signUp(a))
	}
	requireCode(t, fault.RateLimited, signUp("2001:db8:1:2:3::4"))
	requireCode(t, fault.ValidationError, signUp("2001:db8:1:3::1"))
	// An IPv4 address is itself, however it is written.
	for _, a := range []string{"192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1"} {
		requireCode(t, fault.ValidationError, signUp(a))
	}
	requireCode(t, fault.RateLimited, signUp("192.0.2.1"))
	requireCode(t, fault.ValidationError, signUp("192.0.2.2"))
	// Those that cannot be told share what there is.
	for range 3 {
		requireCode(t, fault.ValidationError, signUp(""))
	}
	requireCode(t, fault.RateLimited, signUp("not an address"))
}

func TestAStoreThatIsAwayIsSaidSo(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	who := w.principal(in)
	w.store.away.Store(true)
	w.clock.Advance(2 * time.Second) // the feed of revocations is behind
	ctx, caller := t.Context(), w.caller()
	for name, call := range map[string]func() error{
		"sign up": func() error {
			_, err := w.Accounts.SignUp(ctx, caller, inbound.SignUp{Email: "bob@example.com", Password: credential.NewPassword(password)})
			return err
		},
		"sign in": func() error {
			_, err := w.Accounts.SignIn(ctx, caller, inbound.SignIn{Email: "ann@example.com", Password: credential.NewPassword(password)})
			return err
		},
		"refresh":        func() error { _, err := w.Tokens.Refresh(ctx, caller, in.Tokens.Refresh); return err },
		"authenticate":   func() error { _, err := w.Tokens.Authenticate(ctx, caller, in.Tokens.Access); return err },
		"me":             func() error { _, err := w.Accounts.Me(ctx, who); return err },
		"sign out":       func() error { return w.Tokens.SignOut(ctx, caller, in.Tokens.Access) },
		"list":           func() error { _, err := w.Sessions.List(ctx, who, inbound.Page{Limit: 5}); return err },
		"get":            func() error { _, err := w.Sessions.Get(ctx, who, who.Session); return err },
		"revoke":         func() error { return w.Sessions.Revoke(ctx, caller, who, who.Session) },
		"revoke others":  func() error { _, err := w.Sessions.RevokeOthers(ctx, caller, who); return err },
		"reauthenticate": func() error { _, err := w.prove(who, password); return err },
		"change":         func() error { return w.change(who, password, another) },
		"list keys":      func() error { _, err := w.Keys.List(ctx); return err },
		"rotate keys":    func() error { _, err := w.Keys.Rotate(ctx); return err },
		"read feed":      func() error { return w.Revocations.Load(ctx) },
		"load keys":      func() error { return w.Keys.Load(ctx) },
		"events":         func() error { _, err := w.Events.Latest(ctx, 5); return err },
		"events after":   func() error { _, err := w.Events.After(ctx, event.Position{}, 5); return err },
	} {
		err := call()
		requireCode(t, fault.Unavailable, err)
		f, _ := errors.AsType[*fault.Error](err)
		require.Positive(t, f.RetryAfter, name)
	}
	require.Equal(t, inbound.Unavailable, w.Health.Ready(ctx).State)
	w.store.away.Store(false)
	require.Equal(t, inbound.Unavailable, w.Health.Ready(ctx).State, "asked a moment ago")
	w.clock.Advance(time.Second)
	require.Equal(t, inbound.Ready, w.Health.Ready(ctx).State)
	_, err := w.Tokens.Refresh(ctx, caller, in.Tokens.Refresh)
	require.NoError(t, err)
}

func TestAnApplicationKeyIsNeeded(t *testing.T) {
	_, err := app.New(outbound.World{}, app.Policy{})
	require.Error(t, err)
	_, err = app.New(outbound.World{}, app.Policy{ApplicationKeys: [][]byte{[]byte("short")}})
	require.Error(t, err)
}
