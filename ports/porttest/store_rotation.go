package porttest

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/ports/outbound"
)

func testRotation(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	sessions := h.Store.Sessions()
	rotation := func(s session.Session, now time.Time, next byte) outbound.Rotation {
		return outbound.Rotation{Tenant: s.Tenant, Session: s.ID, Presented: presented(s, next), Now: now, Lifetime: life}
	}

	t.Run("it does what the rule says", func(t *testing.T) {
		s := register(t, h.Store, "rule@example.com", "").Session
		for day, next := range []byte{1, 2, 3, 4, 5} {
			now := at.Add(time.Duration(day)*6*24*time.Hour + time.Microsecond)
			r := rotation(s, now, next)
			got, err := sessions.Rotate(ctx, r)
			require.NoError(t, err)
			require.Equal(t, token.Advance(s, r.Presented, life, now), got)
			stored, err := sessions.ByID(ctx, tenant.Default, s.ID)
			require.NoError(t, err)
			require.Equal(t, got, stored)
			s = got
		}
		require.Equal(t, s.EndsAt, s.ExpiresAt, "the last one slid up to the end and no further")
	})

	t.Run("it writes no event", func(t *testing.T) {
		s := register(t, h.Store, "quiet@example.com", "").Session
		before := len(all(t, h))
		_, err := sessions.Rotate(ctx, rotation(s, at, 1))
		require.NoError(t, err)
		require.Len(t, all(t, h), before)
	})

	for reason, spoil := range map[string]func(r *outbound.Rotation, s session.Session){
		"another secret":         func(r *outbound.Rotation, _ session.Session) { r.Presented.Hash[0]++ },
		"another generation":     func(r *outbound.Rotation, _ session.Session) { r.Presented.Generation++ },
		"the instant it expires": func(r *outbound.Rotation, s session.Session) { r.Now = s.ExpiresAt },
		"another tenant":         func(r *outbound.Rotation, _ session.Session) { r.Tenant = tenant.ID{9} },
		"an unknown session":     func(r *outbound.Rotation, _ session.Session) { r.Session = newID() },
		"an ended session": func(_ *outbound.Rotation, s session.Session) {
			require.NoError(t, sessions.End(ctx, ending(s, session.Revoked)))
		},
		"a suspended user": func(_ *outbound.Rotation, s session.Session) {
			h.Exec(t, "UPDATE users SET status = 'suspended' WHERE id = '"+s.User.String()+"'")
		},
	} {
		t.Run("not for "+reason, func(t *testing.T) {
			id := session.ID(newID())
			s := register(t, h.Store, "spoil-"+id.String()+"@example.com", "").Session
			r := rotation(s, at, 1)
			spoil(&r, s)
			before, err := sessions.ByID(ctx, tenant.Default, s.ID)
			require.NoError(t, err)
			_, err = sessions.Rotate(ctx, r)
			require.ErrorIs(t, err, outbound.ErrStale)
			after, err := sessions.ByID(ctx, tenant.Default, s.ID)
			require.NoError(t, err)
			require.Equal(t, before, after)
		})
	}

	t.Run("the last microsecond still counts", func(t *testing.T) {
		s := register(t, h.Store, "last@example.com", "").Session
		_, err := sessions.Rotate(ctx, rotation(s, s.ExpiresAt.Add(-time.Microsecond), 1))
		require.NoError(t, err)
	})

	t.Run("of many presentations at once, one rotates", func(t *testing.T) {
		s := register(t, h.Store, "many@example.com", "").Session
		var won atomic.Int32
		var wg sync.WaitGroup
		start := make(chan struct{})
		for range 16 {
			wg.Go(func() {
				<-start
				if _, err := sessions.Rotate(ctx, rotation(s, at, 7)); err == nil {
					won.Add(1)
				} else if !errors.Is(err, outbound.ErrStale) {
					t.Errorf("rotate: %v", err)
				}
			})
		}
		close(start)
		wg.Wait()
		require.EqualValues(t, 1, won.Load())
		stored, err := sessions.ByID(ctx, tenant.Default, s.ID)
		require.NoError(t, err)
		require.EqualValues(t, 1, stored.Rotation.Generation)
	})
}

