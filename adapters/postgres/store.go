package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/plinto/plinto/adapters/internal/migration"
	"github.com/plinto/plinto/adapters/internal/transaction"
	"github.com/plinto/plinto/adapters/postgres/internal/db"
	"github.com/plinto/plinto/ports/outbound"
	schema "github.com/plinto/plinto/sql"
)

// Store implements outbound.Store.
type Store struct {
	pool *pgxpool.Pool
	// aside is one connection for the feed: when requests have taken all
	// others, an instance that fell behind would need still more of them.
	aside    *pgxpool.Pool
	options  Options
	expected int64
	repositories
}

var _ outbound.Store = (*Store)(nil)

// Open makes a Store. It does not wait for the server: connections are made
// when they are needed, and a server that is away is ErrUnavailable until it
// is back.
func Open(ctx context.Context, o Options) (*Store, error) {
	config, err := o.config()
	if err != nil {
		return nil, err
	}
	expected, err := migration.Expected(schema.Postgres())
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open connection pool: %w", err)
	}
	alone := config.Copy()
	alone.MinConns, alone.MaxConns = 0, 1
	aside, err := pgxpool.NewWithConfig(ctx, alone)
	if err != nil {
		pool.Close()
		return nil, fmt.Errorf("open connection of the feed: %w", err)
	}
	s := &Store{pool: pool, aside: aside, options: o, expected: expected}
	s.repositories = repositories{speak: s.on(pool)}
	return s, nil
}

// Close waits for connections in use and closes all.
func (s *Store) Close() error {
	s.aside.Close()
	s.pool.Close()
	return nil
}

// speaker is what a connection and a transaction have in common.
type speaker interface {
	db.DBTX
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
	Begin(ctx context.Context) (pgx.Tx, error)
}

// on gives what runs a function on a connection of a pool.
func (s *Store) on(pool *pgxpool.Pool) func(context.Context, func(speaker) error) error {
	return func(ctx context.Context, fn func(speaker) error) error {
		if err := transaction.Refuse(ctx, s); err != nil {
			return err
		}
		conn, err := s.acquire(ctx, pool)
		if err != nil {
			return err
		}
		defer conn.Release()
		return noting(pool, translate(fn(conn)))
	}
}

// noting forgets all idle connections when one was found dead, so that the
// others are not found out one request at a time.
func noting(pool *pgxpool.Pool, err error) error {
	if errors.Is(err, errConnection) {
		pool.Reset()
	}
	return err
}

func (s *Store) acquire(ctx context.Context, pool *pgxpool.Pool) (*pgxpool.Conn, error) {
	waiting, cancel := context.WithTimeout(ctx, s.options.PoolTimeout)
	defer cancel()
	conn, err := pool.Acquire(waiting)
	if err == nil {
		return conn, nil
	}
	if ctx.Err() != nil {
		return nil, translate(ctx.Err())
	}
	// Whatever kept us from a connection, there is none.
	return nil, fmt.Errorf("%w: acquire a connection: %w", outbound.ErrUnavailable, err)
}

// Atomically implements outbound.Store.
func (s *Store) Atomically(ctx context.Context, fn func(context.Context, outbound.Repositories) error) error {
	if err := transaction.Refuse(ctx, s); err != nil {
		return err
	}
	return transaction.Retry(ctx, func() error { return s.once(ctx, fn) })
}

func (s *Store) once(ctx context.Context, fn func(context.Context, outbound.Repositories) error) (err error) {
	conn, err := s.acquire(ctx, s.pool)
	if err != nil {
		return err
	}
	defer conn.Release()
	tx, err := conn.Begin(ctx)
	if err != nil {
		return noting(s.pool, translate(err))
	}
	// Rolled back on every way out but a commit, a panic included, and also
	// when the context is what ended: otherwise the connection would go back
	// with the transaction open.
	defer func() {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTimeout)
		defer cancel()
		if e := tx.Rollback(ending); e != nil && !errors.Is(e, pgx.ErrTxClosed) {
			err = errors.Join(err, translate(e))
		}
	}()
	inTransaction := func(_ context.Context, do func(speaker) error) error { return translate(do(tx)) }
	if err := fn(transaction.Enter(ctx, s), repositories{speak: inTransaction}); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return translate(err)
	}
	return noting(s.pool, translate(tx.Commit(ctx)))
}

const rollbackTimeout = 2 * time.Second

// repositories is every repository, on whatever speak leads to.
type repositories struct {
	speak func(ctx context.Context, fn func(speaker) error) error
}

func (r repositories) Users() outbound.Users             { return users{r} }
func (r repositories) Transfers() outbound.Transfers     { return transfers{r} }
func (r repositories) Sessions() outbound.Sessions       { return sessions{r} }
func (r repositories) SigningKeys() outbound.SigningKeys { return signingKeys{r} }
func (r repositories) UsedProofs() outbound.UsedProofs   { return usedProofs{r} }
func (r repositories) Events() outbound.Events           { return events{r} }
func (r repositories) Leases() outbound.Leases           { return leases{r} }
func (r repositories) Activity() outbound.Activity       { return activity{r} }
func (r repositories) Clients() outbound.Clients         { return clients{r} }
func (r repositories) Outbox() outbound.Outbox           { return outbox{r} }
func (r repositories) Guesses() outbound.Guesses         { return guesses{r} }

func (r repositories) MailedTokens() outbound.MailedTokens { return mailedTokens{r} }
func (r repositories) Mailboxes() outbound.Mailboxes       { return mailboxes{r} }

// query runs generated queries.
func (r repositories) query(ctx context.Context, fn func(q *db.Queries) error) error {
	return r.speak(ctx, func(s speaker) error { return fn(db.New(s)) })
}

// batch sends all that fn executes in one round trip and one transaction, and
// gives the number of rows that each statement touched.
func (r repositories) batch(ctx context.Context, fn func(q *db.Queries) error) ([]int64, error) {
	var b pipeline
	if err := fn(db.New(&b)); err != nil {
		return nil, err
	}
	var touched []int64
	err := r.speak(ctx, func(s speaker) (err error) {
		touched, err = b.send(ctx, s)
		return err
	})
	return touched, err
}
