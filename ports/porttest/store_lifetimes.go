package porttest

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/ports/outbound"
)

// A session that was idle for too long is over for everything that asks for a
// live one, at the same instant, and it is the limit of the call that counts.
func testIdleness(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	sessions := h.Store.Sessions()
	idle := session.Lifetime{Sliding: life.Sliding, Absolute: life.Absolute, Idle: time.Hour}
	last := at.Add(idle.Idle - time.Microsecond)
	late := at.Add(idle.Idle)

	for name, do := range map[string]func(s session.Session, now time.Time, life session.Lifetime) bool{
		"rotate": func(s session.Session, now time.Time, life session.Lifetime) bool {
			_, err := sessions.Rotate(ctx, outbound.Rotation{Tenant: s.Tenant, Session: s.ID, Presented: presented(s, 1), Now: now, Lifetime: life})
			if err != nil {
				require.ErrorIs(t, err, outbound.ErrStale)
			}
			return err == nil
		},
		"end": func(s session.Session, now time.Time, life session.Lifetime) bool {
			e := ending(s, session.Revoked)
			e.At, e.Lifetime = now, life
			err := sessions.End(ctx, e)
			if err != nil {
				require.ErrorIs(t, err, outbound.ErrNotFound)
			}
			return err == nil
		},
		"end others": func(s session.Session, now time.Time, life session.Lifetime) bool {
			e := endingOthers(s, session.Revoked)
			e.Keep, e.At, e.Lifetime = newID(), now, life
			ended, err := sessions.EndOthers(ctx, e)
			require.NoError(t, err)
			return len(ended) == 1
		},
		"list": func(s session.Session, now time.Time, life session.Lifetime) bool {
			list, err := sessions.ListLive(ctx, s.Tenant, s.User, now, life, session.ID{}, 10)
			require.NoError(t, err)
			return len(list) == 1
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, c := range []struct {
				now  time.Time
				life session.Lifetime
				live bool
			}{{last, idle, true}, {late, idle, false}, {late, life, true}} {
				s := register(t, h.Store, session.ID(newID()).String()+"@example.com", "").Session
				require.Equal(t, c.live, s.Live(c.now, c.life), "the rule")
				before := len(all(t, h))
				require.Equal(t, c.live, do(s, c.now, c.life))
				if !c.live {
					require.Len(t, all(t, h), before)
					stored, err := sessions.ByID(ctx, tenant.Default, s.ID)
					require.NoError(t, err)
					require.Equal(t, s, stored, "and nothing of it has changed")
				}
			}
		})
	}

	t.Run("a rotation is activity", func(t *testing.T) {
		s := register(t, h.Store, "busy@example.com", "").Session
		for n := range 3 {
			now := s.LastActivityAt.Add(idle.Idle - time.Microsecond)
			r := outbound.Rotation{Tenant: s.Tenant, Session: s.ID, Presented: presented(s, byte(n+1)), Now: now, Lifetime: idle}
			moved, err := sessions.Rotate(ctx, r)
			require.NoError(t, err)
			require.Equal(t, token.Advance(s, r.Presented, idle, now), moved)
			s = moved
		}
	})
}

