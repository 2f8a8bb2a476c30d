// Package migration runs versioned schema migrations on a database/sql
// connection, for the adapters that have a schema.
package migration

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"

	"github.com/plinto/plinto/ports/outbound"
)

// Migrator implements outbound.Migrator.
type Migrator struct{ provider *goose.Provider }

var _ outbound.Migrator = (*Migrator)(nil)

// New makes a Migrator. It owns db from then on.
func New(dialect goose.Dialect, db *sql.DB, files fs.FS, options ...goose.ProviderOption) (*Migrator, error) {
	p, err := goose.NewProvider(dialect, db, files, options...)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read migrations: %w", err), db.Close())
	}
	return &Migrator{provider: p}, nil
}

// Close closes the connection.
func (m *Migrator) Close() error { return m.provider.Close() }

// Up implements outbound.Migrator.
func (m *Migrator) Up(ctx context.Context) ([]outbound.MigrationStep, error) {
	results, err := m.provider.Up(ctx)
	steps := make([]outbound.MigrationStep, 0, len(results))
	for _, r := range results {
		if r.Error == nil {
			steps = append(steps, step(r))
		}
	}
	if err != nil {
		return steps, fmt.Errorf("migrate up: %w", err)
	}
	return steps, nil
}

// Down implements outbound.Migrator.
func (m *Migrator) Down(ctx context.Context) (outbound.MigrationStep, error) {
	r, err := m.provider.Down(ctx)
	if errors.Is(err, goose.ErrNoNextVersion) {
		return outbound.MigrationStep{}, nil
	}
	if err != nil {
		return outbound.MigrationStep{}, fmt.Errorf("migrate down: %w", err)
	}
	return step(r), nil
}

// Status implements outbound.Migrator.
func (m *Migrator) Status(ctx context.Context) ([]outbound.MigrationStatus, error) {
	list, err := m.provider.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("migration status: %w", err)
	}
	out := make([]outbound.MigrationStatus, 0, len(list))
	for _, s := range list {
		out = append(out, outbound.MigrationStatus{Version: s.Source.Version, Name: s.Source.Path, AppliedAt: s.AppliedAt})
	}
	return out, nil
}

// Expected is the newest version that the files have.
func Expected(files fs.FS) (int64, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return 0, fmt.Errorf("list migrations: %w", err)
	}
	var newest int64
	for _, name := range names {
		v, err := goose.NumericComponent(name)
		if err != nil {
			return 0, fmt.Errorf("migration %s: %w", name, err)
		}
		newest = max(newest, v)
	}
	return newest, nil
}

// CurrentVersion is the query that reads the version of a schema; it fails when
// nothing was ever migrated.
const CurrentVersion = "SELECT coalesce(max(version_id), 0) FROM goose_db_version"

func step(r *goose.MigrationResult) outbound.MigrationStep {
	return outbound.MigrationStep{Version: r.Source.Version, Name: r.Source.Path, Duration: r.Duration}
}
