package app_test

import (
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/memory"
	"github.com/plinto/plinto/core/app"
	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/guess"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

const wrongPassword = "not the right password"

// unusedMailer is there, and nothing is sent by it in a test that does not run
// the sending.
type unusedMailer struct{ outbound.Mailer }

// guesses puts the usual numbers on wrong passwords.
func guesses(_ *outbound.World, p *app.Policy) {
	p.Guesses = guess.Rules{
		Subject: guess.Rule{Free: 5, First: 30 * time.Second, Longest: time.Hour, Most: 30, Forget: 24 * time.Hour, Tell: 10},
		Address: guess.Rule{Free: 50, First: 30 * time.Second, Longest: time.Hour, Most: 100, Forget: time.Hour, Tell: 50},
	}
}

// from tries to sign in from an address, showing a device token or none.
func (w *world) from(address, email, text, token string) (inbound.SignedIn, error) {
	caller := w.caller()
	caller.Address = address
	return w.Accounts.SignIn(w.t.Context(), caller, inbound.SignIn{Email: email, Password: credential.NewPassword(text), DeviceToken: token})
}

// strange is an address that nobody else has.
func strange(n int) string {
	return "198." + strconv.Itoa(18+n/62500%2) + "." + strconv.Itoa(n/250%250) + "." + strconv.Itoa(n%250)
}

func (w *world) requireWait(want time.Duration, err error) {
	w.t.Helper()
	requireCode(w.t, fault.RateLimited, err)
	f, _ := errors.AsType[*fault.Error](err)
	require.Equal(w.t, want, f.RetryAfter)
}

// besiege guesses from everywhere until there has to be a wait.
func (w *world) besiege(email string) {
	w.t.Helper()
	for n := range 5 {
		_, err := w.from(strange(n), email, wrongPassword, "")
		requireCode(w.t, fault.InvalidCredentials, err)
	}
}

func TestWrongPasswordsHaveToWait(t *testing.T) {
	for _, email := range []string{"ann@example.com", "nobody@example.com"} {
		w := newWorld(t, guesses)
		w.signUp("ann@example.com")
		w.besiege(email)
		for n, wait := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute} {
			verified := w.hasher.verified.Load()
			_, err := w.from(strange(10+n), email, password, "")
			w.requireWait(wait, err)
			require.Equal(t, verified, w.hasher.verified.Load(), "the right one too, and nobody looks at it")
			w.clock.Advance(wait - time.Microsecond)
			_, err = w.from(strange(20+n), email, wrongPassword, "")
			w.requireWait(time.Microsecond, err)
			w.clock.Advance(time.Microsecond)
			_, err = w.from(strange(30+n), email, wrongPassword, "")
			requireCode(t, fault.InvalidCredentials, err)
		}
	}
}

// What is counted is in the database: neither a restart nor a limiter that has
// forgotten everything gives an attacker a fresh start.
func TestGuessesOutliveARestartAndTheLimiter(t *testing.T) {
	w := newWorld(t, guesses, limits)
	w.signUp("ann@example.com")
	w.besiege("ann@example.com")
	restarted := w.instance(func(o *outbound.World, _ *app.Policy) { o.Limiter = memory.NewLimiter(w.clock) })
	require.NoError(t, restarted.Keys.Load(t.Context()))
	_, err := restarted.Accounts.SignIn(t.Context(), w.caller(), inbound.SignIn{Email: "ann@example.com", Password: credential.NewPassword(password)})
	w.requireWait(30*time.Second, err)
}

// Whatever strangers do, the owner gets in from a device that is known, from
// another address, after a sign-out, and with live sessions untouched.
func TestNobodyShutsTheOwnerOutOfAKnownDevice(t *testing.T) {
	w := newWorld(t, guesses, limits)
	up := w.signUp("ann@example.com")
	require.True(t, strings.HasPrefix(up.DeviceToken, "pdt_"))
	require.NoError(t, w.Tokens.SignOut(t.Context(), w.caller(), up.Tokens.Access))
	live := w.signIn("ann@example.com")
	w.clock.Advance(time.Hour)
	for round := range 16 {
		w.clock.Advance(time.Hour)
		for n := range 24 { // from everywhere, and from the owner's address
			address := strange(round*24 + n)
			if n%2 == 0 {
				address = w.caller().Address
			}
			_, err := w.from(address, "ann@example.com", wrongPassword, "")
			require.Error(t, err)
		}
		_, err := w.from("203.0.113.1", "ann@example.com", password, "")
		requireCode(t, fault.RateLimited, err)
		in, err := w.from(w.caller().Address, "ann@example.com", password, up.DeviceToken)
		require.NoError(t, err, "round %d", round)
		require.NotEqual(t, up.DeviceToken, in.DeviceToken)
		if round%8 == 0 {
			live.Tokens = w.mustRefresh(live.Tokens.Refresh)
		}
	}
	_, err := w.from("203.0.113.1", "ann@example.com", password, up.DeviceToken)
	require.NoError(t, err)
}