func testEndings(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	sessions := h.Store.Sessions()

	t.Run("an ending is kept with its reason and its event", func(t *testing.T) {
		s := register(t, h.Store, "end@example.com", "").Session
		require.NoError(t, sessions.End(ctx, ending(s, session.ReuseDetected)))
		got, err := sessions.ByID(ctx, tenant.Default, s.ID)
		require.NoError(t, err)
		require.Equal(t, at, *got.EndedAt)
		require.Equal(t, session.ReuseDetected, got.EndReason)
		events := all(t, h)
		last := events[len(events)-1]
		require.Equal(t, event.SessionRevoked, last.Name)
		require.Equal(t, "reuse_detected", last.Payload["reason"])

		again := ending(s, session.SignedOut)
		again.At = at.Add(time.Hour)
		require.ErrorIs(t, sessions.End(ctx, again), outbound.ErrNotFound)
		same, err := sessions.ByID(ctx, tenant.Default, s.ID)
		require.NoError(t, err)
		require.Equal(t, got, same, "an ended session stays as it ended")
		require.Len(t, all(t, h), len(events))
	})

	t.Run("nobody else's session is ended", func(t *testing.T) {
		ann, bob := register(t, h.Store, "ann@example.com", ""), register(t, h.Store, "bob@example.com", "")
		e := ending(ann.Session, session.Revoked)
		e.Owner = bob.User.ID
		require.ErrorIs(t, sessions.End(ctx, e), outbound.ErrNotFound)
		e = ending(ann.Session, session.Revoked)
		e.Tenant = tenant.ID{9}
		require.ErrorIs(t, sessions.End(ctx, e), outbound.ErrNotFound)
		s, err := sessions.ByID(ctx, tenant.Default, ann.Session.ID)
		require.NoError(t, err)
		require.Nil(t, s.EndedAt)
	})

	t.Run("an expired session is over already", func(t *testing.T) {
		s := register(t, h.Store, "late@example.com", "").Session
		e := ending(s, session.Revoked)
		e.At = s.ExpiresAt
		require.ErrorIs(t, sessions.End(ctx, e), outbound.ErrNotFound)
	})

	t.Run("of many endings at once, one ends it", func(t *testing.T) {
		s := register(t, h.Store, "race@example.com", "").Session
		before := len(all(t, h))
		var wg sync.WaitGroup
		var won atomic.Int32
		start := make(chan struct{})
		for range 8 {
			wg.Go(func() {
				<-start
				if err := sessions.End(ctx, ending(s, session.Revoked)); err == nil {
					won.Add(1)
				} else if !errors.Is(err, outbound.ErrNotFound) {
					t.Errorf("end: %v", err)
				}
			})
		}
		close(start)
		wg.Wait()
		require.EqualValues(t, 1, won.Load())
		require.Len(t, all(t, h), before+1)
	})

	t.Run("the others end and this one does not", func(t *testing.T) {
		cat, dan := register(t, h.Store, "cat@example.com", ""), register(t, h.Store, "dan@example.com", "")
		var want []session.ID
		for range 3 {
			s := newSession(cat.User)
			require.NoError(t, sessions.Open(ctx, opening(s, cat.PasswordHash)))
			want = append(want, s.ID)
		}
		require.NoError(t, sessions.End(ctx, ending(session.Session{Tenant: tenant.Default, ID: want[1], User: cat.User.ID}, session.SignedOut)))
		ended, err := sessions.EndOthers(ctx, endingOthers(cat.Session, session.Revoked))
		require.NoError(t, err)
		require.Equal(t, []session.ID{want[0], want[2]}, ended)
		for _, id := range []session.ID{cat.Session.ID, dan.Session.ID} {
			s, err := sessions.ByID(ctx, tenant.Default, id)
			require.NoError(t, err)
			require.Nil(t, s.EndedAt)
		}
		ended, err = sessions.EndOthers(ctx, endingOthers(cat.Session, session.Revoked))
		require.NoError(t, err)
		require.Empty(t, ended)
	})
}

func testPages(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	sessions := h.Store.Sessions()
	ann := register(t, h.Store, "ann@example.com", "")
	register(t, h.Store, "bob@example.com", "")
	want := []session.ID{ann.Session.ID}
	for range 6 {
		s := newSession(ann.User)
		require.NoError(t, sessions.Open(ctx, opening(s, ann.PasswordHash)))
		want = append([]session.ID{s.ID}, want...)
	}
	read := func(now time.Time, limit int, between func(page int)) []session.ID {
		var got []session.ID
		var before session.ID
		for n := 0; ; n++ {
			page, err := sessions.ListLive(ctx, tenant.Default, ann.User.ID, now, life, before, limit)
			require.NoError(t, err)
			require.LessOrEqual(t, len(page), limit)
			for _, s := range page {
				got = append(got, s.ID)
				before = s.ID
			}
			if len(page) < limit {
				return got
			}
			between(n)
		}
	}
	nothing := func(int) {}
	for _, limit := range []int{1, 2, 3, 7, 100} {
		require.Equal(t, want, read(at, limit, nothing), "pages of %d", limit)
	}
	require.Empty(t, read(at.Add(life.Sliding), 10, nothing), "expired sessions are not live")
	none, err := sessions.ListLive(ctx, tenant.ID{9}, ann.User.ID, at, life, session.ID{}, 10)
	require.NoError(t, err)
	require.Empty(t, none)

	// Between the first page and the second, the newest session ends, one of
	// the second page ends, and a new one begins.
	got := read(at, 3, func(page int) {
		if page != 0 {
			return
		}
		for _, id := range []session.ID{want[0], want[4]} {
			require.NoError(t, sessions.End(ctx, ending(session.Session{Tenant: tenant.Default, ID: id, User: ann.User.ID}, session.Revoked)))
		}
		s := newSession(ann.User)
		require.NoError(t, sessions.Open(ctx, opening(s, ann.PasswordHash)))
	})
	require.Equal(t, []session.ID{want[0], want[1], want[2], want[3], want[5], want[6]}, got)
}
