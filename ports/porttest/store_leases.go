package porttest

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/ports/outbound"
)

func testLeases(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	leases := h.Store.Leases()
	lease := func(name, holder string, now time.Time) outbound.Lease {
		return outbound.Lease{Tenant: tenant.Default, Name: name, Holder: holder, Now: now, Until: now.Add(time.Minute)}
	}

	t.Run("one has it until it runs out", func(t *testing.T) {
		require.NoError(t, leases.Hold(ctx, lease("work", "ann", at)))
		require.ErrorIs(t, leases.Hold(ctx, lease("work", "bob", at)), outbound.ErrConflict)
		require.ErrorIs(t, leases.Hold(ctx, lease("work", "bob", at.Add(time.Minute-time.Microsecond))), outbound.ErrConflict)
		require.NoError(t, leases.Hold(ctx, lease("work", "bob", at.Add(time.Minute))))
		require.ErrorIs(t, leases.Hold(ctx, lease("work", "ann", at.Add(time.Minute))), outbound.ErrConflict, "who was too late has lost it")
	})
	t.Run("its holder holds on to it", func(t *testing.T) {
		require.NoError(t, leases.Hold(ctx, lease("on", "ann", at)))
		require.NoError(t, leases.Hold(ctx, lease("on", "ann", at.Add(50*time.Second))))
		require.ErrorIs(t, leases.Hold(ctx, lease("on", "bob", at.Add(time.Minute))), outbound.ErrConflict)
	})
	t.Run("it is given back by its holder alone", func(t *testing.T) {
		require.NoError(t, leases.Hold(ctx, lease("back", "ann", at)))
		require.NoError(t, leases.Release(ctx, lease("back", "bob", at)))
		require.ErrorIs(t, leases.Hold(ctx, lease("back", "bob", at)), outbound.ErrConflict)
		require.NoError(t, leases.Release(ctx, lease("back", "ann", at)))
		require.NoError(t, leases.Hold(ctx, lease("back", "bob", at)))
		require.NoError(t, leases.Release(ctx, lease("never held", "bob", at)))
	})
	t.Run("other work is another lease", func(t *testing.T) {
		require.NoError(t, leases.Hold(ctx, lease("one", "ann", at)))
		require.NoError(t, leases.Hold(ctx, lease("two", "bob", at)))
	})
	t.Run("a transaction that fails has not taken it", func(t *testing.T) {
		require.ErrorIs(t, h.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
			require.NoError(t, tx.Leases().Hold(ctx, lease("failed", "ann", at)))
			return errOnPurpose
		}), errOnPurpose)
		require.NoError(t, leases.Hold(ctx, lease("failed", "bob", at)))
	})
	for name, now := range map[string]time.Time{"that nobody ever had": at, "that has run out": at.Add(time.Hour)} {
		t.Run("of many that want one "+name+", one gets it", func(t *testing.T) {
			if !now.Equal(at) {
				require.NoError(t, leases.Hold(ctx, lease(name, "early", at)))
			}
			var won atomic.Int32
			var wg sync.WaitGroup
			start := make(chan struct{})
			for i := range 8 {
				wg.Go(func() {
					<-start
					if err := leases.Hold(ctx, lease(name, strconv.Itoa(i), now)); err == nil {
						won.Add(1)
					} else if !errors.Is(err, outbound.ErrConflict) {
						t.Errorf("hold: %v", err)
					}
				})
			}
			close(start)
			wg.Wait()
			require.EqualValues(t, 1, won.Load())
		})
	}
}
