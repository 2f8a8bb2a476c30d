package plinto

import "errors"

// The refusals, to be told apart by errors.Is.
var (
	// ErrInvalidToken says that a token is not good: badly signed, out of
	// date, or meant for somebody else.
	ErrInvalidToken = errors.New("invalid access token")
	// ErrRevoked says that a token was good and is so no more. It comes with
	// ErrInvalidToken.
	ErrRevoked = errors.New("revoked access token")
	// ErrKeyBound says that a token needs a proof of its key beside it, which
	// was not checked. It comes with ErrInvalidToken.
	ErrKeyBound = errors.New("access token is bound to a key")
	// ErrFeedLate says that it is not known by now whether a token is revoked.
	ErrFeedLate = errors.New("the feed of revocations is late")
	// ErrKeys says that there are no keys to verify a token with, because the
	// key set could not be fetched.
	ErrKeys = errors.New("the key set cannot be fetched")
	// ErrIntrospection says that Plinto could not be asked about a token.
	ErrIntrospection = errors.New("the token cannot be introspected")
)
