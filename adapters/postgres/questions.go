package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/plinto/plinto/adapters/postgres/internal/db"
)

// ask sends what the questions ask in one round trip and one transaction, and
// reads the answers in the same order. Each runs twice, to learn its queries and
// to read their answers, and so asks the same whatever is answered; what it
// answers the first time is nothing. The first error is passed on.
func (r repositories) ask(ctx context.Context, questions ...func(q *db.Queries) error) error {
	var asked pipeline
	for _, ask := range questions {
		_ = ask(db.New(&asked)) // the answers are not there yet
	}
	return r.speak(ctx, func(s speaker) error {
		results := s.SendBatch(ctx, &asked.batch)
		var first error
		for _, ask := range questions {
			if err := ask(db.New(answers{results})); err != nil && first == nil {
				first = err
			}
		}
		return errors.Join(first, results.Close())
	})
}

// answers reads the results of a batch in the order in which they were asked
// for.
type answers struct{ results pgx.BatchResults }

var _ db.DBTX = answers{}

// Exec implements db.DBTX.
func (a answers) Exec(context.Context, string, ...any) (pgconn.CommandTag, error) {
	return a.results.Exec()
}

// Query implements db.DBTX.
func (a answers) Query(context.Context, string, ...any) (pgx.Rows, error) { return a.results.Query() }

// QueryRow implements db.DBTX.
func (a answers) QueryRow(context.Context, string, ...any) pgx.Row { return a.results.QueryRow() }
