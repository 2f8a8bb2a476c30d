package inbound

import "context"

// Tokens looks after the tokens of sessions.
type Tokens interface {
	// Authenticate tells who an access token stands for, and asks no store for
	// it while the feed of revocations is up to date. Faults: InvalidToken for
	// anything wrong with it, or when its session has ended more than a second
	// ago; Unavailable when that cannot be known. A token
	// that is bound to a key needs a proof of it: InvalidProof,
	// ProofNonceNeeded.
	Authenticate(ctx context.Context, caller Caller, accessToken string) (Principal, error)

	// Refresh gives the successor of a refresh token and a fresh access token.
	// With a proof, a session that is bound to no key is bound from now on; one
	// that is bound goes on for its own key alone. Faults: InvalidRefreshToken
	// for anything wrong with it, RateLimited, InvalidProof, ProofNonceNeeded.
	Refresh(ctx context.Context, caller Caller, refreshToken string) (TokenPair, error)

	// SignOut ends the session of an access token, at once. Faults:
	// InvalidToken for anything wrong with it or its session, and those of a
	// proof where it is bound to a key.
	SignOut(ctx context.Context, caller Caller, accessToken string) error
}
