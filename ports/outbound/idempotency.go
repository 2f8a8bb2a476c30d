package outbound

import (
	"context"
	"time"

	"github.com/plinto/plinto/core/idempotency"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
)

// IdempotencyKeys remembers requests that may be repeated without being done
// twice, and their answers.
type IdempotencyKeys interface {
	// Claim takes a key for a request. ErrConflict says that somebody else has
	// it, which Present tells more of; of any number that want it at once, one
	// gets it. A key is had until it expires; one without an answer whose lease
	// has run out goes to a request with the same fingerprint. One round trip.
	Claim(ctx context.Context, c IdempotencyClaim) error

	// Present tells what is remembered of a key, and counts in it a request
	// with another fingerprint, in one statement. ErrNotFound when nobody has
	// it.
	Present(ctx context.Context, t tenant.ID, keyHash, fingerprint [32]byte) (idempotency.Record, error)

	// Keep keeps the answer to the request of a claim, until the key expires.
	// ErrStale says that by then the key was not that claim's, or had an answer.
	Keep(ctx context.Context, a IdempotentAnswer) error

	// Release gives a key back that has no answer. It does nothing when the key
	// is not that claim's.
	Release(ctx context.Context, t tenant.ID, keyHash [32]byte, claim [16]byte) error

	// DeleteExpired forgets up to limit keys that have expired at now, the
	// oldest first, and gives how many it forgot: less than limit when none are
	// left. It holds no lock that another instance waits for.
	DeleteExpired(ctx context.Context, t tenant.ID, now time.Time, limit int) (int, error)
}

// IdempotencyClaim takes a key.
type IdempotencyClaim struct {
	Tenant      tenant.ID
	KeyHash     [32]byte
	Fingerprint [32]byte // of the request
	Claim       [16]byte // unlike any other
	Now         time.Time
	LeasedUntil time.Time
	ExpiresAt   time.Time
}

// IdempotentAnswer is an answer to keep.
type IdempotentAnswer struct {
	Tenant  tenant.ID
	KeyHash [32]byte
	Claim   [16]byte
	Sealed  []byte
	User    user.ID // whom it is about; zero when nobody
}
