package porttest

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/guess"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

var guessRules = guess.Rules{
	Subject: guess.Rule{Free: 3, First: time.Minute, Longest: 4 * time.Minute, Most: 7, Forget: time.Hour, Tell: 3},
	Address: guess.Rule{Free: 6, First: time.Minute, Longest: 8 * time.Minute, Most: 12, Forget: 30 * time.Minute, Tell: 6},
}

func signInGuess(a outbound.Account, address string, now time.Time) outbound.SignInGuess {
	return outbound.SignInGuess{
		Tenant: tenant.Default, Who: identifier(a.User), Nobody: guess.Name(address + " nobody"), Lifetime: life,
		Address: guess.Address(address), Origin: address, Rules: guessRules, Now: now,
	}
}

func testGuesses(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	guesses := h.Store.Guesses()
	take := func(t *testing.T, g outbound.SignInGuess) outbound.Guessed {
		t.Helper()
		got, err := guesses.ForSignIn(ctx, g)
		require.NoError(t, err)
		return got
	}
	of := func(t *testing.T, s guess.Subject) guess.Tally {
		t.Helper()
		tally, err := guesses.Of(ctx, tenant.Default, s)
		require.NoError(t, err)
		return tally
	}

	t.Run("a guess finds the account and is counted", func(t *testing.T) {
		ann := register(t, h.Store, "ann@example.com", "ann")
		got := take(t, signInGuess(ann, "a", at))
		require.Equal(t, ann.User, got.User)
		require.Equal(t, ann.PasswordHash, got.PasswordHash)
		require.Equal(t, guess.Taken{
			Subject: guess.Account(ann.User.ID), Address: guess.Address("a"), Origin: "a", Rules: guessRules, OK: true, Failures: 1, AddressFailures: 1,
		}, got.Guess)
		byName := signInGuess(ann, "b", at)
		byName.Who = user.Identifier{Username: ann.User.Username}
		got = take(t, byName)
		require.Equal(t, 2, got.Guess.Failures, "both names are one account's")
		require.Equal(t, guess.Tally{Failures: 2, Since: at, RetryAt: at, Origin: "b", OfOrigin: 1}, of(t, guess.Account(ann.User.ID)))
		other := signInGuess(ann, "a", at)
		other.Tenant = tenant.Default
		require.Equal(t, guess.Tally{Failures: 1, Since: at, RetryAt: at, OfOrigin: 1}, of(t, guess.Address("a")))
	})

	t.Run("a name that is nobody's is counted alike", func(t *testing.T) {
		g := signInGuess(account("nobody@example.com", ""), "c", at)
		for n := 1; n <= 3; n++ {
			got := take(t, g)
			require.Zero(t, got.User)
			require.Empty(t, got.PasswordHash)
			require.Equal(t, g.Nobody, got.Guess.Subject)
			require.Equal(t, n, got.Guess.Failures)
		}
		refused := take(t, g).Guess
		require.False(t, refused.OK)
		require.Equal(t, at.Add(time.Minute), refused.RetryAt)
	})

	t.Run("too early counts nothing, at either", func(t *testing.T) {
		bob := register(t, h.Store, "bob@example.com", "")
		g := signInGuess(bob, "d", at)
		for range 3 {
			require.True(t, take(t, g).Guess.OK)
		}
		before, network := of(t, guess.Account(bob.User.ID)), of(t, g.Address)
		require.False(t, take(t, g).Guess.OK)
		require.Equal(t, before, of(t, guess.Account(bob.User.ID)))
		require.Equal(t, network, of(t, g.Address))

		// The network has to wait, and another account is not touched by it.
		cat := register(t, h.Store, "cat@example.com", "")
		for n := range 3 {
			require.True(t, take(t, signInGuess(account(string(rune('a'+n))+"@example.org", ""), "d", at)).Guess.OK || n > 0)
		}
		h.Exec(t, "UPDATE guesses SET failures = 6, since = 9000000000000000, retry_at = 9000000000000000 WHERE subject = 'address:d'")
		refused := take(t, signInGuess(cat, "d", at)).Guess
		require.False(t, refused.OK)
		require.Equal(t, time.UnixMicro(9000000000000000).UTC(), refused.RetryAt)
		require.Zero(t, of(t, guess.Account(cat.User.ID)))
	})

	t.Run("what is counted is what the rule says", func(t *testing.T) {
		dan := register(t, h.Store, "dan@example.com", "")
		random := rand.New(rand.NewPCG(1, 2))
		var subject guess.Tally
		network := map[string]guess.Tally{}
		now := at
		for range 400 {
			now = now.Add(time.Duration(random.IntN(int(20*time.Minute/time.Microsecond))) * time.Microsecond)
			origin := []string{"e", "f"}[random.IntN(2)]
			got := take(t, signInGuess(dan, origin, now)).Guess
			next, ok := guessRules.Subject.Take(subject, origin, now)
			nextNetwork, networkOK := guessRules.Address.Take(network[origin], "", now)
			require.Equal(t, ok && networkOK, got.OK)
			if !got.OK {
				continue
			}
			subject, network[origin] = next, nextNetwork
			if random.IntN(3) > 0 {
				proven := random.IntN(2) == 0
				require.NoError(t, guesses.Forgive(ctx, tenant.Default, got, proven))
				subject = guessRules.Subject.Forgive(subject, origin, proven)
				network[origin] = guessRules.Address.Forgive(network[origin], origin, false)
			}
			require.Equal(t, subject, of(t, guess.Account(dan.User.ID)))
			require.Equal(t, network[origin], of(t, guess.Address(origin)))
		}
	})

	t.Run("of many at once, as many are taken as one after the other", func(t *testing.T) {
		eve := register(t, h.Store, "eve@example.com", "")
		var taken atomic.Int64
		var wg sync.WaitGroup
		start := make(chan struct{})
		for n := range 24 {
			g := signInGuess(eve, "g"+string(rune('a'+n)), at)
			wg.Go(func() {
				<-start
				got, err := guesses.ForSignIn(ctx, g)
				if err != nil {
					t.Errorf("guess: %v", err)
				}
				if got.Guess.OK {
					taken.Add(1)
				}
			})
		}
		close(start)
		wg.Wait()
		require.EqualValues(t, guessRules.Subject.Free, taken.Load())
		require.Equal(t, guessRules.Subject.Free, of(t, guess.Account(eve.User.ID)).Failures)
	})

	t.Run("a clock that is behind has nobody wait", func(t *testing.T) {
		ida := register(t, h.Store, "ida@example.com", "")
		require.True(t, take(t, signInGuess(ida, "p", at.Add(time.Minute))).Guess.OK)
		require.True(t, take(t, signInGuess(ida, "p", at)).Guess.OK)
		require.True(t, take(t, signInGuess(ida, "p", at.Add(time.Second))).Guess.OK)
		refused := take(t, signInGuess(ida, "p", at.Add(time.Minute))).Guess
		require.False(t, refused.OK)
		require.Equal(t, at.Add(time.Minute+time.Second), refused.RetryAt)
	})

	t.Run("a rule of nothing puts up with everything", func(t *testing.T) {
		g := signInGuess(account("anybody@example.com", ""), "h", at)
		g.Rules = guess.Rules{}
		for n := 1; n <= 20; n++ {
			require.Equal(t, n, take(t, g).Guess.Failures)
		}
	})

	t.Run("a known device has a tally of its own", func(t *testing.T) {
		fay := register(t, h.Store, "fay@example.com", "")
		stranger := signInGuess(fay, "i", at)
		for range 4 {
			take(t, stranger)
		}
		known := signInGuess(fay, "i", at)
		known.Device = fay.Session.ID
		h.Exec(t, "UPDATE guesses SET failures = 6, since = 9000000000000000, retry_at = 9000000000000000 WHERE subject = 'address:i'")
		for n := 1; n <= 3; n++ {
			got := take(t, known).Guess
			require.True(t, got.OK, "whatever strangers did to the account and the network")
			require.Equal(t, guess.Device(fay.Session.ID), got.Subject)
			require.Empty(t, got.Address)
			require.Equal(t, n, got.Failures)
		}
		require.False(t, take(t, known).Guess.OK, "and no more of them")
	})

	t.Run("an account that is erased takes its own along", func(t *testing.T) {
		guy, hal := register(t, h.Store, "guy@example.com", ""), register(t, h.Store, "hal@example.com", "")
		var subjects []guess.Subject
		for _, a := range []outbound.Account{guy, hal} {
			g := signInGuess(a, "erased", at)
			take(t, g)
			g.Device = a.Session.ID
			take(t, g)
			_, err := guesses.InSession(ctx, outbound.SessionGuess{
				Tenant: tenant.Default, User: a.User.ID, Session: a.Session.ID, Origin: "erased", Rules: guessRules, Now: at,
			})
			require.NoError(t, err)
			subjects = append(subjects, guess.Account(a.User.ID), guess.Device(a.Session.ID), guess.Session(a.Session.ID))
		}
		require.NoError(t, h.Store.Users().Erase(ctx, outbound.Erasure{Tenant: tenant.Default, User: guy.User.ID, Was: guy.User.Revision, At: at}))
		for i, s := range subjects {
			require.Equal(t, i >= 3, of(t, s).Failures == 1, s)
		}
	})

	testKnownDevices(t, h)
	testForgiven(t, h)
	testEpisodes(t, h)

	t.Run("in a session", func(t *testing.T) {
		joe := register(t, h.Store, "joe@example.com", "")
		g := outbound.SessionGuess{Tenant: tenant.Default, User: joe.User.ID, Session: joe.Session.ID, Origin: "j", Rules: guessRules, Now: at}
		for n := 1; n <= 3; n++ {
			got, err := guesses.InSession(ctx, g)
			require.NoError(t, err)
			require.Equal(t, joe.User, got.User)
			require.Equal(t, joe.PasswordHash, got.PasswordHash)
			require.Equal(t, guess.Session(joe.Session.ID), got.Guess.Subject)
			require.Equal(t, n, got.Guess.Failures)
		}
		got, err := guesses.InSession(ctx, g)
		require.NoError(t, err)
		require.False(t, got.Guess.OK)
		g.User = newID()
		_, err = guesses.InSession(ctx, g)
		require.ErrorIs(t, err, outbound.ErrNotFound)
	})

	t.Run("tallies are forgotten and removed", func(t *testing.T) {
		h.Exec(t, "DELETE FROM guesses")
		kim := register(t, h.Store, "kim@example.com", "")
		take(t, signInGuess(kim, "k", at))
		require.NoError(t, guesses.Forget(ctx, tenant.ID{9}, guess.Account(kim.User.ID)))
		require.Equal(t, 1, of(t, guess.Account(kim.User.ID)).Failures)
		require.NoError(t, guesses.Forget(ctx, tenant.Default, guess.Account(kim.User.ID), guess.Address("k")))
		require.Zero(t, of(t, guess.Account(kim.User.ID)))

		zero := take(t, signInGuess(kim, "l", at)).Guess
		require.NoError(t, guesses.Forgive(ctx, tenant.Default, zero, true))
		take(t, signInGuess(account("left@example.com", ""), "m", at))
		remove := func(now, forgotten time.Time, limit int) int {
			n, err := guesses.RemoveForgotten(ctx, tenant.Default, now, forgotten, limit)
			require.NoError(t, err)
			return n
		}
		require.Zero(t, remove(at, at.Add(-time.Hour), 10), "of today")
		next := at.Add(24 * time.Hour)
		require.Equal(t, 1, remove(next, at, 1))
		require.Equal(t, 1, remove(next, at, 10), "those without failures")
		require.Zero(t, remove(next, at, 10))
		n, err := guesses.RemoveForgotten(ctx, tenant.ID{9}, next, next, 10)
		require.NoError(t, err)
		require.Zero(t, n)
		require.Equal(t, 2, remove(next, next, 10))
	})
}