func TestADeviceTokenIsForOneAccountAndCounted(t *testing.T) {
	w := newWorld(t, guesses)
	ann, bob := w.signUp("ann@example.com"), w.signUp("bob@example.com")
	w.besiege("ann@example.com")
	for _, token := range []string{"", bob.DeviceToken, ann.DeviceToken + "x", "pdt_", ann.Tokens.Refresh, strings.Repeat("x", 1000)} {
		_, err := w.from("203.0.113.1", "ann@example.com", password, token)
		w.requireWait(30*time.Second, err)
	}
	for range 5 {
		_, err := w.from("203.0.113.1", "ann@example.com", wrongPassword, ann.DeviceToken)
		requireCode(t, fault.InvalidCredentials, err)
	}
	_, err := w.from("203.0.113.1", "ann@example.com", password, ann.DeviceToken)
	w.requireWait(30*time.Second, err)
	_, err = w.from("203.0.113.1", "bob@example.com", password, "")
	require.NoError(t, err)
}

// A session that was ended from elsewhere takes what is known of its device
// along, and so does another password.
func TestADeviceThatIsNotTrustedAnyMore(t *testing.T) {
	w := newWorld(t, guesses)
	thief := w.signUp("ann@example.com")
	left := w.signIn("ann@example.com")
	require.NoError(t, w.Tokens.SignOut(t.Context(), w.caller(), left.Tokens.Access))
	owner := w.signIn("ann@example.com")
	w.clock.Advance(time.Minute)
	require.NoError(t, w.change(w.principal(owner), password, another))
	w.besiege("ann@example.com")
	for name, token := range map[string]string{"ended by it": thief.DeviceToken, "signed out before": left.DeviceToken} {
		_, err := w.from("203.0.113.1", "ann@example.com", another, token)
		require.Equal(t, fault.RateLimited, fault.CodeOf(err), name)
	}
	_, err := w.from("203.0.113.1", "ann@example.com", another, owner.DeviceToken)
	require.NoError(t, err, "the one that changed it")
}

func TestParallelGuessesDoNotSlipPast(t *testing.T) {
	w := newWorld(t, guesses)
	w.signUp("ann@example.com")
	verified := w.hasher.verified.Load()
	var wg sync.WaitGroup
	start := make(chan struct{})
	for n := range 30 {
		wg.Go(func() {
			<-start
			_, err := w.from(strange(n), "ann@example.com", wrongPassword, "")
			if code := fault.CodeOf(err); code != fault.InvalidCredentials && code != fault.RateLimited {
				t.Errorf("guess: %v", err)
			}
		})
	}
	close(start)
	wg.Wait()
	require.EqualValues(t, 5, w.hasher.verified.Load()-verified)
}

// A sign-in forgives what its own network got wrong, and nothing else: neither
// does the owner give a guesser a fresh start, nor can he tell by the waits
// that there is an owner.
func TestASignInForgivesItsOwnTypos(t *testing.T) {
	w := newWorld(t, guesses)
	w.signUp("ann@example.com")
	for range 20 {
		for range 4 {
			_, err := w.from("203.0.113.1", "ann@example.com", wrongPassword, "")
			requireCode(t, fault.InvalidCredentials, err)
		}
		_, err := w.from("203.0.113.1", "ann@example.com", password, "")
		require.NoError(t, err)
		w.clock.Advance(4 * time.Hour) // the address forgets one an hour
	}
	for range 4 {
		_, err := w.from("198.51.100.1", "ann@example.com", wrongPassword, "")
		requireCode(t, fault.InvalidCredentials, err)
	}
	_, err := w.from("203.0.113.1", "ann@example.com", password, "")
	w.requireWait(0, errorsOr(err))
	_, err = w.from("198.51.100.1", "ann@example.com", wrongPassword, "")
	requireCode(t, fault.InvalidCredentials, err)
	_, err = w.from("198.51.100.1", "ann@example.com", wrongPassword, "")
	w.requireWait(30*time.Second, err)
}

