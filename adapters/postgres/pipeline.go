package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/plinto/plinto/adapters/postgres/internal/db"
)

// pipeline collects the statements that generated queries execute, to send
// them together. Outside a transaction block the server runs what comes in one
// pipeline as one transaction.
type pipeline struct{ batch pgx.Batch }

var _ db.DBTX = (*pipeline)(nil)

// errRead says that a query was to be read while queries are collected.
var errRead = errors.New("a pipeline has no answers yet")

// Exec implements db.DBTX. What it answers is known after send.
func (p *pipeline) Exec(_ context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	p.batch.Queue(sql, args...)
	return pgconn.CommandTag{}, nil
}

// Query implements db.DBTX.
func (p *pipeline) Query(_ context.Context, sql string, args ...any) (pgx.Rows, error) {
	p.batch.Queue(sql, args...)
	return nil, errRead
}

// QueryRow implements db.DBTX.
func (p *pipeline) QueryRow(_ context.Context, sql string, args ...any) pgx.Row {
	p.batch.Queue(sql, args...)
	return noRow{}
}

type noRow struct{}

func (noRow) Scan(...any) error { return errRead }

// send runs what was collected and gives the number of rows that each
// statement touched. It answers nil only when the commit was acknowledged,
// which for a deferred constraint is after the last statement.
func (p *pipeline) send(ctx context.Context, s speaker) ([]int64, error) {
	results := s.SendBatch(ctx, &p.batch)
	touched := make([]int64, 0, p.batch.Len())
	for range p.batch.Len() {
		tag, err := results.Exec()
		if err != nil {
			return nil, errors.Join(err, results.Close())
		}
		touched = append(touched, tag.RowsAffected())
	}
	return touched, results.Close()
}