// Which sessions make a device known.
func testKnownDevices(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	for name, c := range map[string]struct {
		spoil string // what happened to the session or the password
		now   time.Time
		known bool
	}{
		"a live session":                            {known: true},
		"a session that was signed out of":          {spoil: "UPDATE sessions SET ended_at = created_at, end_reason = 'signed_out'", known: true},
		"a session that another took the place of":  {spoil: "UPDATE sessions SET ended_at = created_at, end_reason = 'displaced'", known: true},
		"a session that expired":                    {now: at.Add(life.Absolute), known: true},
		"a session that its user ended":             {spoil: "UPDATE sessions SET ended_at = created_at, end_reason = 'revoked'"},
		"a session whose token was stolen":          {spoil: "UPDATE sessions SET ended_at = created_at, end_reason = 'reuse_detected'"},
		"a session that a change of password ended": {spoil: "UPDATE sessions SET ended_at = created_at, end_reason = 'password_changed'"},
		"a live one that changed the password":      {spoil: "UPDATE sessions SET authenticated_at = created_at", now: at.Add(time.Hour), known: true},
		"somebody else's session":                   {spoil: "other"},
		"a session that is gone":                    {spoil: "DELETE FROM sessions"},
	} {
		t.Run(name, func(t *testing.T) {
			a := register(t, h.Store, user.ID(newID()).String()+"@example.com", "")
			g := signInGuess(a, user.ID(newID()).String(), at)
			g.Device = a.Session.ID
			if !c.now.IsZero() {
				g.Now = c.now
			}
			switch c.spoil {
			case "":
			case "other":
				g.Device = register(t, h.Store, user.ID(newID()).String()+"@example.com", "").Session.ID
			default:
				h.Exec(t, c.spoil+" WHERE id = '"+a.Session.ID.String()+"'")
			}
			got, err := h.Store.Guesses().ForSignIn(ctx, g)
			require.NoError(t, err)
			require.Equal(t, c.known, got.Guess.Subject.IsDevice())
			require.Equal(t, c.known, got.Guess.Address == "")
		})
	}

	t.Run("a session of before the password was changed, once it is over", func(t *testing.T) {
		a := register(t, h.Store, "changer@example.com", "")
		c := passwordChange(a, "another hash")
		c.At = at.Add(time.Hour)
		require.NoError(t, h.Store.Users().ChangePassword(ctx, c))
		g := signInGuess(a, "changer", at.Add(2*time.Hour))
		g.Device = a.Session.ID
		got, err := h.Store.Guesses().ForSignIn(ctx, g)
		require.NoError(t, err)
		require.True(t, got.Guess.Subject.IsDevice(), "it changed the password itself and lives")
		h.Exec(t, "UPDATE sessions SET ended_at = created_at, end_reason = 'signed_out' WHERE id = '"+a.Session.ID.String()+"'")
		got, err = h.Store.Guesses().ForSignIn(ctx, g)
		require.NoError(t, err)
		require.False(t, got.Guess.Subject.IsDevice(), "it proved a password that nobody has any more")
	})
}

