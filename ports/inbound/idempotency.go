package inbound

import (
	"context"

	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/user"
)

// Idempotency lets a client repeat a request that makes something, without its
// being done twice.
type Idempotency interface {
	// Begin charges the caller and takes the request's key. An answer that is
	// not nil is the one to give again; otherwise the request is to be done,
	// and the Attempt to be ended whatever comes of it. Who is zero on routes
	// that ask for nobody. Faults: ValidationError, IdempotencyKeyReused,
	// RequestInProgress, RateLimited, InvalidProof, ProofNonceNeeded.
	Begin(ctx context.Context, caller Caller, who Principal, r Repeatable) (answer []byte, a Attempt, err error)
}

// Repeatable is a request with a key.
type Repeatable struct {
	Operation string // its name, the same for all paths to it
	Key       string
	Body      []byte
}

// Attempt is a request under way, whose key is taken.
type Attempt interface {
	// End says how it ended. An answer that decided the request is kept for
	// repetitions; after any other the key is free, for nothing was done.
	End(ctx context.Context, o Outcome) error
}

// Outcome is what came of an attempt.
type Outcome struct {
	Refusal fault.Code // empty when it was done
	Answer  []byte     // to be given again, as Begin gives it; never empty
	User    user.ID    // whom the answer is about; zero when nobody
}
