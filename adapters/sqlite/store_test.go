package sqlite_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/sqlite"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
	"github.com/plinto/plinto/ports/porttest"
)

func open(t *testing.T, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	_, err = s.Migrate(t.Context())
	require.NoError(t, err)
	return s
}

func TestStoreInAFile(t *testing.T) {
	porttest.Store(t, func(t *testing.T) porttest.StoreHarness {
		path := filepath.Join(t.TempDir(), "plinto.db")
		store := open(t, path)
		db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)")
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		h := harness(store, func(ctx context.Context, text string) error {
			_, err := db.ExecContext(ctx, text)
			return err
		})
		h.Dump = func(t *testing.T) string {
			t.Helper()
			var all strings.Builder
			files, err := filepath.Glob(path + "*")
			require.NoError(t, err)
			for _, name := range files {
				content, err := os.ReadFile(name)
				require.NoError(t, err)
				all.Write(content)
			}
			// What is in the log and not yet in the file is in no page of it.
			return all.String()
		}
		return h
	})
}

func TestStoreInMemory(t *testing.T) {
	porttest.Store(t, func(t *testing.T) porttest.StoreHarness {
		store := open(t, sqlite.Memory)
		h := harness(store, store.Exec)
		h.Dump = func(t *testing.T) string {
			t.Helper()
			dump, err := store.Dump(t.Context())
			require.NoError(t, err)
			return dump
		}
		return h
	})
}

func harness(store outbound.Store, exec func(context.Context, string) error) porttest.StoreHarness {
	run := func(t *testing.T, text string) {
		t.Helper()
		require.NoError(t, exec(t.Context(), text))
	}
	return porttest.StoreHarness{
		Store:  store,
		Exec:   run,
		Settle: func(*testing.T) {}, // there is one writer
		BreakCommits: func(t *testing.T) {
			run(t, "CREATE TABLE broken (id TEXT REFERENCES tenants (id) DEFERRABLE INITIALLY DEFERRED)")
			run(t, "CREATE TRIGGER break_commits AFTER INSERT ON events BEGIN INSERT INTO broken VALUES ('nobody'); END")
		},
	}
}

func TestTheFileIsItsOwnersAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "deep", "a b%?#.db")
	open(t, path)
	for name, mode := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700, path + "-wal": 0o600} {
		info, err := os.Stat(name)
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode().Perm(), name)
	}
}

func TestWhatIsNoDatabaseIsUnavailable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plinto.db")
	require.NoError(t, os.WriteFile(path, []byte("this is a text and has been one for quite a while, at least since the header was read"), 0o600))
	_, err := sqlite.Open(t.Context(), path)
	require.ErrorIs(t, err, outbound.ErrUnavailable)
	_, err = sqlite.Open(t.Context(), t.TempDir())
	require.Error(t, err)
}

func TestMigrationsGoUpAndDownAndUp(t *testing.T) {
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "plinto.db"))
	require.NoError(t, err)
	m, err := store.Migrator()
	require.NoError(t, err)
	up, err := m.Up(t.Context())
	require.NoError(t, err)
	require.NotEmpty(t, up)
	for range up {
		step, err := m.Down(t.Context())
		require.NoError(t, err)
		require.NotZero(t, step.Version)
	}
	none, err := m.Down(t.Context())
	require.NoError(t, err)
	require.Zero(t, none.Version)
	again, err := m.Up(t.Context())
	require.NoError(t, err)
	require.Len(t, again, len(up))
	status, err := m.Status(t.Context())
	require.NoError(t, err)
	require.Len(t, status, len(up))
	for _, s := range status {
		require.False(t, s.AppliedAt.IsZero(), s.Name)
	}
	require.True(t, store.Health(t.Context()).Ready())
	require.NoError(t, store.Close())
}

// Another file may be in the place of the one that a mark is of.
func TestAMarkOfAnEarlierOpeningBeginsAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plinto.db")
	var mark outbound.Mark
	for n := range 2 {
		store, err := sqlite.Open(t.Context(), path)
		require.NoError(t, err)
		_, err = store.Migrate(t.Context())
		require.NoError(t, err)
		at := time.Unix(0, 0).UTC()
		e := event.Ended(event.Origin{Tenant: tenant.Default}, event.Operator, session.ID{byte(n)}, user.ID{1}, session.Revoked, at)
		require.NoError(t, store.Events().Append(t.Context(), e))
		page, err := store.Feed().Revocations(t.Context(), tenant.Default, at, mark, 10)
		require.NoError(t, err)
		require.Len(t, page.Events, n+1)
		mark = page.Next
		require.NoError(t, store.Close())
	}
}

func TestEventsOfBeforeAreGivenTheirUsers(t *testing.T) {
	store, err := sqlite.Open(t.Context(), sqlite.Memory)
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()
	m, err := store.Migrator()
	require.NoError(t, err)
	_, err = m.Up(t.Context())
	require.NoError(t, err)
	for {
		step, err := m.Down(t.Context())
		require.NoError(t, err)
		if step.Version == 12 {
			break
		}
	}
	porttest.EventsOfBefore(t, func(text string) { require.NoError(t, store.Exec(t.Context(), text)) })
	_, err = m.Up(t.Context())
	require.NoError(t, err)
	porttest.HaveTheirUsers(t, store)
}

func TestASchemaWithoutKeysHasNoSessionThatIsBoundToOne(t *testing.T) {
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "plinto.db"))
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()
	m, err := store.Migrator()
	require.NoError(t, err)
	_, err = m.Up(t.Context())
	require.NoError(t, err)
	porttest.HasNoBoundSession(t, store, func() {
		for {
			step, err := m.Down(t.Context())
			require.NoError(t, err)
			if step.Version == 7 {
				break
			}
		}
		_, err := m.Up(t.Context())
		require.NoError(t, err)
	})
}

func TestASchemaOfBeforeHasAddressesOfBefore(t *testing.T) {
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "plinto.db"))
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()
	m, err := store.Migrator()
	require.NoError(t, err)
	_, err = m.Up(t.Context())
	require.NoError(t, err)
	porttest.HasAddressesOfBefore(t, store, func() {
		for {
			step, err := m.Down(t.Context())
			require.NoError(t, err)
			if step.Version == 14 {
				break
			}
		}
		_, err := m.Up(t.Context())
		require.NoError(t, err)
	})
}
