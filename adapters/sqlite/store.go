package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"sync/atomic"
	"time"

	"github.com/plinto/plinto/adapters/internal/migration"
	"github.com/plinto/plinto/adapters/internal/transaction"
	"github.com/plinto/plinto/adapters/sqlite/internal/db"
	"github.com/plinto/plinto/ports/outbound"
	schema "github.com/plinto/plinto/sql"
)

// Store implements outbound.Store.
type Store struct {
	write, read *sql.DB
	expected    int64
	opened      time.Time
	repositories
}

var _ outbound.Store = (*Store)(nil)

// Open opens the database at path, or makes an empty one. It migrates nothing.
func Open(ctx context.Context, path string) (*Store, error) {
	expected, err := migration.Expected(schema.SQLite())
	if err != nil {
		return nil, err
	}
	write, read, err := pools(ctx, path)
	if err != nil {
		return nil, err
	}
	s := &Store{write: write, read: read, expected: expected, opened: time.Now()}
	s.repositories = repositories{reading: s.reading, writing: s.writing, scrub: &atomic.Bool{}}
	return s, nil
}

// Close closes all connections.
func (s *Store) Close() error {
	if s.read == s.write {
		return s.write.Close()
	}
	return errors.Join(s.read.Close(), s.write.Close())
}

// reading runs fn on a connection that reads.
func (s *Store) reading(ctx context.Context, fn func(*db.Queries) error) error {
	if err := transaction.Refuse(ctx, s); err != nil {
		return err
	}
	return outcome(ctx, fn(db.New(s.read)))
}

// writing runs fn in a transaction of its own.
func (s *Store) writing(ctx context.Context, fn func(*db.Queries) error) error {
	return s.transact(ctx, func(tx *sql.Tx) error { return fn(db.New(tx)) })
}

// Atomically implements outbound.Store.
func (s *Store) Atomically(ctx context.Context, fn func(context.Context, outbound.Repositories) error) error {
	return s.transact(ctx, func(tx *sql.Tx) error {
		inside := func(ctx context.Context, do func(*db.Queries) error) error { return outcome(ctx, do(db.New(tx))) }
		return fn(transaction.Enter(ctx, s), repositories{reading: inside, writing: inside, scrub: s.scrub})
	})
}

// transact runs fn in a transaction. The lock is taken at its beginning, so
// nothing in it can be overtaken and none needs to run twice.
func (s *Store) transact(ctx context.Context, fn func(*sql.Tx) error) (err error) {
	if err := transaction.Refuse(ctx, s); err != nil {
		return err
	}
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return outcome(ctx, err)
	}
	defer func() {
		if e := tx.Rollback(); e != nil && !errors.Is(e, sql.ErrTxDone) {
			err = errors.Join(err, outcome(ctx, e))
		}
	}()
	if err := fn(tx); err != nil {
		return outcome(ctx, err)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := outcome(ctx, tx.Commit()); err != nil {
		return err
	}
	s.scrubLog(ctx)
	return nil
}

// outcome translates an error. When the context has ended, that is what
// happened, however the driver calls it.
func outcome(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return errors.Join(translate(ctx.Err()), err)
	}
	return translate(err)
}

// Health implements outbound.Store. A schema that was never migrated is
// version 0, not an error.
func (s *Store) Health(ctx context.Context) outbound.StoreHealth {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	h := outbound.StoreHealth{Engine: "sqlite", CheckedAt: time.Now().UTC(), Migrations: outbound.MigrationHealth{Expected: s.expected}}
	var tables int
	err := s.read.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master WHERE name = 'goose_db_version'").Scan(&tables)
	if err == nil && tables > 0 {
		err = s.read.QueryRowContext(ctx, migration.CurrentVersion).Scan(&h.Migrations.Current)
	}
	h.Err = outcome(ctx, err)
	h.ResponseTime = time.Since(h.CheckedAt)
	h.Pool = s.Pool()
	return h
}

// Pool counts the connections, and asks nobody.
func (s *Store) Pool() outbound.PoolHealth {
	var h outbound.PoolHealth
	for _, pool := range []*sql.DB{s.write, s.read} {
		stat := pool.Stats()
		h.Size += stat.OpenConnections
		h.InUse += stat.InUse
		h.Idle += stat.Idle
		h.Max += stat.MaxOpenConnections
		if s.read == s.write {
			break
		}
	}
	return h
}

// repositories is every repository, on whatever reading and writing lead to.
type repositories struct {
	reading, writing func(ctx context.Context, fn func(*db.Queries) error) error
	scrub            *atomic.Bool // whether the log may hold what was erased
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

func (r repositories) MailedTokens() outbound.MailedTokens { return mailedTokens{r} }
func (r repositories) Mailboxes() outbound.Mailboxes       { return mailboxes{r} }
func (r repositories) Guesses() outbound.Guesses           { return guesses{r} }
