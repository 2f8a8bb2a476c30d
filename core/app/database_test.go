package app_test

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/sqlite"
)

// migrated gives the bytes of a database that is up to date and empty. Bringing
// one there takes longer than most tests do with it.
var migrated = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "plinto-app-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "plinto.db")
	store, err := sqlite.Open(context.Background(), path)
	if err != nil {
		return nil, err
	}
	if _, err := store.Migrate(context.Background()); err != nil {
		return nil, err
	}
	if err := store.Close(); err != nil { // which leaves nothing in the log beside
		return nil, err
	}
	return os.ReadFile(path)
})

// newDatabase gives a migrated database of this test's own, and its path.
func newDatabase(t *testing.T) (*sqlite.Store, string) {
	t.Helper()
	content, err := migrated()
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "plinto.db")
	require.NoError(t, os.WriteFile(path, content, 0o600))
	store, err := sqlite.Open(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	_, err = store.Migrate(t.Context())
	require.NoError(t, err)
	return store, path
}
