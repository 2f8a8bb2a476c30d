package proof

import "time"

// Request is what a proof must have been made for.
type Request struct {
	Method string // as it was asked
	URI    string // as clients call it; query and fragment count for nothing
	// AccessToken is the token that is presented; empty when none is.
	AccessToken string
}

// Rule is what proofs must keep.
type Rule struct {
	MaxAge        time.Duration // how old a proof may be
	Leeway        time.Duration // how far a client's clock may be ahead
	NonceRequired bool          // whether each proof carries a nonce of ours
	Nonces        *Nonces
}

// Margin is how much longer than it can be good a used proof is remembered, for
// instances whose clocks differ.
const Margin = time.Minute

// Check holds a well-signed proof against the request it came with (RFC 9449
// section 4.3, points 4 and 8 to 11) and gives the first instant at which it
// will be out of date. It answers ErrInvalid or ErrNonce. That the proof was not
// used before is for storage to tell, and whose key it has to be for the caller.
func (r Rule) Check(c Claims, q Request, now time.Time) (until time.Time, err error) {
	switch {
	case c.ID == "" || len(c.ID) > MaxID:
		return time.Time{}, Invalid("jti is missing or too long")
	case c.KeyThumbprint == "":
		return time.Time{}, Invalid("the key has no thumbprint")
	case c.Method != q.Method:
		return time.Time{}, Invalid("htm is another method")
	case !sameURI(c.URI, q.URI):
		return time.Time{}, Invalid("htu is another address")
	case q.AccessToken != "" && c.AccessTokenHash != TokenHash(q.AccessToken):
		return time.Time{}, Invalid("ath is of another token, or missing")
	}
	if c.Nonce != "" {
		// The server's own clock stands behind a nonce, so the client's does
		// not matter (section 4.3, point 11).
		until, good := r.Nonces.check(c.Nonce, now)
		if !good {
			return time.Time{}, ErrNonce
		}
		return until, nil
	}
	if r.NonceRequired {
		return time.Time{}, ErrNonce
	}
	until = c.IssuedAt.Add(r.MaxAge)
	switch {
	case !now.Before(until):
		return time.Time{}, Invalid("iat is too long ago")
	case c.IssuedAt.After(now.Add(r.Leeway)):
		return time.Time{}, Invalid("iat is in the future")
	}
	return until, nil
}
