package porttest

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/id"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

func testRemoval(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	sessions := h.Store.Sessions()
	exists := func(s session.Session) bool {
		_, err := sessions.ByID(ctx, tenant.Default, s.ID)
		if err != nil {
			require.ErrorIs(t, err, outbound.ErrNotFound)
		}
		return err == nil
	}
	live, ended := register(t, h.Store, "live@example.com", "").Session, register(t, h.Store, "ended@example.com", "").Session
	require.NoError(t, sessions.End(ctx, ending(ended, session.SignedOut)))
	remove := func(overBy time.Time, limit int) int {
		n, err := sessions.Remove(ctx, tenant.Default, overBy, limit)
		require.NoError(t, err)
		return n
	}

	t.Run("not before its time", func(t *testing.T) {
		require.Zero(t, remove(at.Add(-time.Microsecond), 10))
		require.True(t, exists(ended))
	})
	t.Run("not another tenant's", func(t *testing.T) {
		n, err := sessions.Remove(ctx, tenant.ID{9}, at.Add(time.Hour), 10)
		require.NoError(t, err)
		require.Zero(t, n)
	})
	t.Run("an ended session goes, by when it ended, and its events stay", func(t *testing.T) {
		before := all(t, h)
		require.Equal(t, 1, remove(at, 10))
		require.False(t, exists(ended))
		require.True(t, exists(live))
		require.Equal(t, before, all(t, h))
	})
	t.Run("one that only expired goes by when it could have lived to at most", func(t *testing.T) {
		require.Zero(t, remove(live.EndsAt.Add(-time.Microsecond), 10))
		require.True(t, exists(live), "it may have been moved on for as long")
		require.Equal(t, 1, remove(live.EndsAt, 10))
		require.False(t, exists(live))
		require.Zero(t, remove(live.EndsAt, 10))
	})
	t.Run("so many at once, the oldest first", func(t *testing.T) {
		var list []session.Session
		for i := range 5 {
			s := register(t, h.Store, "batch-"+string(rune('a'+i))+"@example.com", "").Session
			e := ending(s, session.SignedOut)
			e.At = at.Add(time.Duration(i) * time.Second)
			require.NoError(t, sessions.End(ctx, e))
			list = append(list, s)
		}
		require.Equal(t, 2, remove(at.Add(time.Hour), 2))
		for i, s := range list {
			require.Equal(t, i >= 2, exists(s), i)
		}
		require.Equal(t, 3, remove(at.Add(time.Hour), 100))
	})
	t.Run("of several that remove at once, each session is one's", func(t *testing.T) {
		a := register(t, h.Store, "several@example.com", "")
		for range 30 {
			s := newSession(a.User)
			require.NoError(t, sessions.Open(ctx, opening(s, a.PasswordHash)))
			require.NoError(t, sessions.End(ctx, ending(s, session.SignedOut)))
		}
		var total atomic.Int64
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range 30 {
					n, err := sessions.Remove(ctx, tenant.Default, at, 3)
					if err != nil && !errors.Is(err, outbound.ErrStale) {
						t.Errorf("remove: %v", err)
					}
					total.Add(int64(n))
				}
			})
		}
		wg.Wait()
		require.EqualValues(t, 30, total.Load())
		require.True(t, exists(a.Session))
	})
}

func testEndNext(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	sessions := h.Store.Sessions()
	var list []session.Session
	owners := map[session.ID]user.ID{}
	for i := range 7 {
		s := register(t, h.Store, "user-"+string(rune('a'+i))+"@example.com", "").Session
		list = append(list, s)
		owners[s.ID] = s.User
	}
	slices.SortFunc(list, func(a, b session.Session) int { return a.ID.Compare(b.ID) })
	require.NoError(t, sessions.End(ctx, ending(list[1], session.SignedOut)))
	last := id.LastAt[session.Session](time.Now())
	later := newSession(user.User{Tenant: tenant.Default, ID: list[0].User})
	later.ID = id.LastAt[session.Session](time.Now().Add(time.Hour))
	require.NoError(t, sessions.Open(ctx, opening(later, "hash of user-a@example.com")))

	// One page by the other, with a session that is moved on in between, and
	// one that is over by then.
	var got []session.ID
	var sizes []int
	next := outbound.EndingNext{Tenant: tenant.Default, Last: last, Limit: 3, Reason: session.ByOperator, At: at}
	for pages := 0; ; pages++ {
		require.Less(t, pages, 5)
		ended, behind, err := sessions.EndNext(ctx, next)
		require.NoError(t, err)
		sizes = append(sizes, len(ended))
		for _, e := range ended {
			got = append(got, e.Session)
			require.Equal(t, owners[e.Session], e.Owner)
		}
		if pages == 0 {
			require.Equal(t, list[2].ID, behind)
			_, err := sessions.Rotate(ctx, outbound.Rotation{Tenant: tenant.Default, Session: list[4].ID, Presented: presented(list[4], 9), Now: at, Lifetime: life})
			require.NoError(t, err)
		}
		if behind.IsZero() {
			break
		}
		next.After = behind
	}
	require.Equal(t, []int{2, 3, 1}, sizes, "the one that was over is looked at and left as it is")
	require.Equal(t, []session.ID{list[0].ID, list[2].ID, list[3].ID, list[4].ID, list[5].ID, list[6].ID}, got)
	for i, s := range list {
		stored, err := sessions.ByID(ctx, tenant.Default, s.ID)
		require.NoError(t, err)
		require.NotNil(t, stored.EndedAt)
		require.Equal(t, at, *stored.EndedAt)
		require.Equal(t, i == 1, stored.EndReason == session.SignedOut)
	}
	stored, err := sessions.ByID(ctx, tenant.Default, later.ID)
	require.NoError(t, err)
	require.Nil(t, stored.EndedAt, "opened after the last")

	next.After = session.ID{}
	ended, behind, err := sessions.EndNext(ctx, next)
	require.NoError(t, err)
	require.Empty(t, ended, "nothing ends twice")
	require.Equal(t, list[2].ID, behind)
	next.Tenant, next.Last = tenant.ID{9}, session.ID(newID())
	ended, behind, err = sessions.EndNext(ctx, next)
	require.NoError(t, err)
	require.Empty(t, ended)
	require.Zero(t, behind)
	over := register(t, h.Store, "over@example.com", "").Session
	ended, _, err = sessions.EndNext(ctx, outbound.EndingNext{
		Tenant: tenant.Default, After: list[6].ID, Last: over.ID, Limit: 10, Reason: session.ByOperator, At: over.ExpiresAt,
	})
	require.NoError(t, err)
	require.Empty(t, ended, "an expired session is over already")
}
