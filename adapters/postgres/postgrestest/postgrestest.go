// Package postgrestest opens stores on PostgreSQL for the tests of packages that
// are written against no engine.
package postgrestest

import (
	"context"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/plinto/plinto/adapters/postgres"
)

// variable names the server on which databases may be made.
const variable = "PLINTO_TEST_POSTGRES"

// Open gives a migrated store in a database of its own, closed and dropped when
// the test ends. It skips the test where no server is named.
func Open(t testing.TB) *postgres.Store {
	t.Helper()
	server := os.Getenv(variable)
	if server == "" {
		t.Skip(variable + " is not set: this is not tested on PostgreSQL")
	}
	name := "plinto_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	execute(t, server, "CREATE DATABASE "+name)
	t.Cleanup(func() { execute(t, server, "DROP DATABASE "+name+" WITH (FORCE)") })
	u, err := url.Parse(server)
	must(t, err)
	u.Path = "/" + name
	options := postgres.Options{URL: u.String(), PoolSize: 4, MaxOverflow: 4, PoolTimeout: time.Minute, ConnectTimeout: time.Minute}
	m, err := postgres.Migrator(options)
	must(t, err)
	_, err = m.Up(t.Context())
	must(t, err)
	must(t, m.Close())
	s, err := postgres.Open(t.Context(), options)
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	return s
}

func execute(t testing.TB, address, sql string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	conn, err := pgx.Connect(ctx, address)
	must(t, err)
	_, err = conn.Exec(ctx, sql)
	must(t, err)
	must(t, conn.Close(ctx))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
