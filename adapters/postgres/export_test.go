package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Config is what the options mean to the pool.
func (o Options) Config() (*pgxpool.Config, error) { return o.config() }

// Query asks one row on the pool as the store has set it up.
func (s *Store) Query(ctx context.Context, sql string, args ...any) pgx.Row {
	return s.pool.QueryRow(ctx, sql, args...)
}

// Run executes on a connection of the store's.
func (s *Store) Run(ctx context.Context, sql string) error {
	return s.speak(ctx, func(c speaker) error {
		_, err := c.Exec(ctx, sql)
		return err
	})
}

// Hold keeps a connection while fn runs.
func (s *Store) Hold(ctx context.Context, fn func()) error {
	return s.speak(ctx, func(speaker) error {
		fn()
		return nil
	})
}
