package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/plinto/plinto/adapters/sqlite/internal/db"
	"github.com/plinto/plinto/ports/outbound"
)

// Exec runs SQL on the connection that writes: a database in memory has no
// other.
func (s *Store) Exec(ctx context.Context, sql string) error {
	_, err := s.write.ExecContext(ctx, sql)
	return err
}

// Dump gives every row of every table.
func (s *Store) Dump(ctx context.Context) (string, error) {
	tables, err := s.texts(ctx, "SELECT name FROM sqlite_schema WHERE type = 'table'")
	if err != nil {
		return "", err
	}
	var all strings.Builder
	for _, table := range tables {
		columns, err := s.texts(ctx, "SELECT group_concat('quote(' || name || ')', ' || '' '' || ') FROM pragma_table_info('"+table+"')")
		if err != nil {
			return "", err
		}
		rows, err := s.texts(ctx, fmt.Sprintf("SELECT %s FROM %s", columns[0], table))
		if err != nil {
			return "", err
		}
		all.WriteString(strings.Join(rows, "\n"))
	}
	return all.String(), nil
}

func (s *Store) texts(ctx context.Context, sql string) (list []string, err error) {
	rows, err := s.write.QueryContext(ctx, sql)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		list = append(list, text)
	}
	return list, rows.Err()
}

// Plan gives how SQLite reads what a use of the users asks, without asking it.
func (s *Store) Plan(_ context.Context, use func(outbound.Users) error) (string, error) {
	var plan strings.Builder
	explaining := func(_ context.Context, fn func(*db.Queries) error) error {
		return fn(db.New(explainer{s.read, &plan}))
	}
	if err := use(users{repositories{reading: explaining}}); !errors.Is(err, errExplained) {
		return "", err
	}
	return plan.String(), nil
}

type explainer struct {
	db.DBTX
	plan *strings.Builder
}

var errExplained = errors.New("explained")

func (e explainer) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	rows, err := e.DBTX.QueryContext(ctx, "EXPLAIN QUERY PLAN "+text, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			return nil, err
		}
		e.plan.WriteString(detail + "\n")
	}
	return nil, errors.Join(errExplained, rows.Err())
}
