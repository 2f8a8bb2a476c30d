package porttest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/idempotency"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

// keyClaim is a claim of the nth key by a request of that fingerprint.
func keyClaim(n, fingerprint, claim byte, now time.Time) outbound.IdempotencyClaim {
	return outbound.IdempotencyClaim{
		Tenant: tenant.Default, KeyHash: [32]byte{n}, Fingerprint: [32]byte{fingerprint}, Claim: [16]byte{claim},
		Now: now, LeasedUntil: now.Add(time.Minute), ExpiresAt: now.Add(time.Hour),
	}
}

func keyAnswer(n, claim byte, who user.ID) outbound.IdempotentAnswer {
	return outbound.IdempotentAnswer{Tenant: tenant.Default, KeyHash: [32]byte{n}, Claim: [16]byte{claim}, Sealed: []byte("sealed\x00\xff"), User: who}
}

func testIdempotencyKeys(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	keys := h.Store.IdempotencyKeys()
	present := func(n, fingerprint byte) idempotency.Record {
		t.Helper()
		r, err := keys.Present(ctx, tenant.Default, [32]byte{n}, [32]byte{fingerprint})
		require.NoError(t, err)
		return r
	}
	vacant := func(n byte) {
		t.Helper()
		_, err := keys.Present(ctx, tenant.Default, [32]byte{n}, [32]byte{1})
		require.ErrorIs(t, err, outbound.ErrNotFound)
	}

	t.Run("a key is had by one request", func(t *testing.T) {
		vacant(1)
		require.NoError(t, keys.Claim(ctx, keyClaim(1, 1, 1, at)))
		require.ErrorIs(t, keys.Claim(ctx, keyClaim(1, 1, 2, at)), outbound.ErrConflict)
		require.ErrorIs(t, keys.Claim(ctx, keyClaim(1, 2, 3, at)), outbound.ErrConflict)
		require.Equal(t, idempotency.Record{Fingerprint: [32]byte{1}, LeasedUntil: at.Add(time.Minute), ExpiresAt: at.Add(time.Hour)}, present(1, 1))
		require.NoError(t, keys.Claim(ctx, keyClaim(2, 1, 4, at)))
	})

	t.Run("requests that are not the one are counted", func(t *testing.T) {
		require.NoError(t, keys.Claim(ctx, keyClaim(3, 1, 1, at)))
		require.Equal(t, 1, present(3, 2).Mismatches)
		require.Equal(t, [32]byte{1}, present(3, 3).Fingerprint)
		require.Equal(t, 2, present(3, 1).Mismatches)
		require.Zero(t, present(1, 1).Mismatches)
	})

	t.Run("each of many at once is counted before it is told", func(t *testing.T) {
		require.NoError(t, keys.Claim(ctx, keyClaim(4, 1, 1, at)))
		var seen [32]atomic.Int32
		atOnce(len(seen), func(int) {
			r, err := keys.Present(ctx, tenant.Default, [32]byte{4}, [32]byte{2})
			if err != nil || r.Mismatches < 1 || r.Mismatches > len(seen) {
				t.Errorf("present: %v, %d", err, r.Mismatches)
				return
			}
			seen[r.Mismatches-1].Add(1)
		})
		for n := range seen {
			require.EqualValues(t, 1, seen[n].Load(), n)
		}
	})

	t.Run("an answer is kept once, by whoever has the key", func(t *testing.T) {
		ann := register(t, h.Store, "ann@example.com", "").User.ID
		require.NoError(t, keys.Claim(ctx, keyClaim(5, 1, 1, at)))
		require.ErrorIs(t, keys.Keep(ctx, keyAnswer(5, 2, ann)), outbound.ErrStale)
		require.Nil(t, present(5, 1).Answer)
		require.NoError(t, keys.Keep(ctx, keyAnswer(5, 1, ann)))
		require.Equal(t, []byte("sealed\x00\xff"), present(5, 1).Answer)
		again := keyAnswer(5, 1, ann)
		again.Sealed = []byte("another")
		require.ErrorIs(t, keys.Keep(ctx, again), outbound.ErrStale)
		require.Equal(t, []byte("sealed\x00\xff"), present(5, 1).Answer)
		require.ErrorIs(t, keys.Keep(ctx, keyAnswer(99, 1, ann)), outbound.ErrStale)
		require.NoError(t, keys.Claim(ctx, keyClaim(6, 1, 1, at)))
		require.NoError(t, keys.Keep(ctx, keyAnswer(6, 1, user.ID{})), "about nobody")
		require.Error(t, keys.Keep(ctx, keyAnswer(2, 4, newID())), "about somebody there is not")
		late := keyClaim(5, 1, 9, at.Add(time.Hour-time.Microsecond))
		require.ErrorIs(t, keys.Claim(ctx, late), outbound.ErrConflict, "it is kept to the end")
	})

	t.Run("a key is given back by whoever has it, without an answer", func(t *testing.T) {
		require.NoError(t, keys.Claim(ctx, keyClaim(7, 1, 1, at)))
		require.NoError(t, keys.Release(ctx, tenant.Default, [32]byte{7}, [16]byte{2}))
		present(7, 1)
		require.NoError(t, keys.Release(ctx, tenant.ID{9}, [32]byte{7}, [16]byte{1}))
		present(7, 1)
		require.NoError(t, keys.Release(ctx, tenant.Default, [32]byte{7}, [16]byte{1}))
		vacant(7)
		require.NoError(t, keys.Release(ctx, tenant.Default, [32]byte{7}, [16]byte{1}))
		require.NoError(t, keys.Claim(ctx, keyClaim(7, 2, 3, at)), "for another request")
		require.NoError(t, keys.Release(ctx, tenant.Default, [32]byte{5}, [16]byte{1}))
		require.NotNil(t, present(5, 1).Answer)
	})

	t.Run("a holder that died loses the key to the same request", func(t *testing.T) {
		require.NoError(t, keys.Claim(ctx, keyClaim(8, 1, 1, at)))
		end := at.Add(time.Minute)
		require.ErrorIs(t, keys.Claim(ctx, keyClaim(8, 1, 2, end.Add(-time.Microsecond))), outbound.ErrConflict)
		require.ErrorIs(t, keys.Claim(ctx, keyClaim(8, 2, 3, end)), outbound.ErrConflict, "another one")
		require.NoError(t, keys.Claim(ctx, keyClaim(8, 1, 4, end)))
		require.Equal(t, end.Add(time.Minute), present(8, 1).LeasedUntil)
		require.ErrorIs(t, keys.Keep(ctx, keyAnswer(8, 1, user.ID{})), outbound.ErrStale, "it was slow, not dead")
		require.NoError(t, keys.Release(ctx, tenant.Default, [32]byte{8}, [16]byte{1}))
		require.NoError(t, keys.Keep(ctx, keyAnswer(8, 4, user.ID{})))
	})

	t.Run("a key whose time is over is anybody's", func(t *testing.T) {
		require.NoError(t, keys.Claim(ctx, keyClaim(9, 1, 1, at)))
		require.NoError(t, keys.Keep(ctx, keyAnswer(9, 1, user.ID{})))
		require.Equal(t, 1, present(9, 2).Mismatches)
		over := at.Add(time.Hour)
		require.ErrorIs(t, keys.Claim(ctx, keyClaim(9, 2, 2, over.Add(-time.Microsecond))), outbound.ErrConflict)
		require.NoError(t, keys.Claim(ctx, keyClaim(9, 2, 2, over)))
		require.Equal(t, idempotency.Record{Fingerprint: [32]byte{2}, LeasedUntil: over.Add(time.Minute), ExpiresAt: over.Add(time.Hour)}, present(9, 2),
			"nothing is left of the one before")
	})

	t.Run("of many requests at once, one gets it", func(t *testing.T) {
		for name, first := range map[string]func(n byte) time.Time{
			"never had": func(byte) time.Time { return at },
			"died": func(n byte) time.Time {
				require.NoError(t, keys.Claim(ctx, keyClaim(n, 1, 99, at)))
				return at.Add(time.Minute)
			},
			"out of time": func(n byte) time.Time {
				require.NoError(t, keys.Claim(ctx, keyClaim(n, 1, 99, at)))
				return at.Add(time.Hour)
			},
		} {
			t.Run(name, func(t *testing.T) {
				n := 20 + byte(len(name))
				now := first(n)
				var won atomic.Int32
				atOnce(32, func(i int) {
					if err := keys.Claim(ctx, keyClaim(n, 1, byte(i), now)); err == nil {
						won.Add(1)
					} else if !errors.Is(err, outbound.ErrConflict) {
						t.Errorf("claim: %v", err)
					}
				})
				require.EqualValues(t, 1, won.Load())
			})
		}
	})

	t.Run("an answer is erased with whom it is about", func(t *testing.T) {
		bob, cid := register(t, h.Store, "bob@example.com", ""), register(t, h.Store, "cid@example.com", "")
		for n, about := range map[byte]user.ID{12: bob.User.ID, 13: cid.User.ID, 14: {}} {
			require.NoError(t, keys.Claim(ctx, keyClaim(n, 1, 1, at)))
			require.NoError(t, keys.Keep(ctx, keyAnswer(n, 1, about)))
		}
		require.NoError(t, erase(ctx, h.Store, bob.User, at))
		vacant(12)
		require.NotNil(t, present(13, 1).Answer)
		require.NotNil(t, present(14, 1).Answer)
	})

	t.Run("a claim that was rolled back was none", func(t *testing.T) {
		require.ErrorIs(t, h.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
			require.NoError(t, tx.IdempotencyKeys().Claim(ctx, keyClaim(10, 1, 1, at)))
			return errOnPurpose
		}), errOnPurpose)
		vacant(10)
	})

	t.Run("the expired ones are forgotten, a few at a time", func(t *testing.T) {
		h.Exec(t, "DELETE FROM idempotency_keys")
		for n := range byte(5) {
			c := keyClaim(n, 1, 1, at)
			c.ExpiresAt = at.Add(time.Duration(n+1) * time.Second)
			require.NoError(t, keys.Claim(ctx, c))
		}
		forget := func(t *testing.T, of tenant.ID, now time.Time, limit, want int) {
			t.Helper()
			n, err := keys.DeleteExpired(ctx, of, now, limit)
			require.NoError(t, err)
			require.Equal(t, want, n)
		}
		forget(t, tenant.Default, at.Add(time.Second-time.Microsecond), 100, 0)
		forget(t, tenant.ID{9}, at.Add(time.Hour), 100, 0)
		forget(t, tenant.Default, at.Add(4*time.Second), 3, 3)
		vacant(0)
		vacant(2)
		present(3, 1)
		forget(t, tenant.Default, at.Add(4*time.Second), 3, 1)
		forget(t, tenant.Default, at.Add(4*time.Second), 3, 0)
		present(4, 1)
	})
}

// atOnce runs fn n times, all of them at once.
func atOnce(n int, fn func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			fn(i)
		})
	}
	close(start)
	wg.Wait()
}