// errorsOr gives a refusal without a wait for no error, so that one line says
// that there was none.
func errorsOr(err error) error {
	if err == nil {
		return fault.New(fault.RateLimited)
	}
	return err
}

func TestAGuessThatWasNotLookedAtIsGivenBack(t *testing.T) {
	w := newWorld(t, guesses)
	in := w.signUp("ann@example.com")
	who := w.principal(in)
	w.hasher.refuse = &outbound.BusyError{RetryAfter: time.Second}
	for range 20 {
		requireCode(t, fault.Overloaded, w.trySignIn("ann@example.com", password))
		_, err := w.prove(who, password)
		requireCode(t, fault.Overloaded, err)
	}
	w.hasher.refuse = nil
	require.NoError(t, w.trySignIn("ann@example.com", password))
	_, err := w.prove(who, password)
	require.NoError(t, err)
	tally, err := w.Operators.Guesses(t.Context(), in.User.ID)
	require.NoError(t, err)
	require.Zero(t, tally.Failures)
}

func TestAnAddressThatGuessesAtMany(t *testing.T) {
	w := newWorld(t, guesses)
	w.signUp("ann@example.com")
	known := w.signIn("ann@example.com")
	for n := range 50 {
		_, err := w.from("198.51.100.9", "user"+strconv.Itoa(n)+"@example.com", wrongPassword, "")
		requireCode(t, fault.InvalidCredentials, err)
	}
	_, last := w.happened()
	require.Equal(t, event.SuspiciousActivity, last.Name)
	require.Equal(t, map[string]string{"reason": "guessing", "of": "address", "failures": "50"}, last.Payload)
	require.Zero(t, last.User)
	_, err := w.from("198.51.100.9", "ann@example.com", password, "")
	w.requireWait(30*time.Second, err)
	_, err = w.from("198.51.100.9", "ann@example.com", password, known.DeviceToken)
	require.NoError(t, err, "a known device in the same network")
	_, err = w.from("198.51.100.10", "ann@example.com", password, "")
	require.NoError(t, err)
}

func (w *world) suspicious() (list []event.Recorded) {
	w.t.Helper()
	all, err := w.Events.Latest(w.t.Context(), 10_000)
	require.NoError(w.t, err)
	for _, e := range all {
		if e.Name == event.SuspiciousActivity {
			list = append(list, e)
		}
	}
	return list
}

func TestTheOwnerAndOperatorsAreToldOnceAnEpisode(t *testing.T) {
	w := newWorld(t, guesses, func(o *outbound.World, p *app.Policy) {
		o.Mailer, p.Mail = unusedMailer{}, true
	})
	in := w.signUp("ann@example.com")
	siege := func(n int) {
		for range n {
			_, err := w.from("198.51.100.9", "ann@example.com", wrongPassword, "")
			requireCode(t, fault.InvalidCredentials, err)
			w.clock.Advance(time.Hour)
		}
	}
	siege(9)
	require.Empty(t, w.suspicious())
	siege(6)
	told := w.suspicious()
	require.Len(t, told, 1)
	require.Equal(t, in.User.ID, told[0].User)
	require.Equal(t, map[string]string{"reason": "guessing", "of": "account", "failures": "10"}, told[0].Payload)
	require.Equal(t, "198.51.100.9", told[0].Address)
	require.Equal(t, 1, w.owing("failed_sign_ins"))

	w.clock.Advance(20 * 24 * time.Hour)
	siege(10)
	require.Len(t, w.suspicious(), 2, "another episode")
	require.Equal(t, 2, w.owing("failed_sign_ins"))
	w.clock.Advance(24 * time.Hour)
	alerts, err := w.Activity.Alerts(t.Context(), w.principal(w.signIn("ann@example.com")), inbound.EventPage{Limit: 100})
	require.NoError(t, err)
	seen := 0
	for _, e := range alerts.Events {
		if e.Name == event.SuspiciousActivity {
			seen++
		}
	}
	require.Equal(t, 2, seen)

	for range 10 {
		_, err := w.from("198.51.100.9", "nobody@example.com", wrongPassword, "")
		requireCode(t, fault.InvalidCredentials, err)
		w.clock.Advance(time.Hour)
	}
	require.Equal(t, "name", w.suspicious()[2].Payload["of"])
	require.Equal(t, 2, w.owing("failed_sign_ins"), "nobody is owed a mail about nobody")
}

