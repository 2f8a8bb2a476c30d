package porttest

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/client"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/ports/outbound"
)

func newClient(name string, scopes ...client.Scope) client.Client {
	id := newID()
	return client.Client{Tenant: tenant.Default, ID: id, Name: name, Scopes: scopes, SecretHash: [32]byte(append(id[:], id[:]...)), CreatedAt: at}
}

func testClients(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	clients := h.Store.Clients()
	found := func(id client.ID) client.Client {
		t.Helper()
		c, err := clients.ByID(ctx, tenant.Default, id)
		require.NoError(t, err)
		return c
	}
	none, err := clients.List(ctx, tenant.Default)
	require.NoError(t, err)
	require.Empty(t, none)

	used, revoked := at.Add(time.Microsecond), at.Add(2*time.Microsecond)
	full := newClient("汉 🦊 \"'; --", client.Introspect, client.Revocations)
	full.LastUsedAt, full.RevokedAt = &used, &revoked
	bare := newClient("bare")
	require.NoError(t, clients.Insert(ctx, full))
	require.NoError(t, clients.Insert(ctx, bare))

	t.Run("every field comes back", func(t *testing.T) {
		require.Equal(t, full, found(full.ID))
		require.Equal(t, bare, found(bare.ID))
		list, err := clients.List(ctx, tenant.Default)
		require.NoError(t, err)
		require.Equal(t, []client.Client{full, bare}, list)
	})
	t.Run("an id is one client's, of one tenant", func(t *testing.T) {
		twin := newClient("twin")
		twin.ID = bare.ID
		require.ErrorIs(t, clients.Insert(ctx, twin), outbound.ErrConflict)
		for _, c := range []struct {
			tenant tenant.ID
			id     client.ID
		}{{tenant.ID{9}, bare.ID}, {tenant.Default, newID()}, {tenant.Default, client.ID{}}} {
			_, err := clients.ByID(ctx, c.tenant, c.id)
			require.ErrorIs(t, err, outbound.ErrNotFound)
			require.ErrorIs(t, clients.Revoke(ctx, c.tenant, c.id, at), outbound.ErrNotFound)
			require.NoError(t, clients.NoteUse(ctx, c.tenant, c.id, at))
		}
		other, err := clients.List(ctx, tenant.ID{9})
		require.NoError(t, err)
		require.Empty(t, other)
		require.Equal(t, bare, found(bare.ID))
	})
	t.Run("use is noted and never goes back", func(t *testing.T) {
		c := newClient("used")
		require.NoError(t, clients.Insert(ctx, c))
		for _, noted := range []struct{ at, want time.Time }{{used, used}, {at, used}, {revoked, revoked}} {
			require.NoError(t, clients.NoteUse(ctx, tenant.Default, c.ID, noted.at))
			require.Equal(t, noted.want, *found(c.ID).LastUsedAt)
		}
	})
	t.Run("one of many revokes it, for good", func(t *testing.T) {
		c := newClient("revoked")
		require.NoError(t, clients.Insert(ctx, c))
		var wg sync.WaitGroup
		var won atomic.Int32
		for range 8 {
			wg.Go(func() {
				if err := clients.Revoke(ctx, tenant.Default, c.ID, revoked); err == nil {
					won.Add(1)
				}
			})
		}
		wg.Wait()
		require.EqualValues(t, 1, won.Load())
		require.ErrorIs(t, clients.Revoke(ctx, tenant.Default, c.ID, at), outbound.ErrNotFound)
		require.Equal(t, revoked, *found(c.ID).RevokedAt)
	})
}