// A sign-in and a re-authentication take back their own guess, with everything
// else they write or not at all.
func testForgiven(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	guesses := h.Store.Guesses()
	failures := func(s guess.Subject) int {
		tally, err := guesses.Of(ctx, tenant.Default, s)
		require.NoError(t, err)
		return tally.Failures
	}

	t.Run("by a sign-in", func(t *testing.T) {
		a := register(t, h.Store, "forgiven@example.com", "")
		var got outbound.Guessed
		for _, origin := range []string{"thief", "n", "n"} {
			var err error
			got, err = guesses.ForSignIn(ctx, signInGuess(a, origin, at))
			require.NoError(t, err)
			require.True(t, got.Guess.OK)
		}
		o := opening(newSession(a.User), "another hash")
		o.Guess = got.Guess
		require.ErrorIs(t, h.Store.Sessions().Open(ctx, o), outbound.ErrStale)
		require.Equal(t, 3, failures(got.Guess.Subject), "refused, and nothing forgiven")
		o.PasswordHash = a.PasswordHash
		require.NoError(t, h.Store.Sessions().Open(ctx, o))
		require.Equal(t, 1, failures(got.Guess.Subject), "the thief's is left")
		require.Equal(t, 1, failures(guess.Address("n")), "a network keeps what it guessed wrong")
	})

	t.Run("by a re-authentication", func(t *testing.T) {
		a := register(t, h.Store, "again@example.com", "")
		var got outbound.Guessed
		for range 2 {
			var err error
			got, err = guesses.InSession(ctx, outbound.SessionGuess{
				Tenant: tenant.Default, User: a.User.ID, Session: a.Session.ID, Origin: "o", Rules: guessRules, Now: at,
			})
			require.NoError(t, err)
		}
		r := reauthentication(a, at.Add(time.Minute))
		r.Guess, r.PasswordHash = got.Guess, "another hash"
		_, err := h.Store.Sessions().Reauthenticate(ctx, r)
		require.ErrorIs(t, err, outbound.ErrStale)
		require.Equal(t, 2, failures(got.Guess.Subject))
		r.PasswordHash = a.PasswordHash
		proved, err := h.Store.Sessions().Reauthenticate(ctx, r)
		require.NoError(t, err)
		require.Equal(t, r.At, proved.AuthenticatedAt)
		require.Zero(t, failures(got.Guess.Subject))
	})
}

