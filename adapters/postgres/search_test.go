package postgres_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

// Among ten thousand, a page is read by indexes alone, and one that is looked
// for by each of the five that keys are found by.
func TestASearchStaysOnIndexes(t *testing.T) {
	store, beside := migrated(t)
	exec(t, beside, `INSERT INTO users (tenant_id, id, email, email_key, email_verified, username, username_key,
			first_name, first_name_key, last_name, last_name_key, display_name, display_name_key, user_metadata, status, created_at, updated_at)
		SELECT $1, gen_random_uuid(), h || '@example.com', h || '@example.com', false, h, h, h, h, h, h, h, h, '{}', 'active', now(), now()
		FROM (SELECT md5(n::text) AS h FROM generate_series(1, 10000) AS n) AS people`, uuid.UUID(tenant.Default))
	exec(t, beside, "ANALYZE users")
	wanted, faults := user.ParseSearch("abcde")
	require.Empty(t, faults)
	for name, c := range map[string]struct {
		search  user.Search
		status  user.Status
		indexes []string
	}{
		"everybody":           {user.Search{}, "", []string{"users_pkey"}},
		"everybody suspended": {user.Search{}, user.Suspended, []string{"users_not_active"}},
		"a search":            {wanted, "", []string{"users_email_key", "users_username_key", "users_by_first_name", "users_by_last_name", "users_by_display_name", "users_pkey"}},
		"a search of active":  {wanted, user.Active, []string{"users_email_key", "users_username_key", "users_by_first_name", "users_by_last_name", "users_by_display_name", "users_pkey"}},
	} {
		plan, err := store.Plan(t.Context(), func(u outbound.Users) error {
			_, err := u.Find(t.Context(), outbound.UserSearch{
				Tenant: tenant.Default, Status: c.status, Search: c.search, Before: user.ID(uuid.New()), Limit: 20,
			})
			return err
		})
		require.NoError(t, err)
		require.NotContains(t, plan, "Seq Scan", name)
		for _, index := range c.indexes {
			require.Contains(t, plan, index, "%s\n%s", name, plan)
		}
	}
}