func TestNoMailWhereNoneCanBeSent(t *testing.T) {
	w := newWorld(t, guesses)
	w.signUp("ann@example.com")
	for range 10 {
		_, _ = w.from("198.51.100.9", "ann@example.com", wrongPassword, "")
		w.clock.Advance(time.Hour)
	}
	require.Len(t, w.suspicious(), 1)
	require.Zero(t, w.owing("failed_sign_ins"))
}

// An erasure takes a password, so it is one more place to guess at it.
func TestErasuresAreGuessesLikeOthers(t *testing.T) {
	w := newWorld(t, guesses)
	who := w.principal(w.signUp("ann@example.com"))
	for n := range 5 {
		if n%2 == 0 {
			requireCode(t, fault.WrongPassword, w.erase(who, wrongPassword))
		} else {
			requireCode(t, fault.WrongPassword, w.change(who, wrongPassword, another))
		}
	}
	verified := w.hasher.verified.Load()
	w.requireWait(30*time.Second, w.erase(who, password))
	w.requireWait(30*time.Second, w.change(who, password, another))
	require.Equal(t, verified, w.hasher.verified.Load())
	w.clock.Advance(30 * time.Second)
	require.NoError(t, w.erase(who, password))
}

// Whoever has stolen a session has a cap, too, and strangers who guess at the
// account do not keep its owner from proving the password.
func TestASessionMakesNoEndOfGuesses(t *testing.T) {
	w := newWorld(t, guesses)
	in := w.signUp("ann@example.com")
	who := w.principal(in)
	w.besiege("ann@example.com")
	for n := range 5 {
		var err error
		if n%2 == 0 {
			_, err = w.prove(who, wrongPassword)
			requireCode(t, fault.InvalidCredentials, err)
		} else {
			requireCode(t, fault.WrongPassword, w.change(who, wrongPassword, another))
		}
	}
	verified := w.hasher.verified.Load()
	_, err := w.prove(who, password)
	w.requireWait(30*time.Second, err)
	w.requireWait(30*time.Second, w.change(who, password, another))
	require.Equal(t, verified, w.hasher.verified.Load())

	other, err := w.from("203.0.113.1", "ann@example.com", password, in.DeviceToken)
	require.NoError(t, err)
	_, err = w.prove(w.principal(other), password)
	require.NoError(t, err, "another session of hers")
	w.clock.Advance(30 * time.Second)
	_, err = w.prove(who, password)
	require.NoError(t, err)
	for range 4 {
		_, err = w.prove(who, wrongPassword)
		requireCode(t, fault.InvalidCredentials, err)
	}
	require.NoError(t, w.change(who, password, another), "what it got wrong before was forgiven")
	require.NoError(t, w.trySignIn("ann@example.com", another), "and what strangers guessed is worth nothing now")
}

func TestOperatorsSeeAndUnlock(t *testing.T) {
	w := newWorld(t, guesses)
	in := w.signUp("ann@example.com")
	w.besiege("ann@example.com")
	tally, err := w.Operators.Guesses(t.Context(), in.User.ID)
	require.NoError(t, err)
	require.Equal(t, 5, tally.Failures)
	require.Equal(t, w.clock.Now().Add(30*time.Second), tally.RetryAt)
	require.NoError(t, w.Operators.Unlock(t.Context(), in.User.ID))
	_, last := w.happened()
	require.Equal(t, event.UserUnlocked, last.Name)
	require.Equal(t, event.Operator, last.Actor)
	require.NoError(t, w.trySignIn("ann@example.com", password))
	requireCode(t, fault.NotFound, w.Operators.Unlock(t.Context(), user.ID{9}))
	counts := w.Guesses.Counts()
	require.Equal(t, inbound.GuessCounts{Wrong: 5}, counts)
}

// Nothing of what people typed is kept, nor where they are.
func TestTalliesTellNothing(t *testing.T) {
	w := newWorld(t, guesses)
	_, err := w.from("198.51.100.9", "secret.typed.here@example.com", wrongPassword, "")
	requireCode(t, fault.InvalidCredentials, err)
	for _, column := range []string{"subject", "origin"} {
		require.Zero(t, w.count("SELECT count(*) FROM guesses WHERE "+column+" LIKE '%secret%' OR "+column+" LIKE '%198.51%'"))
	}
	require.Equal(t, 2, w.count("SELECT count(*) FROM guesses"))
}
