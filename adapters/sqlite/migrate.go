package sqlite

import (
	"context"

	"github.com/pressly/goose/v3"

	"github.com/plinto/plinto/adapters/internal/migration"
	"github.com/plinto/plinto/ports/outbound"
	schema "github.com/plinto/plinto/sql"
)

// Migrator moves the schema of the store's own database. Closing it closes the
// store.
func (s *Store) Migrator() (outbound.Migrator, error) {
	return migration.New(goose.DialectSQLite3, s.write, schema.SQLite())
}

// Migrate applies what is pending.
func (s *Store) Migrate(ctx context.Context) ([]outbound.MigrationStep, error) {
	m, err := s.Migrator()
	if err != nil {
		return nil, err
	}
	return m.Up(ctx)
}
