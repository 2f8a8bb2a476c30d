package app_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// outdate makes all hashes such as others make.
const outdate = "UPDATE passwords SET hash = '$2b$' || substr(hash, 5)"

// renew makes them such as are made here.
const renew = "UPDATE passwords SET hash = '$2a$' || substr(hash, 5)"

func (w *world) hashOf(who user.ID) string {
	w.t.Helper()
	_, hash, err := w.store.Store.Users().WithPassword(w.t.Context(), tenant.Default, who)
	require.NoError(w.t, err)
	return hash
}

func TestASignInUpgradesAnOutdatedHash(t *testing.T) {
	w := newWorld(t)
	first := w.signUp("ann@example.com")
	w.exec(outdate)
	old := w.hashOf(first.User.ID)
	w.clock.Advance(time.Minute)

	asked := w.store.asked.Load()
	_, err := w.Accounts.SignIn(t.Context(), w.caller(), inbound.SignIn{Email: "ann@example.com", Password: credential.NewPassword("another password")})
	requireCode(t, fault.InvalidCredentials, err)
	require.Equal(t, old, w.hashOf(first.User.ID), "whoever does not prove it has nothing upgraded")
	require.EqualValues(t, 2, w.store.asked.Load()-asked)

	asked = w.store.asked.Load()
	in := w.signIn("ann@example.com")
	require.EqualValues(t, 3, w.store.asked.Load()-asked, "one more than otherwise")
	next := w.hashOf(first.User.ID)
	require.NotEqual(t, old, next)
	require.Equal(t, outbound.HashCurrent, w.hasher.Appraise(next))
	for _, s := range []inbound.SignedIn{first, in} {
		me, err := w.Accounts.Me(t.Context(), w.principal(s))
		require.NoError(t, err, "sessions go on")
		require.Equal(t, first.User.UpdatedAt, me.UpdatedAt)
	}
	_, last := w.happened()
	require.Equal(t, event.SessionCreated, last.Name)

	asked = w.store.asked.Load()
	w.signIn("ann@example.com")
	require.EqualValues(t, 2, w.store.asked.Load()-asked)
	require.Equal(t, next, w.hashOf(first.User.ID), "once is enough")
}

func TestAnUpgradeThatFailsKeepsNobodyOut(t *testing.T) {
	for name, fails := range map[string]func(w *world) error{
		"too many hashes": func(*world) error { return &outbound.BusyError{RetryAfter: time.Second} },
		"another password meanwhile": func(w *world) error {
			w.exec("UPDATE passwords SET hash = '$2y$' || substr(hash, 5)")
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			in := w.signUp("ann@example.com")
			w.exec(outdate)
			w.hasher.hashing = func() error { return fails(w) }
			w.signIn("ann@example.com")
			require.Equal(t, outbound.HashOutdated, w.hasher.Appraise(w.hashOf(in.User.ID)), "what is there by then stays")
		})
	}
}

func TestReauthenticationUpgradesAnOutdatedHash(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	w.exec(outdate)
	_, err := w.Passwords.Reauthenticate(t.Context(), w.caller(), w.principal(in), inbound.Reauthentication{Password: credential.NewPassword(password)})
	require.NoError(t, err)
	require.Equal(t, outbound.HashCurrent, w.hasher.Appraise(w.hashOf(in.User.ID)))
}

// Two prove one outdated hash at once. Whoever is second finds that it has been
// upgraded, and is no worse off.
func TestAnUpgradeBesideIsNoReasonToRefuse(t *testing.T) {
	next := credential.NewPassword("an entirely new phrase")
	for name, do := range map[string]func(w *world, in inbound.SignedIn) error{
		"sign-in": func(w *world, _ inbound.SignedIn) error {
			_, err := w.Accounts.SignIn(w.t.Context(), w.caller(), inbound.SignIn{Email: "ann@example.com", Password: credential.NewPassword(password)})
			return err
		},
		"re-authentication": func(w *world, in inbound.SignedIn) error {
			_, err := w.Passwords.Reauthenticate(w.t.Context(), w.caller(), w.principal(in), inbound.Reauthentication{Password: credential.NewPassword(password)})
			return err
		},
		"change": func(w *world, in inbound.SignedIn) error {
			err := w.Passwords.Change(w.t.Context(), w.caller(), w.principal(in), inbound.PasswordChange{Current: credential.NewPassword(password), New: next})
			if err == nil {
				match, err := w.hasher.Hasher.Verify(w.t.Context(), next, w.hashOf(in.User.ID))
				require.NoError(w.t, err)
				require.True(w.t, match, "it is the new one")
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			in := w.signUp("ann@example.com")
			w.exec(outdate)
			w.hasher.during = func() { w.hasher.during = nil; w.exec(renew) }
			require.NoError(t, do(w, in))
		})
		t.Run(name+", but for another password", func(t *testing.T) {
			w := newWorld(t)
			in := w.signUp("ann@example.com")
			other, err := w.hasher.Hasher.Hash(t.Context(), next)
			require.NoError(t, err)
			w.exec(outdate)
			w.hasher.during = func() { w.hasher.during = nil; w.exec("UPDATE passwords SET hash = '" + other + "'") }
			require.Contains(t, []fault.Code{fault.InvalidCredentials, fault.WrongPassword}, fault.CodeOf(do(w, in)))
			_, last := w.happened()
			require.Equal(t, event.Overtaken, last.Payload["reason"])
			require.Equal(t, other, w.hashOf(in.User.ID))
		})
	}
}
