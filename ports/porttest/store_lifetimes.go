package porttest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

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
				before := len(all(t, h.Store))
				require.Equal(t, c.live, do(s, c.now, c.life))
				if !c.live {
					require.Len(t, all(t, h.Store), before)
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
