package porttest

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/ports/outbound"
)

func testPasswordUpgrades(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	users := h.Store.Users()
	upgrade := func(a outbound.Account, next string) outbound.PasswordUpgrade {
		return outbound.PasswordUpgrade{Tenant: tenant.Default, User: a.User.ID, Was: a.PasswordHash, Next: next}
	}

	t.Run("the hash is another, and nothing else", func(t *testing.T) {
		ann, bob := register(t, h.Store, "ann@example.com", ""), register(t, h.Store, "bob@example.com", "")
		before := len(all(t, h))
		require.NoError(t, users.UpgradePassword(ctx, upgrade(ann, "a better hash")))
		got, hash, err := users.WithPassword(ctx, tenant.Default, ann.User.ID)
		require.NoError(t, err)
		require.Equal(t, "a better hash", hash)
		require.Equal(t, ann.User, got)
		s, err := h.Store.Sessions().ByID(ctx, tenant.Default, ann.Session.ID)
		require.NoError(t, err)
		require.Equal(t, ann.Session, s, "sessions go on")
		require.Len(t, all(t, h), before)
		_, hash, err = users.WithPassword(ctx, tenant.Default, bob.User.ID)
		require.NoError(t, err)
		require.Equal(t, bob.PasswordHash, hash, "nobody else's")
		require.NoError(t, h.Store.Sessions().Open(ctx, opening(newSession(ann.User), "a better hash")))
		require.ErrorIs(t, h.Store.Sessions().Open(ctx, opening(newSession(ann.User), ann.PasswordHash)), outbound.ErrStale)
	})

	t.Run("not of another hash, user or tenant", func(t *testing.T) {
		cat := register(t, h.Store, "cat@example.com", "")
		for _, spoil := range []func(u *outbound.PasswordUpgrade){
			func(u *outbound.PasswordUpgrade) { u.Was = "another" },
			func(u *outbound.PasswordUpgrade) { u.Was = "" },
			func(u *outbound.PasswordUpgrade) { u.User = newID() },
			func(u *outbound.PasswordUpgrade) { u.Tenant = tenant.ID{9} },
		} {
			u := upgrade(cat, "a better hash")
			spoil(&u)
			require.ErrorIs(t, users.UpgradePassword(ctx, u), outbound.ErrStale)
		}
		_, hash, err := users.WithPassword(ctx, tenant.Default, cat.User.ID)
		require.NoError(t, err)
		require.Equal(t, cat.PasswordHash, hash)
	})

	t.Run("of a change and upgrades at once, one wins", func(t *testing.T) {
		dan := register(t, h.Store, "dan@example.com", "")
		var won atomic.Pointer[string]
		var wg sync.WaitGroup
		start := make(chan struct{})
		for n := range 8 {
			next := "hash " + string(rune('a'+n))
			wg.Go(func() {
				<-start
				var err error
				if n%2 == 0 {
					err = users.UpgradePassword(ctx, upgrade(dan, next))
				} else {
					err = users.ChangePassword(ctx, passwordChange(dan, next))
				}
				switch {
				case err == nil && !won.CompareAndSwap(nil, &next):
					t.Errorf("two won: %q and %q", next, *won.Load())
				case err != nil && !errors.Is(err, outbound.ErrStale):
					t.Errorf("replace: %v", err)
				}
			})
		}
		close(start)
		wg.Wait()
		_, hash, err := users.WithPassword(ctx, tenant.Default, dan.User.ID)
		require.NoError(t, err)
		require.NotNil(t, won.Load())
		require.Equal(t, *won.Load(), hash)
	})
}
