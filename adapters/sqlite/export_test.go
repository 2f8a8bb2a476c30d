package sqlite

import (
	"context"
	"fmt"
	"strings"
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
