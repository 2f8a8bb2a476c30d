package porttest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/ports/outbound"
)

func usedProof(n byte) outbound.UsedProof {
	return outbound.UsedProof{Tenant: tenant.Default, KeyThumbprint: "her key", IDHash: [32]byte{n}, ExpiresAt: at}
}

func testUsedProofs(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	proofs := h.Store.UsedProofs()

	t.Run("a proof is used once", func(t *testing.T) {
		require.NoError(t, proofs.Use(ctx, usedProof(1)))
		require.ErrorIs(t, proofs.Use(ctx, usedProof(1)), outbound.ErrConflict)
		later := usedProof(1)
		later.ExpiresAt = at.Add(time.Hour)
		require.ErrorIs(t, proofs.Use(ctx, later), outbound.ErrConflict)
		require.NoError(t, proofs.Use(ctx, usedProof(2)))
		another := usedProof(1)
		another.KeyThumbprint = "another key"
		require.NoError(t, proofs.Use(ctx, another), "two clients may find one name")
	})

	t.Run("of many uses at once, one succeeds", func(t *testing.T) {
		var won atomic.Int32
		var wg sync.WaitGroup
		start := make(chan struct{})
		for range 16 {
			wg.Go(func() {
				<-start
				if err := proofs.Use(ctx, usedProof(3)); err == nil {
					won.Add(1)
				} else if !errors.Is(err, outbound.ErrConflict) {
					t.Errorf("use: %v", err)
				}
			})
		}
		close(start)
		wg.Wait()
		require.EqualValues(t, 1, won.Load())
	})

	t.Run("one that was rolled back was not used", func(t *testing.T) {
		require.ErrorIs(t, h.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
			require.NoError(t, tx.UsedProofs().Use(ctx, usedProof(4)))
			require.ErrorIs(t, tx.UsedProofs().Use(ctx, usedProof(4)), outbound.ErrConflict)
			return errOnPurpose
		}), errOnPurpose)
		require.NoError(t, proofs.Use(ctx, usedProof(4)))
	})

	t.Run("the expired ones are forgotten, a few at a time", func(t *testing.T) {
		for n := range byte(7) {
			p := usedProof(100 + n)
			p.ExpiresAt = at.Add(time.Duration(n+1) * time.Second)
			require.NoError(t, proofs.Use(ctx, p))
		}
		n, err := proofs.DeleteExpired(ctx, tenant.Default, at.Add(-time.Microsecond), 100)
		require.NoError(t, err)
		require.Zero(t, n)
		n, err = proofs.DeleteExpired(ctx, tenant.ID{9}, at.Add(time.Hour), 100)
		require.NoError(t, err)
		require.Zero(t, n, "another tenant's")
		n, err = proofs.DeleteExpired(ctx, tenant.Default, at, 100)
		require.NoError(t, err)
		require.Equal(t, 5, n, "those of the tests before, at the instant they expire")

		n, err = proofs.DeleteExpired(ctx, tenant.Default, at.Add(5*time.Second), 3)
		require.NoError(t, err)
		require.Equal(t, 3, n)
		require.NoError(t, proofs.Use(ctx, usedProof(102)), "the oldest went first")
		require.ErrorIs(t, proofs.Use(ctx, usedProof(103)), outbound.ErrConflict)
		n, err = proofs.DeleteExpired(ctx, tenant.Default, at.Add(5*time.Second), 4)
		require.NoError(t, err)
		require.Equal(t, 3, n)
		n, err = proofs.DeleteExpired(ctx, tenant.Default, at.Add(5*time.Second), 4)
		require.NoError(t, err)
		require.Zero(t, n)
		require.ErrorIs(t, proofs.Use(ctx, usedProof(105)), outbound.ErrConflict, "it has not expired")
	})
}

func testBinding(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	sessions := h.Store.Sessions()
	rotate := func(s session.Session, next byte, thumbprint string) (session.Session, error) {
		p := presented(s, next)
		p.KeyThumbprint = thumbprint
		return sessions.Rotate(ctx, outbound.Rotation{Tenant: s.Tenant, Session: s.ID, Presented: p, Now: at, Lifetime: life})
	}
	stored := func(s session.Session) session.Session {
		got, err := sessions.ByID(ctx, tenant.Default, s.ID)
		require.NoError(t, err)
		return got
	}

	t.Run("a session is stored with its key", func(t *testing.T) {
		ann := account("ann@example.com", "")
		ann.Session.KeyThumbprint = "her key"
		require.NoError(t, h.Store.Users().Register(ctx, ann))
		require.Equal(t, ann.Session, stored(ann.Session))
		s := newSession(ann.User)
		s.KeyThumbprint = "another key"
		require.NoError(t, sessions.Open(ctx, opening(s, ann.PasswordHash)))
		require.Equal(t, s, stored(s))
	})

	t.Run("a rotation binds once and for good", func(t *testing.T) {
		s := register(t, h.Store, "bind@example.com", "").Session
		s, err := rotate(s, 1, "")
		require.NoError(t, err)
		require.Empty(t, s.KeyThumbprint)
		p := presented(s, 2)
		p.KeyThumbprint = "her key"
		bound, err := rotate(s, 2, "her key")
		require.NoError(t, err)
		require.Equal(t, token.Advance(s, p, life, at), bound)
		require.Equal(t, "her key", bound.KeyThumbprint)
		require.Equal(t, bound, stored(s))
		for _, other := range []string{"", "another key", "HER KEY", "her key "} {
			_, err = rotate(bound, 3, other)
			require.ErrorIs(t, err, outbound.ErrStale, other)
			require.Equal(t, bound, stored(s), "nothing has changed")
		}
		s, err = rotate(bound, 3, "her key")
		require.NoError(t, err)
		require.Equal(t, "her key", s.KeyThumbprint)
		require.EqualValues(t, 3, s.Rotation.Generation)
		require.EqualValues(t, 2, s.BoundGeneration, "since when it is bound does not move")
	})

	t.Run("of two keys at once, one binds", func(t *testing.T) {
		s := register(t, h.Store, "keys@example.com", "").Session
		var wg sync.WaitGroup
		won := make([]bool, 8)
		start := make(chan struct{})
		for i := range won {
			wg.Go(func() {
				<-start
				_, err := rotate(s, 1, "key "+string(rune('a'+i)))
				if won[i] = err == nil; err != nil && !errors.Is(err, outbound.ErrStale) {
					t.Errorf("rotate: %v", err)
				}
			})
		}
		close(start)
		wg.Wait()
		for i, w := range won {
			require.Equal(t, w, stored(s).KeyThumbprint == "key "+string(rune('a'+i)))
		}
		require.EqualValues(t, 1, stored(s).Rotation.Generation)
	})
}
