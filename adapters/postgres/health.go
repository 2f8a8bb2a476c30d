package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/plinto/plinto/adapters/internal/migration"
	"github.com/plinto/plinto/ports/outbound"
)

// Health implements outbound.Store. A schema that was never migrated is
// version 0, not an error.
func (s *Store) Health(ctx context.Context) outbound.StoreHealth {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	h := outbound.StoreHealth{Engine: "postgresql", CheckedAt: time.Now().UTC(), Migrations: outbound.MigrationHealth{Expected: s.expected}}
	var regclass *string
	var readOnly bool
	h.Err = s.speak(ctx, func(c speaker) error {
		if err := c.QueryRow(ctx, "SELECT to_regclass('goose_db_version')::text, current_setting('transaction_read_only')::boolean").Scan(&regclass, &readOnly); err != nil {
			return err
		}
		if readOnly {
			return fmt.Errorf("%w: the server takes no writes", outbound.ErrUnavailable)
		}
		if regclass == nil {
			return nil
		}
		return c.QueryRow(ctx, migration.CurrentVersion).Scan(&h.Migrations.Current)
	})
	if errors.Is(h.Err, context.Canceled) {
		h.Err = errors.Join(outbound.ErrUnavailable, h.Err)
	}
	h.ResponseTime = time.Since(h.CheckedAt)
	h.Pool = s.Pool()
	return h
}

// Pool counts the connections, and asks nobody.
func (s *Store) Pool() outbound.PoolHealth {
	stat := s.pool.Stat()
	return outbound.PoolHealth{
		Size: int(stat.TotalConns()), InUse: int(stat.AcquiredConns()), Idle: int(stat.IdleConns()), Max: int(stat.MaxConns()),
	}
}
