package inbound

import (
	"context"

	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/core/fault"
)

// Invitations lets people begin accounts that others made for them.
type Invitations interface {
	// CheckAccept gives everything wrong with the values of an acceptance that
	// can be told without the account. It does no I/O.
	CheckAccept(cmd Acceptance) []fault.Field

	// Accept gives an account to whoever has the mailbox that its invitation was
	// sent to, with the password that they choose, and signs them in. It proves
	// the mailbox; what anybody else may have prepared is gone. With a proof, the
	// session is bound to its key. Faults: InvalidOrExpiredToken, which says
	// nothing of why; ValidationError, RateLimited, Overloaded, InvalidProof,
	// ProofNonceNeeded.
	Accept(ctx context.Context, caller Caller, cmd Acceptance) (SignedIn, error)
}

// Acceptance takes an account by the token of its invitation.
type Acceptance struct {
	Token string
	New   credential.Password
}
