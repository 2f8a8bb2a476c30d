package inbound

import (
	"context"
	"time"

	"github.com/plinto/plinto/core/token"
)

// Keys looks after the keys that sign access tokens.
type Keys interface {
	// Load reads the keys from the store into the signer, and makes the first
	// one when there is none. Until it has succeeded once nothing can be
	// signed or verified.
	Load(ctx context.Context) error

	// Published gives the JSON Web Key Set (RFC 7517 section 5). Fault:
	// Unavailable before the first Load.
	Published() (JWKS, error)

	// List gives every key with its state at present.
	List(ctx context.Context) ([]KeyInfo, error)

	// Rotate makes a new key. It is published at once, and signs after the
	// lead that verifiers need to learn of it. Fault: Conflict when a key is
	// published already that does not sign yet.
	Rotate(ctx context.Context) (KeyInfo, error)

	// Run keeps the keys current until ctx ends: it takes keys over when their
	// time comes, and reads those that other instances made.
	Run(ctx context.Context) error
}

// JWKS is a key set to publish.
type JWKS struct {
	Body   []byte
	MaxAge time.Duration // how long it may be cached
}

// KeyInfo describes a key.
type KeyInfo struct {
	KID        string
	Algorithm  token.Algorithm
	State      token.KeyState
	CreatedAt  time.Time
	ActiveFrom time.Time
}
