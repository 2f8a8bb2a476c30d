// Package migration runs versioned schema migrations on a database/sql
// connection, for the adapters that have a schema.
package migration

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"
)

// Migrator moves a schema between versions.
type Migrator struct {
	provider *goose.Provider
	db       *sql.DB
}

// New makes a Migrator. It owns db from then on.
func New(dialect goose.Dialect, db *sql.DB, files fs.FS, options ...goose.ProviderOption) (*Migrator, error) {
	p, err := goose.NewProvider(dialect, db, files, options...)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read migrations: %w", err), db.Close())
	}
	return &Migrator{provider: p, db: db}, nil
}

// Close closes the connection.
func (m *Migrator) Close() error { return m.provider.Close() }

// Step is a migration that was run.
type Step struct {
	Version  int64
	Name     string
	Duration time.Duration
}

// Up applies every migration that is pending, in order, each in a transaction
// of its own.
func (m *Migrator) Up(ctx context.Context) ([]Step, error) {
	results, err := m.provider.Up(ctx)
	steps := make([]Step, 0, len(results))
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

// Down takes back the last migration. The Step is zero when there is none.
func (m *Migrator) Down(ctx context.Context) (Step, error) {
	r, err := m.provider.Down(ctx)
	if errors.Is(err, goose.ErrNoNextVersion) {
		return Step{}, nil
	}
	if err != nil {
		return Step{}, fmt.Errorf("migrate down: %w", err)
	}
	return step(r), nil
}

// State is one migration, and when it was applied; the zero time when it was
// not.
type State struct {
	Version   int64
	Name      string
	AppliedAt time.Time
}

// Status lists all migrations that the program knows.
func (m *Migrator) Status(ctx context.Context) ([]State, error) {
	list, err := m.provider.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("migration status: %w", err)
	}
	out := make([]State, 0, len(list))
	for _, s := range list {
		out = append(out, State{Version: s.Source.Version, Name: s.Source.Path, AppliedAt: s.AppliedAt})
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

func step(r *goose.MigrationResult) Step {
	return Step{Version: r.Source.Version, Name: r.Source.Path, Duration: r.Duration}
}
