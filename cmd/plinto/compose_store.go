package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/plinto/plinto/adapters/postgres"
	"github.com/plinto/plinto/adapters/sqlite"
	"github.com/plinto/plinto/config"
	"github.com/plinto/plinto/ports/outbound"
)

// database is a store and what only its operator does with it.
type database struct {
	outbound.Store
	pool func() outbound.PoolHealth
	// schema lends a migrator, on a connection of its own where there can be
	// more than one.
	schema func(ctx context.Context, use func(outbound.Migrator) error) error
	// adopt mends what a restored backup leaves behind, and tells how many
	// rows it touched.
	adopt func(ctx context.Context) (int64, error)
	close func() error
}

func openStore(ctx context.Context, c config.Database) (*database, error) {
	switch c.Engine {
	case config.PostgreSQL:
		return openPostgres(ctx, c)
	case config.SQLite:
		return openSQLite(ctx, c)
	}
	return nil, fmt.Errorf("no database engine is called %q", c.Engine)
}

func openPostgres(ctx context.Context, c config.Database) (*database, error) {
	options := postgres.Options{
		URL: c.URL.Reveal(), PoolSize: c.PoolSize, MaxOverflow: c.MaxOverflow, PoolTimeout: c.PoolTimeout,
		MaxLifetime: c.ConnMaxLifetime, MaxLifetimeJitter: c.ConnMaxLifetimeJitter, MaxIdleTime: c.ConnMaxIdleTime,
		ConnectTimeout: c.ConnectTimeout, StatementTimeout: c.StatementTimeout, LockTimeout: c.LockTimeout,
	}
	store, err := postgres.Open(ctx, options)
	if err != nil {
		return nil, err
	}
	return &database{
		Store: store, pool: store.Pool, adopt: store.AdoptRestored, close: store.Close,
		schema: func(_ context.Context, use func(outbound.Migrator) error) error {
			m, err := postgres.Migrator(options)
			if err != nil {
				return err
			}
			return errors.Join(use(m), m.Close())
		},
	}, nil
}

func openSQLite(ctx context.Context, c config.Database) (*database, error) {
	store, err := sqlite.Open(ctx, c.Path)
	if err != nil {
		return nil, err
	}
	return &database{
		Store: store, pool: store.Pool, close: store.Close,
		adopt: func(context.Context) (int64, error) { return 0, nil }, // positions survive a copy of the file
		schema: func(ctx context.Context, use func(outbound.Migrator) error) error {
			if c.Path == sqlite.Memory {
				m, err := store.Migrator()
				if err != nil {
					return err
				}
				return use(m)
			}
			beside, err := sqlite.Open(ctx, c.Path)
			if err != nil {
				return err
			}
			m, err := beside.Migrator()
			if err != nil {
				return errors.Join(err, beside.Close())
			}
			return errors.Join(use(m), beside.Close())
		},
	}, nil
}
