package postgres

import (
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/plinto/plinto/adapters/internal/migration"
	"github.com/plinto/plinto/ports/outbound"
	schema "github.com/plinto/plinto/sql"
)

// Migrator moves the schema. Instances that start together wait for one
// another by an advisory lock. It has a connection of its own without the
// pool's statement timeout, which a migration may well need to exceed.
func Migrator(o Options) (outbound.Migrator, error) {
	config, err := pgx.ParseConfig(o.URL)
	if err != nil {
		return nil, fmt.Errorf("read DATABASE_URL: %w", err)
	}
	config.ConnectTimeout = o.ConnectTimeout
	config.RuntimeParams["application_name"] = "plinto migrate"
	config.RuntimeParams["timezone"] = "UTC"
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, fmt.Errorf("make migration lock: %w", err)
	}
	return migration.New(goose.DialectPostgres, stdlib.OpenDB(*config), schema.Postgres(), goose.WithSessionLocker(locker))
}
