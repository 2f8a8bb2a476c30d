// Package outbound holds what the core asks of the world. An implementation is
// an adapter; package porttest says what it must keep.
package outbound

import (
	"context"
	"time"
)

// Store keeps users, sessions, keys, clients and events. Every method of it and of its
// repositories may also answer ErrUnavailable, and then nothing is known of a
// write but that it was not acknowledged.
type Store interface {
	// Repositories used directly run each call on its own. A call that
	// writes more than one thing writes all of them or none.
	Repositories

	// Atomically runs fn in one transaction and commits when fn answers nil.
	// An error, a panic or a context that ends rolls everything back, and is
	// passed on. A commit that fails is an error.
	//
	// fn may run more than once, after ErrStale from a serialization failure
	// or a busy database. It touches nothing but tx. It must not use the
	// Store: what it is given cannot begin another transaction, and a Store
	// that is captured refuses the context that fn is given.
	Atomically(ctx context.Context, fn func(ctx context.Context, tx Repositories) error) error

	// Feed reads what was revoked. It takes part in no transaction.
	Feed() Feed

	// SharedFeed is the same for other services, who share connections with the
	// requests: however much they read, the Feed of this instance is not held
	// up.
	SharedFeed() Feed

	// Health asks whether the database answers, and how it is. It answers
	// within a second.
	Health(ctx context.Context) StoreHealth
}

// Repositories is every repository, seen through one transaction or through
// none.
type Repositories interface {
	Users() Users
	Transfers() Transfers
	Sessions() Sessions
	SigningKeys() SigningKeys
	UsedProofs() UsedProofs
	IdempotencyKeys() IdempotencyKeys
	Events() Events
	Leases() Leases
	Activity() Activity
	Clients() Clients
	Outbox() Outbox
	MailedTokens() MailedTokens
	Mailboxes() Mailboxes
	Guesses() Guesses
}

// StoreHealth is how a store is.
type StoreHealth struct {
	Engine       string // "postgresql" or "sqlite"
	Err          error  // why it is not healthy; nil when it is
	ResponseTime time.Duration
	Pool         PoolHealth
	Migrations   MigrationHealth
	CheckedAt    time.Time
}

// PoolHealth counts connections.
type PoolHealth struct{ Size, InUse, Idle, Max int }

// MigrationHealth says which version the schema has and which the program
// wants. Current is 0 when it cannot be read.
type MigrationHealth struct{ Current, Expected int64 }

// Ready reports whether requests can be served from the store.
func (h StoreHealth) Ready() bool {
	return h.Err == nil && h.Migrations.Current >= h.Migrations.Expected
}
