package sqlite_test

import (
	"path/filepath"
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
	store := open(t, filepath.Join(t.TempDir(), "plinto.db"))
	require.NoError(t, store.Exec(t.Context(), `INSERT INTO users (tenant_id, id, email, email_key, email_verified, username, username_key,
			first_name, first_name_key, last_name, last_name_key, display_name, display_name_key, user_metadata, status, created_at, updated_at)
		WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 10000),
			people (id, h) AS (SELECT format('%08x-0000-4000-8000-000000000000', n), hex(n * 2654435761 % 4294967296) FROM n)
		SELECT '`+tenant.Default.String()+`', id, h || '@example.com', h || '@example.com', 0, h, h, h, h, h, h, h, h, '{}', 'active', 0, 0 FROM people`))
	require.NoError(t, store.Exec(t.Context(), "ANALYZE"))
	wanted, faults := user.ParseSearch("abcde")
	require.Empty(t, faults)
	for name, c := range map[string]struct {
		search  user.Search
		status  user.Status
		indexes []string
	}{
		"everybody":           {user.Search{}, "", nil},
		"everybody suspended": {user.Search{}, user.Suspended, nil},
		"a search": {wanted, "", []string{
			"(tenant_id=? AND email_key>? AND email_key<?)", "(tenant_id=? AND username_key>? AND username_key<?)",
			"users_by_first_name", "users_by_last_name", "users_by_display_name",
		}},
	} {
		plan, err := store.Plan(t.Context(), func(u outbound.Users) error {
			_, err := u.Find(t.Context(), outbound.UserSearch{
				Tenant: tenant.Default, Status: c.status, Search: c.search, Before: user.ID(uuid.New()), Limit: 20,
			})
			return err
		})
		require.NoError(t, err)
		require.Contains(t, plan, "SEARCH users USING PRIMARY KEY", name)
		require.NotContains(t, plan, "SCAN users", "%s\n%s", name, plan)
		for _, index := range c.indexes {
			require.Contains(t, plan, index, "%s\n%s", name, plan)
		}
	}
}
