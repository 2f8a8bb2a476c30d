package app_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/app"
	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

func TestAnOperatorFindsAUser(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("Ann@Example.com")
	for _, name := range []string{in.User.ID.String(), "Ann@Example.com", "ann@example.COM"} {
		got, err := w.Operators.FindUser(t.Context(), name)
		require.NoError(t, err, name)
		require.Equal(t, in.User.ID, got.ID)
	}
	for _, name := range []string{"", "ann", "ann@", "01900000-ABCD-7000-8000-000000000001", in.User.ID.String() + " "} {
		_, err := w.Operators.FindUser(t.Context(), name)
		requireCode(t, fault.ValidationError, err)
	}
	for _, name := range []string{in.Session.ID.String(), "nobody@example.com"} {
		_, err := w.Operators.FindUser(t.Context(), name)
		requireCode(t, fault.NotFound, err)
	}
}

func TestAnOperatorListsUsers(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.signUp("ann@example.com"), w.signUp("bob@example.com")
	_, err := w.Operators.Suspend(t.Context(), ann.User.ID, "")
	require.NoError(t, err)
	for status, want := range map[user.Status][]user.ID{"": {bob.User.ID, ann.User.ID}, user.Suspended: {ann.User.ID}, user.Deleted: {}} {
		list, err := w.Operators.ListUsers(t.Context(), status, user.ID{}, 10)
		require.NoError(t, err)
		got := []user.ID{}
		for _, u := range list {
			got = append(got, u.ID)
		}
		require.Equal(t, want, got, status)
	}
}

func TestASuspensionEndsSessionsForGood(t *testing.T) {
	w := newWorld(t)
	first, bob := w.signUp("ann@example.com"), w.signUp("bob@example.com")
	second := w.signIn("ann@example.com")
	w.clock.Advance(time.Second)
	before, _ := w.happened()
	ended, err := w.Operators.Suspend(t.Context(), first.User.ID, "spam, twice")
	require.NoError(t, err)
	require.Equal(t, 2, ended)

	all, err := w.Events.Latest(t.Context(), 100)
	require.NoError(t, err)
	all = all[len(strings.Fields(before)):]
	require.Len(t, all, 3)
	require.Equal(t, event.UserSuspended, all[0].Name)
	require.Equal(t, event.OfUser(first.User.ID), all[0].Subject)
	require.Equal(t, map[string]string{"reason": "spam, twice"}, all[0].Payload)
	for i, s := range []inbound.SignedIn{first, second} {
		require.Equal(t, event.SessionRevoked, all[i+1].Name)
		require.Equal(t, event.OfSession(s.Session.ID), all[i+1].Subject)
		require.Equal(t, "user_suspended", all[i+1].Payload["reason"])
		require.Equal(t, first.User.ID.String(), all[i+1].Payload["user_id"])
	}
	for _, e := range all {
		require.Equal(t, event.Operator, e.Actor)
	}
	refused := func() {
		t.Helper()
		for _, s := range []inbound.SignedIn{first, second} {
			require.Equal(t, session.UserSuspended, w.stored(s.Session.ID).EndReason)
			_, err := w.refresh(s.Tokens.Refresh)
			requireCode(t, fault.InvalidRefreshToken, err)
			_, err = w.Tokens.Authenticate(t.Context(), w.caller(), s.Tokens.Access)
			requireCode(t, fault.InvalidToken, err)
		}
	}
	refused()
	_, err = w.Accounts.SignIn(t.Context(), w.caller(), inbound.SignIn{Email: "ann@example.com", Password: credential.NewPassword(password)})
	requireCode(t, fault.InvalidCredentials, err)
	w.principal(bob)

	_, err = w.Operators.Suspend(t.Context(), first.User.ID, "again")
	requireCode(t, fault.Conflict, err)
	w.clock.Advance(time.Second)
	require.NoError(t, w.Operators.Reactivate(t.Context(), first.User.ID))
	_, last := w.happened()
	require.Equal(t, event.UserReactivated, last.Name)
	require.Equal(t, event.Operator, last.Actor)
	require.Equal(t, event.OfUser(first.User.ID), last.Subject)
	refused()
	u, err := w.Operators.FindUser(t.Context(), "ann@example.com")
	require.NoError(t, err)
	require.Equal(t, user.Active, u.Status)
	require.Equal(t, w.clock.Now(), u.UpdatedAt)
	w.signIn("ann@example.com")
	requireCode(t, fault.Conflict, w.Operators.Reactivate(t.Context(), first.User.ID))
}