// An episode is told of once, however many notice it at once.
func testEpisodes(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	guesses := h.Store.Guesses()
	a := register(t, h.Store, "told@example.com", "")
	origin := event.Origin{Tenant: tenant.Default, RequestID: "request-9", Address: "192.0.2.9"}
	var last guess.Taken
	refusal := func() outbound.Refusal {
		return outbound.Refusal{
			Event: event.FailedSignIn(origin, a.User.ID, event.WrongPassword, at),
			Episodes: []outbound.Episode{{
				Tenant: tenant.Default, Subject: guess.Account(a.User.ID), Tell: 3,
				Event: event.Guessed(origin, a.User.ID, "account", 3, at),
				Mail: &mail.Mail{
					Tenant: tenant.Default, ID: newID(), Kind: mail.FailedSignIns, User: a.User.ID,
					Details: map[string]string{mail.Count: "3"}, RequestID: "request-9", CreatedAt: at,
				},
			}},
		}
	}
	guessWrong := func(now time.Time) {
		got, err := guesses.ForSignIn(ctx, signInGuess(a, "told", now))
		require.NoError(t, err)
		require.True(t, got.Guess.OK)
		last = got.Guess
	}
	counted := func() (failed, told int) {
		for _, e := range all(t, h) {
			if e.User != a.User.ID {
				continue
			}
			switch e.Name {
			case event.SignInFailed:
				failed++
			case event.SuspiciousActivity:
				told++
				require.Equal(t, refusal().Episodes[0].Event, e.Event)
			}
		}
		return failed, told
	}

	t.Run("it is told of once", func(t *testing.T) {
		guessWrong(at)
		guessWrong(at)
		require.NoError(t, guesses.Refuse(ctx, refusal()))
		failed, told := counted()
		require.Equal(t, []int{1, 0}, []int{failed, told}, "not as many as that yet")
		guessWrong(at)
		of, ofAddress := last.Tells()
		require.True(t, of)
		require.False(t, ofAddress)
		var wg sync.WaitGroup
		for range 8 {
			r := refusal()
			wg.Go(func() {
				if err := guesses.Refuse(ctx, r); err != nil {
					t.Errorf("refuse: %v", err)
				}
			})
		}
		wg.Wait()
		failed, told = counted()
		require.Equal(t, []int{9, 1}, []int{failed, told})
		guessWrong(at.Add(time.Minute))
		require.True(t, last.Told)
		of, _ = last.Tells()
		require.False(t, of, "those who come after know")
	})

	t.Run("a mail is owed once", func(t *testing.T) {
		// A mail of the same id is a conflict, so one that is not is news.
		r := refusal()
		r.Episodes[0].Subject = guess.Name("nobody that was counted")
		require.NoError(t, guesses.Refuse(ctx, r))
		require.NoError(t, h.Store.Outbox().Add(ctx, *r.Episodes[0].Mail), "nothing was owed")
		guessWrong(at.Add(48 * time.Hour))
		require.False(t, last.Told, "another episode")
		for range 2 {
			guessWrong(at.Add(48 * time.Hour))
		}
		r = refusal()
		require.NoError(t, guesses.Refuse(ctx, r))
		require.ErrorIs(t, h.Store.Outbox().Add(ctx, *r.Episodes[0].Mail), outbound.ErrConflict, "it is owed")
	})
}
