package porttest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

func testUsersByOperators(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	users := h.Store.Users()
	var newest []user.ID
	for _, address := range []string{"ann@example.com", "bob@example.com", "cat@example.com", "dan@example.com"} {
		newest = append([]user.ID{register(t, h.Store, address, "").User.ID}, newest...)
	}
	change := func(who user.ID, was, to user.Status) error {
		return users.ChangeStatus(ctx, outbound.StatusChange{Tenant: tenant.Default, User: who, Was: was, To: to, At: at.Add(time.Hour)})
	}
	list := func(status user.Status, before user.ID, limit int) []user.ID {
		page, err := users.List(ctx, tenant.Default, status, before, limit)
		require.NoError(t, err)
		require.LessOrEqual(t, len(page), limit)
		ids := []user.ID{}
		for _, u := range page {
			ids = append(ids, u.ID)
		}
		return ids
	}

	t.Run("one is found by its id", func(t *testing.T) {
		a := register(t, h.Store, "Eve@example.com", "eve")
		got, err := users.ByID(ctx, tenant.Default, a.User.ID)
		require.NoError(t, err)
		require.Equal(t, a.User, got)
		_, err = users.ByID(ctx, tenant.ID{9}, a.User.ID)
		require.ErrorIs(t, err, outbound.ErrNotFound)
		_, err = users.ByID(ctx, tenant.Default, newID())
		require.ErrorIs(t, err, outbound.ErrNotFound)
		newest = append([]user.ID{a.User.ID}, newest...)
	})
	t.Run("all of them, the newest first, in pages", func(t *testing.T) {
		require.Equal(t, newest, list("", user.ID{}, 100))
		require.Equal(t, newest[:2], list("", user.ID{}, 2))
		require.Equal(t, newest[2:4], list("", newest[1], 2))
		require.Empty(t, list("", newest[4], 2))
		other, err := users.List(ctx, tenant.ID{9}, "", user.ID{}, 10)
		require.NoError(t, err)
		require.Empty(t, other)
	})
	t.Run("a status is changed from the one that it was", func(t *testing.T) {
		who := newest[2]
		require.ErrorIs(t, change(who, user.Suspended, user.Active), outbound.ErrStale)
		require.NoError(t, change(who, user.Active, user.Suspended))
		require.ErrorIs(t, change(who, user.Active, user.Suspended), outbound.ErrStale)
		require.ErrorIs(t, change(newID(), user.Active, user.Suspended), outbound.ErrStale)
		got, err := users.ByID(ctx, tenant.Default, who)
		require.NoError(t, err)
		require.Equal(t, user.Suspended, got.Status)
		require.Equal(t, at.Add(time.Hour), got.UpdatedAt)
		require.Equal(t, []user.ID{who}, list(user.Suspended, user.ID{}, 10))
		require.Equal(t, []user.ID{newest[0], newest[1], newest[3], newest[4]}, list(user.Active, user.ID{}, 10))
	})
}