func TestWhatAnOperatorCannotDo(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	before, _ := w.happened()
	for _, reason := range []string{strings.Repeat("x", 201), "two\nlines", "a\x1b[31mcolour", "\xff"} {
		_, err := w.Operators.Suspend(t.Context(), in.User.ID, reason)
		requireCode(t, fault.ValidationError, err)
	}
	_, err := w.Operators.Suspend(t.Context(), user.ID{9}, "")
	requireCode(t, fault.NotFound, err)
	requireCode(t, fault.NotFound, w.Operators.Reactivate(t.Context(), user.ID{9}))
	w.exec("UPDATE users SET status = 'deleted'")
	_, err = w.Operators.Suspend(t.Context(), in.User.ID, "")
	requireCode(t, fault.Conflict, err)
	requireCode(t, fault.Conflict, w.Operators.Reactivate(t.Context(), in.User.ID))
	ended, err := w.Operators.EndSessions(t.Context(), user.ID{9})
	require.NoError(t, err)
	require.Zero(t, ended)
	_, err = w.Operators.EndAllSessions(t.Context(), w.clock.Now().Add(time.Microsecond), nil)
	requireCode(t, fault.ValidationError, err)
	after, _ := w.happened()
	require.Equal(t, before, after, "nothing was done")
	require.Nil(t, w.stored(in.Session.ID).EndedAt)

	w.exec("UPDATE users SET status = 'inactive'")
	require.NoError(t, w.Operators.Reactivate(t.Context(), in.User.ID))
}

func TestAnOperatorEndsTheSessionsOfAUser(t *testing.T) {
	w := newWorld(t)
	first, bob := w.signUp("ann@example.com"), w.signUp("bob@example.com")
	second := w.signIn("ann@example.com")
	list, err := w.Operators.ListSessions(t.Context(), first.User.ID, session.ID{}, 10)
	require.NoError(t, err)
	require.Equal(t, []session.ID{second.Session.ID, first.Session.ID}, ids(list))
	ended, err := w.Operators.EndSessions(t.Context(), first.User.ID)
	require.NoError(t, err)
	require.Equal(t, 2, ended)
	names, last := w.happened()
	require.True(t, strings.HasSuffix(names, "session.revoked session.revoked"), names)
	require.Equal(t, event.Operator, last.Actor)
	require.Equal(t, "operator", last.Payload["reason"])
	_, err = w.refresh(first.Tokens.Refresh)
	requireCode(t, fault.InvalidRefreshToken, err)
	w.principal(bob)
	w.signIn("ann@example.com")

	ended, err = w.Operators.EndSessions(t.Context(), bob.User.ID)
	require.NoError(t, err)
	require.Equal(t, 1, ended)
	ended, err = w.Operators.EndSessions(t.Context(), bob.User.ID)
	require.NoError(t, err)
	require.Zero(t, ended)
}

// byTheClock makes identifiers of the time that the clock shows.
func byTheClock(o *outbound.World, _ *app.Policy) { o.Identifiers = &timed{clock: o.Clock} }

func TestAnOperatorEndsEverybodysSessions(t *testing.T) {
	w := newWorld(t, byTheClock)
	ann, bob := w.signUp("ann@example.com"), w.signUp("bob@example.com")
	out := w.signIn("ann@example.com")
	require.NoError(t, w.Tokens.SignOut(t.Context(), w.caller(), out.Tokens.Access))
	cutoff := w.clock.Advance(time.Second)
	w.clock.Advance(time.Second)
	later := w.signIn("ann@example.com")
	before, _ := w.happened()

	var told []int
	ended, err := w.Operators.EndAllSessions(t.Context(), cutoff, func(n int) { told = append(told, n) })
	require.NoError(t, err)
	require.Equal(t, 2, ended)
	require.Equal(t, []int{2}, told)
	all, err := w.Events.Latest(t.Context(), 100)
	require.NoError(t, err)
	all = all[len(strings.Fields(before)):]
	require.Len(t, all, 3)
	require.Equal(t, event.AllSessionsRevoked, all[0].Name)
	require.Equal(t, cutoff.Format(time.RFC3339Nano), all[0].Payload[event.Before])
	require.Equal(t, w.clock.Now(), all[0].At, "when it was ordered")
	for i, s := range []inbound.SignedIn{ann, bob} {
		require.Equal(t, event.OfSession(s.Session.ID), all[i+1].Subject)
		require.Equal(t, s.User.ID.String(), all[i+1].Payload["user_id"])
		require.Equal(t, session.ByOperator, w.stored(s.Session.ID).EndReason)
		_, err := w.refresh(s.Tokens.Refresh)
		requireCode(t, fault.InvalidRefreshToken, err)
	}
	require.Equal(t, session.SignedOut, w.stored(out.Session.ID).EndReason, "what was over stays as it ended")
	w.mustRefresh(later.Tokens.Refresh)

	ended, err = w.Operators.EndAllSessions(t.Context(), cutoff, nil)
	require.NoError(t, err)
	require.Zero(t, ended)
	ended, err = w.Operators.EndAllSessions(t.Context(), time.Time{}, nil)
	require.NoError(t, err)
	require.Equal(t, 1, ended, "before now, when nothing else is said")
}

