package postgres

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/plinto/plinto/ports/outbound"
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

// Plan gives how the server reads what a use of the users asks, without asking
// it.
func (s *Store) Plan(_ context.Context, use func(outbound.Users) error) (string, error) {
	var plan strings.Builder
	explaining := func(ctx context.Context, fn func(speaker) error) error {
		return s.speak(ctx, func(c speaker) error { return fn(explainer{c, &plan}) })
	}
	if err := use(users{repositories{speak: explaining}}); !errors.Is(err, errExplained) {
		return "", err
	}
	return plan.String(), nil
}

type explainer struct {
	speaker
	plan *strings.Builder
}

var errExplained = errors.New("explained")

func (e explainer) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	rows, err := e.speaker.Query(ctx, "EXPLAIN "+sql, args...)
	if err != nil {
		return nil, err
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	e.plan.WriteString(strings.Join(lines, "\n"))
	return nil, errors.Join(errExplained, err)
}
