package sqlite

import "context"

// Exec runs SQL on the connection that writes: a database in memory has no
// other.
func (s *Store) Exec(ctx context.Context, sql string) error {
	_, err := s.write.ExecContext(ctx, sql)
	return err
}
