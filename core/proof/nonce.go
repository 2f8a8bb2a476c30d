package proof

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"time"
)

// Nonces makes and knows the nonces of RFC 9449 section 8. A nonce is an
// instant with a tag under the application's key, so every instance knows those
// of the others and none keeps any.
type Nonces struct{ keys [][]byte }

// NewNonces derives (HKDF, RFC 5869) what nonces need from the application's
// secret and from earlier ones, which still check.
func NewNonces(current []byte, previous ...[]byte) (*Nonces, error) {
	n := &Nonces{}
	for _, secret := range append([][]byte{current}, previous...) {
		key, err := hkdf.Key(sha256.New, secret, nil, "plinto dpop nonce v1", sha256.Size)
		if err != nil {
			return nil, fmt.Errorf("derive the key of nonces: %w", err)
		}
		n.keys = append(n.keys, key)
	}
	return n, nil
}

const (
	// NonceLifetime is how long a nonce is good, from the beginning of its step.
	NonceLifetime = 5 * time.Minute
	// nonceStep is how long all instances give the same nonce.
	nonceStep = time.Minute
	// nonceLeeway is how far another instance's clock may be ahead of ours.
	nonceLeeway = 5 * time.Second

	nonceTag  = 16 // bytes: an HMAC-SHA-256, truncated (RFC 2104 section 5)
	nonceSize = 8 + nonceTag
)

// encoding refuses the spellings of the last character that mean the same
// bytes: a nonce has one text.
var encoding = base64.RawURLEncoding.Strict()

// At is the nonce of a moment.
func (n *Nonces) At(now time.Time) string {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, nonceSize), uint64(now.Truncate(nonceStep).Unix()))
	return encoding.EncodeToString(append(b, tag(n.keys[0], b)...))
}

// check tells whether a nonce is one of ours and still good, and until when.
func (n *Nonces) check(nonce string, now time.Time) (until time.Time, good bool) {
	if len(nonce) != encoding.EncodedLen(nonceSize) {
		return time.Time{}, false
	}
	b, err := encoding.DecodeString(nonce)
	if err != nil || len(b) != nonceSize || !n.made(b) {
		return time.Time{}, false
	}
	step := time.Unix(int64(binary.BigEndian.Uint64(b)), 0).UTC()
	until = step.Add(NonceLifetime)
	return until, now.Before(until) && !step.After(now.Add(nonceLeeway))
}

func (n *Nonces) made(nonce []byte) bool {
	for _, key := range n.keys {
		if hmac.Equal(nonce[8:], tag(key, nonce[:8])) {
			return true
		}
	}
	return false
}

func tag(key, body []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(body)
	return mac.Sum(nil)[:nonceTag]
}
