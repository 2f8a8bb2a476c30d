package plinto

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Verifier accepts and refuses access tokens. It is safe for concurrent use.
type Verifier struct {
	options Options
	keys    *keySet
	revoked *revoked
	now     func() time.Time
}

// New makes a Verifier, and does nothing yet: Run follows the feed. It tells
// everything that is wrong with the options at once.
func New(o Options) (*Verifier, error) {
	o, err := o.check()
	if err != nil {
		return nil, err
	}
	return &Verifier{options: o, keys: newKeySet(o, time.Now), revoked: newRevoked(), now: time.Now}, nil
}

// maxToken is far longer than any access token of Plinto's, in bytes.
const maxToken = 8 << 10

// Verify gives the claims of a good access token. Errors: ErrInvalidToken
// for one that is not good, with ErrRevoked or ErrKeyBound where that is why;
// ErrFeedLate, ErrKeys or ErrIntrospection when that cannot be known now.
func (v *Verifier) Verify(ctx context.Context, accessToken string) (Claims, error) {
	c, err := v.verify(ctx, accessToken)
	if err == nil && c.bound {
		return Claims{}, fmt.Errorf("%w: %w", ErrInvalidToken, ErrKeyBound)
	}
	return c, err
}

// verify is Verify for tokens whose key is proven elsewhere.
func (v *Verifier) verify(ctx context.Context, accessToken string) (Claims, error) {
	c, err := v.signed(ctx, accessToken)
	if err != nil {
		return Claims{}, err
	}
	// Before what was told is looked at, or it might be told in between.
	late := v.Late()
	if now := v.now(); !c.goodAt(now, v.options) || v.revoked.outlived(c, now.Add(-v.options.Leeway)) {
		return Claims{}, ErrInvalidToken
	}
	if v.revoked.refuses(c) || v.keys.isRevoked(c.kid) {
		return Claims{}, fmt.Errorf("%w: %w", ErrInvalidToken, ErrRevoked)
	}
	if !late {
		return c, nil
	}
	switch v.options.Late {
	case FailOpen:
		return c, nil
	case Introspect:
		if err := v.introspect(ctx, accessToken, c); err != nil {
			return Claims{}, err
		}
		return c, nil
	}
	return Claims{}, ErrFeedLate
}

// Late tells whether the feed of revocations is late: by the clock that nobody
// sets, or by the one that also runs while the machine sleeps.
func (v *Verifier) Late() bool {
	now, asOf := v.now(), v.AsOf()
	monotonic, wall := now.Sub(asOf), now.Round(0).Sub(asOf.Round(0))
	return max(monotonic, wall, -wall) > v.options.MaxStaleness
}

// AsOf is up to when everything that was revoked is known here; zero before the
// feed was first read.
func (v *Verifier) AsOf() time.Time { return v.revoked.asOf() }

// signed checks a token's form, type and signature (RFC 7515 section 5.2,
// RFC 9068 section 4). Nothing that is signed is read before.
func (v *Verifier) signed(ctx context.Context, text string) (Claims, error) {
	parts := strings.Split(text, ".")
	if len(text) > maxToken || len(parts) != 3 || strings.ContainsAny(text, "\r\n") {
		return Claims{}, ErrInvalidToken
	}
	var raw [3][]byte
	for i, part := range parts {
		var err error
		if raw[i], err = encoding.DecodeString(part); err != nil {
			return Claims{}, ErrInvalidToken
		}
	}
	kid, algorithm, ok := readHeader(raw[0])
	if !ok {
		return Claims{}, ErrInvalidToken
	}
	k, err := v.keys.find(ctx, kid)
	if err != nil {
		return Claims{}, err
	}
	if k.algorithm != algorithm || !k.verify([]byte(parts[0]+"."+parts[1]), raw[2]) {
		return Claims{}, ErrInvalidToken
	}
	c, ok := readClaims(raw[1])
	if !ok {
		return Claims{}, ErrInvalidToken
	}
	c.kid = kid
	return c, nil
}

// readHeader reads a protected header. An extension that must be understood is
// not.
func readHeader(raw []byte) (kid, algorithm string, ok bool) {
	var header map[string]json.RawMessage
	if json.Unmarshal(raw, &header) != nil {
		return "", "", false
	}
	if _, critical := header["crit"]; critical {
		return "", "", false
	}
	var typ string
	for name, to := range map[string]*string{"kid": &kid, "alg": &algorithm, "typ": &typ} {
		if json.Unmarshal(header[name], to) != nil || *to == "" {
			return "", "", false
		}
	}
	typ = strings.ToLower(typ)
	return kid, algorithm, strings.TrimPrefix(typ, "application/") == "at+jwt"
}
