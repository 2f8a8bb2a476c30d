package outbound

import (
	"context"
	"time"

	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/token"
)

// SigningKeys stores the key pairs that sign access tokens.
type SigningKeys interface {
	// List gives all keys of a tenant in the order of their numbers.
	List(ctx context.Context, t tenant.ID) ([]token.SigningKey, error)

	// Insert stores a new key. ErrConflict when its number or its KID is
	// taken: another instance was first, or the key was revoked.
	Insert(ctx context.Context, k token.SigningKey) error

	// Revoke withdraws a key for good, and erases its private half where that
	// is stored. ErrNotFound when there is no such key, or it is revoked already.
	Revoke(ctx context.Context, t tenant.ID, kid string, at time.Time) error
}