// The access tokens are refused from the first commit on, before any session
// has ended; a session that is moved on meanwhile ends with the others; an
// interrupted order is taken up where it was.
func TestTheEndOfEverybodysSessionsIsInterrupted(t *testing.T) {
	w := newWorld(t, byTheClock)
	var in []inbound.SignedIn
	for i := range 3 {
		w.clock.Advance(time.Millisecond)
		in = append(in, w.signUp(fmt.Sprintf("user-%d@example.com", i)))
	}
	// More than one transaction ends.
	for i := range 1000 {
		s := w.stored(in[0].Session.ID)
		s.ID[15], s.ID[14], s.ID[13] = byte(i), byte(i>>8), 1
		require.NoError(t, w.store.Store.Sessions().Open(t.Context(), w.opening(s, w.hash(in[0].User))))
	}
	cutoff := w.clock.Advance(time.Second)
	other := w.instance()
	require.NoError(t, other.Keys.Load(t.Context()))
	require.NoError(t, other.Revocations.Load(t.Context()))

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var moved inbound.TokenPair
	ended, err := w.Operators.EndAllSessions(ctx, cutoff, func(n int) {
		require.Equal(t, 500, n)
		var err error
		require.NoError(t, other.Revocations.Load(t.Context()))
		for _, s := range in {
			_, err = other.Tokens.Authenticate(t.Context(), w.caller(), s.Tokens.Access)
			requireCode(t, fault.InvalidToken, err)
		}
		moved = w.mustRefresh(in[2].Tokens.Refresh)
		_, err = other.Tokens.Authenticate(t.Context(), w.caller(), moved.Access)
		requireCode(t, fault.InvalidToken, err)
		cancel()
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 500, ended)
	require.Nil(t, w.stored(in[2].Session.ID).EndedAt)

	w.clock.Advance(time.Millisecond)
	later := w.signIn("user-1@example.com")
	ended, err = w.Operators.EndAllSessions(t.Context(), cutoff, nil)
	require.NoError(t, err)
	require.Equal(t, 503, ended)
	_, err = w.refresh(moved.Refresh)
	requireCode(t, fault.InvalidRefreshToken, err)
	w.mustRefresh(later.Tokens.Refresh)
}

// A sign-in that made its session before the instant and stores it after its
// turn was over ends all the same.
func TestASignInUnderWayIsWaitedFor(t *testing.T) {
	w := newWorld(t, byTheClock, func(_ *outbound.World, p *app.Policy) { p.Settle = 50 * time.Millisecond })
	in := w.signUp("ann@example.com")
	late := w.stored(in.Session.ID)
	late.ID[15]++
	ended, err := w.Operators.EndAllSessions(t.Context(), time.Time{}, func(n int) {
		if n == 1 {
			require.NoError(t, w.store.Store.Sessions().Open(t.Context(), w.opening(late, w.hash(in.User))))
		}
	})
	require.NoError(t, err)
	require.Equal(t, 2, ended)
	require.NotNil(t, w.stored(late.ID).EndedAt)
}

func TestOperatorsWithoutAStore(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	w.store.away.Store(true)
	ctx := t.Context()
	for name, do := range map[string]func() error{
		"find":       func() error { _, err := w.Operators.FindUser(ctx, "ann@example.com"); return err },
		"list":       func() error { _, err := w.Operators.ListUsers(ctx, "", user.ID{}, 1); return err },
		"suspend":    func() error { _, err := w.Operators.Suspend(ctx, in.User.ID, ""); return err },
		"reactivate": func() error { return w.Operators.Reactivate(ctx, in.User.ID) },
		"sessions":   func() error { _, err := w.Operators.ListSessions(ctx, in.User.ID, session.ID{}, 1); return err },
		"end":        func() error { _, err := w.Operators.EndSessions(ctx, in.User.ID); return err },
		"end all":    func() error { _, err := w.Operators.EndAllSessions(ctx, time.Time{}, nil); return err },
	} {
		t.Run(name, func(t *testing.T) { requireCode(t, fault.Unavailable, do()) })
	}
}

func (w *world) hash(u user.User) string {
	w.t.Helper()
	_, hash, err := w.store.Store.Users().ForSignIn(w.t.Context(), tenant.Default, user.Identifier{Email: u.Email})
	require.NoError(w.t, err)
	return hash
}

func (w *world) opening(s session.Session, hash string) outbound.Opening {
	return outbound.Opening{Session: s, PasswordHash: hash, Event: event.SignedIn(event.Origin{Tenant: s.Tenant}, s), Lifetime: w.policy.Sessions}
}

// Ids know no time before 1970: an instant before it must not be read as one
// behind them all.
func TestNobodySignedInBeforeAllTimes(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	for _, before := range []time.Time{time.Unix(-1, 0), time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC)} {
		_, err := w.Operators.EndAllSessions(t.Context(), before, nil)
		requireCode(t, fault.ValidationError, err)
	}
	require.Nil(t, w.stored(in.Session.ID).EndedAt)
}
