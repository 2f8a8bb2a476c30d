package schema_test

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	schema "github.com/plinto/plinto/sql"
)

func names(t *testing.T, fsys fs.FS) []string {
	t.Helper()
	list, err := fs.Glob(fsys, "*.sql")
	require.NoError(t, err)
	require.NotEmpty(t, list)
	return list
}

func TestBothEnginesHaveTheSameMigrations(t *testing.T) {
	require.Equal(t, names(t, schema.Postgres()), names(t, schema.SQLite()))
}

// Every table but tenants has the tenant's id in its primary key or, where the
// engine needs the key for something else, in an index that leads with it; and
// every table in one engine has the columns it has in the other.
func TestBothEnginesHaveTheSameTablesAndColumns(t *testing.T) {
	postgres, sqlite := tables(t, schema.Postgres()), tables(t, schema.SQLite())
	// The order of commits needs a column where there is more than one writer.
	delete(postgres["events"], "transaction_id")
	require.Equal(t, postgres, sqlite)
	for table, columns := range postgres {
		if table != "tenants" {
			require.Contains(t, columns, "tenant_id", table)
		}
	}
}

var (
	createTable = regexp.MustCompile(`(?ms)^CREATE TABLE (\w+) \(\n(.*?)\n\)`)
	columnLine  = regexp.MustCompile(`(?m)^    ([a-z_]+) +[a-zA-Z0-9]+`)
)

func tables(t *testing.T, fsys fs.FS) map[string]map[string]bool {
	t.Helper()
	out := map[string]map[string]bool{}
	for _, name := range names(t, fsys) {
		text, err := fs.ReadFile(fsys, name)
		require.NoError(t, err)
		require.Equal(t, 1, strings.Count(string(text), "-- +goose Up"), name)
		require.Equal(t, 1, strings.Count(string(text), "-- +goose Down"), name)
		for _, m := range createTable.FindAllStringSubmatch(string(text), -1) {
			columns := map[string]bool{}
			for _, c := range columnLine.FindAllStringSubmatch(m[2], -1) {
				columns[c[1]] = true
			}
			require.Greater(t, len(columns), 2, "%s in %s", m[1], filepath.Base(name))
			out[m[1]] = columns
		}
	}
	require.Len(t, out, 6)
	return out
}
