package outbound

import (
	"context"

	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
)

// Transfers moves whole accounts in and out, many at a time.
type Transfers interface {
	// Holders finds the accounts that have an id, an address or a user name of
	// one of these, by their keys. One round trip.
	Holders(ctx context.Context, t tenant.ID, of []user.User) ([]Holder, error)

	// Add stores accounts with the hashes of their passwords and what happened,
	// all of it or nothing, in one round trip. ErrConflict says that an id, an
	// address or a user name is taken.
	Add(ctx context.Context, list []Transferred) error

	// After gives up to limit accounts that were not erased, in ascending
	// order of ids, beginning behind one. An address counts as verified when the
	// account's holder did it: who only followed a link may still have to take
	// the account from a stranger who made it, wherever it moves.
	After(ctx context.Context, t tenant.ID, after user.ID, limit int) ([]Transferred, error)
}

// Transferred is an account that is moved.
type Transferred struct {
	User         user.User
	PasswordHash string        // empty when it has none
	Events       []event.Event // of an account that is added
}

// Holder is who holds names.
type Holder struct {
	ID          user.ID
	EmailKey    string
	UsernameKey string // empty when there is none
}
