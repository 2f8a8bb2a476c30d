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
	// signed or verified. It costs one query and the parsing of a few keys:
	// call it whenever a key is told of. When it fails the keys at hand serve
	// on, except those that it found revoked; an instance that may sign with
	// no other is not ready from then on.
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

	// Revoke withdraws a key at once and for good: it is no longer published, no
	// token of it verifies, and it never signs again. When it signed, or was to
	// sign next, a new key takes its place in the same transaction, without a
	// lead. An instance obeys from its next Load. Faults: NotFound; Conflict
	// when the key was revoked before.
	Revoke(ctx context.Context, kid string) (KeyRevocation, error)

	// Run keeps the keys current until ctx ends: it takes keys over when their
	// time comes, reads what other instances made and revoked, and makes the
	// next key when the one that signs is too old.
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

// KeyRevocation is what became of a key and of its place.
type KeyRevocation struct {
	Revoked     KeyInfo
	Signed      bool     // whether it signed, or was to sign next
	Replacement *KeyInfo // nil when it did not, or when the configuration has no other
}
