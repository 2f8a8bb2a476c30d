package outbound

import (
	"context"
	"time"

	"github.com/plinto/plinto/core/proof"
	"github.com/plinto/plinto/core/tenant"
)

// ProofReader reads proofs that a caller holds a key.
type ProofReader interface {
	// Read checks a proof's form, type and algorithm, that its key is public
	// and strong enough, and its signature under that key (RFC 9449 section
	// 4.3, points 2, 3 and 5 to 7), and gives what it says; whether that fits the
	// request is for proof.Rule.Check. Every failure is proof.ErrInvalid.
	Read(text string) (proof.Claims, error)
}

// UsedProofs remembers proofs for as long as they could be used again.
type UsedProofs interface {
	// Use notes a proof. ErrConflict says that it was used before; of any
	// number of calls at once, one succeeds. One round trip.
	Use(ctx context.Context, p UsedProof) error

	// DeleteExpired forgets up to limit proofs that have expired at now, and
	// gives how many it forgot: less than limit when none are left. It holds no
	// lock that another instance waits for, and is for a loop beside the
	// requests to call again and again.
	DeleteExpired(ctx context.Context, t tenant.ID, now time.Time, limit int) (int, error)
}

// UsedProof is a proof that was used.
type UsedProof struct {
	Tenant        tenant.ID
	KeyThumbprint string
	IDHash        [32]byte // of its jti
	ExpiresAt     time.Time
}
