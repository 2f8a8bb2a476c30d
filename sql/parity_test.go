package schema_test

import (
	"io/fs"
	"regexp"
	"slices"
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

// Every table in one engine has the columns it has in the other.
func TestBothEnginesHaveTheSameTablesAndColumns(t *testing.T) {
	postgres, sqlite := columns(t, schema.Postgres()), columns(t, schema.SQLite())
	// The order of commits needs a column where there is more than one writer.
	delete(postgres["events"], "transaction_id")
	require.Equal(t, postgres, sqlite)
}

// Every table but tenants has the tenant's id in its primary key or, where the
// engine needs the key for something else, in an index that leads with it.
func TestEveryTableIsFoundByItsTenant(t *testing.T) {
	for engine, fsys := range map[string]fs.FS{"postgres": schema.Postgres(), "sqlite": schema.SQLite()} {
		leads := map[string]bool{}
		for _, up := range migrations(t, fsys) {
			for _, m := range createIndex.FindAllStringSubmatch(up, -1) {
				leads[m[1]] = leads[m[1]] || m[2] == "tenant_id"
			}
		}
		for table, body := range tables(t, fsys) {
			if table == "tenants" {
				continue
			}
			var key []string
			if m := primaryKey.FindStringSubmatch(body); m != nil {
				key = strings.Split(m[1], ", ")
			}
			require.True(t, leads[table] || slices.Contains(key, "tenant_id"), "%s in %s", table, engine)
		}
	}
}

var (
	createTable = regexp.MustCompile(`(?ms)^CREATE TABLE (\w+) \(\n(.*?)\n\)`)
	columnLine  = regexp.MustCompile(`(?m)^    ([a-z_]+) +[a-zA-Z0-9]+`)
	primaryKey  = regexp.MustCompile(`(?m)^    PRIMARY KEY \(([a-z_, ]+)\)`)
	addColumn   = regexp.MustCompile(`(?m)^ALTER TABLE (\w+) ADD COLUMN ([a-z_]+) +[a-zA-Z0-9]+`)
	createIndex = regexp.MustCompile(`(?m)^CREATE (?:UNIQUE )?INDEX \w+ ON (\w+) \((\w+)`)
)

// migrations returns what each migration does on its way up.
func migrations(t *testing.T, fsys fs.FS) []string {
	t.Helper()
	var ups []string
	for _, name := range names(t, fsys) {
		text, err := fs.ReadFile(fsys, name)
		require.NoError(t, err)
		require.Equal(t, 1, strings.Count(string(text), "-- +goose Up"), name)
		require.Equal(t, 1, strings.Count(string(text), "-- +goose Down"), name)
		up, _, _ := strings.Cut(string(text), "-- +goose Down")
		ups = append(ups, up)
	}
	return ups
}

// tables returns what stands between the parentheses of each table.
func tables(t *testing.T, fsys fs.FS) map[string]string {
	t.Helper()
	out, made := map[string]string{}, 0
	for _, up := range migrations(t, fsys) {
		made += strings.Count(up, "CREATE TABLE")
		for _, m := range createTable.FindAllStringSubmatch(up, -1) {
			out[m[1]] = m[2]
		}
	}
	require.Len(t, out, made, "every table is read")
	return out
}

func columns(t *testing.T, fsys fs.FS) map[string]map[string]bool {
	t.Helper()
	out := map[string]map[string]bool{}
	for table, body := range tables(t, fsys) {
		out[table] = map[string]bool{}
		for _, c := range columnLine.FindAllStringSubmatch(body, -1) {
			out[table][c[1]] = true
		}
		require.Greater(t, len(out[table]), 2, table)
	}
	for _, up := range migrations(t, fsys) {
		for _, m := range addColumn.FindAllStringSubmatch(up, -1) {
			out[m[1]][m[2]] = true
		}
	}
	return out
}
