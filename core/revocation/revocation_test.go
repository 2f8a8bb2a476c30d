package revocation_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/revocation"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/core/user"
)

var (
	now    = time.Date(2026, 3, 29, 1, 59, 59, 123_456_000, time.UTC)
	origin = event.Origin{Tenant: tenant.Default}
)

// openedAt is the id of a session that was opened at an instant.
func openedAt(at time.Time, last byte) session.ID {
	ms := at.UnixMilli()
	return session.ID{byte(ms >> 40), byte(ms >> 32), byte(ms >> 24), byte(ms >> 16), byte(ms >> 8), byte(ms), 0x70, 15: last}
}

func TestWhatAnEventRevokes(t *testing.T) {
	id := openedAt(now, 1)
	r, revokes, err := revocation.Of(event.Ended(origin, event.Operator, id, user.ID{1}, session.Revoked, now))
	require.NoError(t, err)
	require.True(t, revokes)
	require.Equal(t, revocation.Revocation{Session: id, At: now}, r)

	r, revokes, err = revocation.Of(event.AllEnded(origin, event.Operator, now))
	require.NoError(t, err)
	require.True(t, revokes)
	require.Equal(t, revocation.Revocation{Before: now.Truncate(time.Millisecond), At: now}, r)

	for _, e := range []event.Event{event.Rotated(origin, event.System, "k", "EdDSA", now, now), event.SignedUp(origin, user.ID{1}, now)} {
		_, revokes, err = revocation.Of(e)
		require.NoError(t, err)
		require.False(t, revokes)
	}
}

func TestAnEventThatCannotBeReadIsAnError(t *testing.T) {
	for _, e := range []event.Event{
		{Name: event.SessionRevoked},
		{Name: event.SessionRevoked, Subject: "user:" + user.ID{1}.String()},
		{Name: event.SessionRevoked, Subject: "session:x"},
		{Name: event.AllSessionsRevoked},
		{Name: event.AllSessionsRevoked, Payload: map[string]string{event.Before: "yesterday"}},
	} {
		_, revokes, err := revocation.Of(e)
		require.Error(t, err)
		require.False(t, revokes)
	}
}

func TestASetRemembersForTheLifeOfAToken(t *testing.T) {
	const life = 15 * time.Minute
	for _, step := range []time.Duration{time.Second, time.Minute, 14 * time.Minute, 15 * time.Minute, 16 * time.Minute, time.Hour} {
		set := revocation.NewSet(life)
		at := now
		ended := map[session.ID]time.Time{}
		for n := range 200 {
			id := openedAt(at, byte(n))
			set.Add(revocation.Revocation{Session: id}, at)
			ended[id] = at
			for id, since := range ended {
				if at.Sub(since) < life {
					require.True(t, set.Refuses(token.Claims{Session: id}), "ended %s ago, steps of %s", at.Sub(since), step)
				}
				if at.Sub(since) > 2*life+step {
					require.False(t, set.Refuses(token.Claims{Session: id}), "it must not grow for ever")
				}
			}
			require.LessOrEqual(t, set.Len(), int(2*life/step)+2)
			at = at.Add(step)
		}
		require.False(t, set.Refuses(token.Claims{Session: openedAt(at, 1)}))
	}
}

// A clock that is set back must not make it forget.
func TestASetSurvivesAClockThatIsSetBack(t *testing.T) {
	set := revocation.NewSet(time.Minute)
	first, second := openedAt(now, 1), openedAt(now, 2)
	set.Add(revocation.Revocation{Session: first}, now)
	set.Add(revocation.Revocation{Session: second}, now.Add(time.Minute))
	back := now.Add(-time.Hour)
	for n := range 60 {
		set.Add(revocation.Revocation{Session: openedAt(back, byte(n))}, back.Add(time.Duration(n)*time.Second))
		require.True(t, set.Refuses(token.Claims{Session: first}))
		require.True(t, set.Refuses(token.Claims{Session: second}))
	}
}

func TestTheEndOfAllSessionsOpenedBefore(t *testing.T) {
	set := revocation.NewSet(time.Minute)
	earlier, later := openedAt(now.Add(-time.Millisecond), 1), openedAt(now, 2)
	r, _, err := revocation.Of(event.AllEnded(origin, event.Operator, now))
	require.NoError(t, err)
	set.Add(r, now)
	require.True(t, set.Refuses(token.Claims{Session: earlier}))
	require.False(t, set.Refuses(token.Claims{Session: later}), "opened in the same millisecond: the rows decide")
	require.True(t, set.Refuses(token.Claims{Session: session.ID{1}}), "an id that tells no time")
	set.Add(revocation.Revocation{Before: r.Before.Add(-time.Hour)}, now)
	require.True(t, set.Refuses(token.Claims{Session: earlier}), "an older order takes nothing back")
	set.Add(revocation.Revocation{Session: earlier}, now)
	require.Zero(t, set.Len(), "covered already")
	set.Add(revocation.Revocation{Session: later}, now)
	require.Equal(t, 1, set.Len())
	set.Forget(now.Add(time.Minute))
	require.True(t, set.Refuses(token.Claims{Session: earlier}))
	set.Add(revocation.Revocation{Session: earlier}, now.Add(time.Minute))
	require.Equal(t, 2, set.Len(), "the cover goes sooner than it")
	set.Forget(now.Add(2 * time.Minute))
	require.True(t, set.Refuses(token.Claims{Session: earlier}))
	set.Forget(now.Add(3 * time.Minute))
	require.False(t, set.Refuses(token.Claims{Session: earlier}))
	set = revocation.NewSet(time.Minute)
	set.Add(r, now)
	set.Forget(now.Add(time.Minute))
	set.Forget(now.Add(2 * time.Minute))
	require.False(t, set.Refuses(token.Claims{Session: earlier}), "the rows say so by then")
}