// A user who has as many sessions as there may be loses the oldest to a new
// one.
func testDisplacement(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	sessions := h.Store.Sessions()
	open := func(t *testing.T, a outbound.Account, most int) session.Session {
		t.Helper()
		o := opening(newSession(a.User), a.PasswordHash)
		o.Most = most
		require.NoError(t, sessions.Open(ctx, o))
		return o.Session
	}
	live := func(t *testing.T, a outbound.Account) []session.ID {
		t.Helper()
		list, err := sessions.ListLive(ctx, tenant.Default, a.User.ID, at, life, session.ID{}, 100)
		require.NoError(t, err)
		ids := []session.ID{}
		for _, s := range slices.Backward(list) {
			ids = append(ids, s.ID)
		}
		return ids
	}

	t.Run("the oldest end, each with its event", func(t *testing.T) {
		ann, bob := register(t, h.Store, "ann@example.com", ""), register(t, h.Store, "bob@example.com", "")
		second, third, fourth := open(t, ann, 0), open(t, ann, 0), open(t, ann, 4)
		require.Equal(t, []session.ID{ann.Session.ID, second.ID, third.ID, fourth.ID}, live(t, ann), "as many as there may be")
		before := len(all(t, h))

		o := opening(newSession(ann.User), ann.PasswordHash)
		o.Most = 2
		require.NoError(t, sessions.Open(ctx, o))
		require.Equal(t, []session.ID{fourth.ID, o.Session.ID}, live(t, ann))
		require.Equal(t, []session.ID{bob.Session.ID}, live(t, bob), "nobody else's")
		events := all(t, h)[before:]
		require.Len(t, events, 4)
		require.Equal(t, o.Event, events[0].Event)
		for n, id := range []session.ID{ann.Session.ID, second.ID, third.ID} {
			want := o.Displaced
			want.Subject = event.OfSession(id)
			require.Equal(t, want, events[n+1].Event)
			s, err := sessions.ByID(ctx, tenant.Default, id)
			require.NoError(t, err)
			require.Equal(t, o.Session.CreatedAt, *s.EndedAt)
			require.Equal(t, session.Displaced, s.EndReason)
		}
	})

	t.Run("the new one stays, also when another clock made the others later", func(t *testing.T) {
		cat := register(t, h.Store, "cat@example.com", "")
		early := newSession(cat.User)
		later := open(t, cat, 0)
		o := opening(early, cat.PasswordHash)
		o.Most = 1
		require.NoError(t, sessions.Open(ctx, o))
		require.Equal(t, []session.ID{early.ID}, live(t, cat))
		require.NotEqual(t, later.ID, early.ID)
	})

	t.Run("what is over takes no place", func(t *testing.T) {
		dan := register(t, h.Store, "dan@example.com", "")
		kept, ended := open(t, dan, 0), open(t, dan, 0)
		require.NoError(t, sessions.End(ctx, ending(ended, session.SignedOut)))
		require.NoError(t, sessions.End(ctx, ending(dan.Session, session.SignedOut)))
		last := open(t, dan, 2)
		require.Equal(t, []session.ID{kept.ID, last.ID}, live(t, dan))

		o := opening(newSession(dan.User), dan.PasswordHash)
		o.Session.CreatedAt, o.Most = kept.ExpiresAt, 1
		before := len(all(t, h))
		require.NoError(t, sessions.Open(ctx, o))
		require.Len(t, all(t, h), before+1, "expired")

		idle := register(t, h.Store, "idle@example.com", "")
		o = opening(newSession(idle.User), idle.PasswordHash)
		o.Session.CreatedAt, o.Most, o.Lifetime.Idle = at.Add(time.Hour), 1, time.Hour
		before = len(all(t, h))
		require.NoError(t, sessions.Open(ctx, o))
		require.Len(t, all(t, h), before+1, "idle for too long")
	})

	t.Run("a sign-in that is refused takes nobody's place", func(t *testing.T) {
		eve := register(t, h.Store, "eve@example.com", "")
		before := len(all(t, h))
		o := opening(newSession(eve.User), "hash of an earlier password")
		o.Most = 1
		require.ErrorIs(t, sessions.Open(ctx, o), outbound.ErrStale)
		require.Equal(t, []session.ID{eve.Session.ID}, live(t, eve))
		require.Len(t, all(t, h), before)
	})

	t.Run("of many at once, as many live as may", func(t *testing.T) {
		fay := register(t, h.Store, "fay@example.com", "")
		before := len(all(t, h))
		var wg sync.WaitGroup
		start := make(chan struct{})
		for range 8 {
			o := opening(newSession(fay.User), fay.PasswordHash)
			o.Most = 3
			wg.Go(func() {
				<-start
				if err := sessions.Open(ctx, o); err != nil {
					t.Errorf("open: %v", err)
				}
			})
		}
		close(start)
		wg.Wait()
		require.Len(t, live(t, fay), 3)
		require.Len(t, all(t, h), before+8+6, "eight began, six of the nine ended")
	})
}
