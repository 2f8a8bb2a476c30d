package inbound

import "context"

// Tokens looks after the tokens of sessions.
type Tokens interface {
	// Authenticate tells who an access token stands for, and asks no store
	// while the feed of revocations is up to date. Faults: InvalidToken for
	// anything wrong with it, or when its session has ended more than a second
	// ago; Unavailable when that cannot be known.
	Authenticate(ctx context.Context, caller Caller, accessToken string) (Principal, error)

	// Refresh gives the successor of a refresh token and a fresh access token.
	// Faults: InvalidRefreshToken for anything wrong with it, RateLimited.
	Refresh(ctx context.Context, caller Caller, refreshToken string) (TokenPair, error)

	// SignOut ends the session of an access token, at once. Faults:
	// InvalidToken for anything wrong with it or its session.
	SignOut(ctx context.Context, caller Caller, accessToken string) error
}
