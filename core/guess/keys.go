package guess

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
)

// Keys makes device tokens and pseudonyms, with keys derived (HKDF, RFC 5869)
// from the application's.
type Keys struct {
	tokens    [][]byte // the first makes, all check
	pseudonym []byte
}

// NewKeys derives keys from the application's secret and from earlier ones,
// whose device tokens stay good.
func NewKeys(current []byte, previous ...[]byte) (*Keys, error) {
	k := &Keys{}
	for _, secret := range append([][]byte{current}, previous...) {
		key, err := hkdf.Key(sha256.New, secret, nil, "plinto device token v1", sha256.Size)
		if err != nil {
			return nil, fmt.Errorf("derive the key of device tokens: %w", err)
		}
		k.tokens = append(k.tokens, key)
	}
	var err error
	if k.pseudonym, err = hkdf.Key(sha256.New, current, nil, "plinto guess pseudonym v1", sha256.Size); err != nil {
		return nil, fmt.Errorf("derive the key of pseudonyms: %w", err)
	}
	return k, nil
}

const (
	tokenPrefix = "pdt_"
	tagSize     = 16 // bytes: an HMAC-SHA-256, truncated (RFC 2104 section 5)
)

// encoding refuses the spellings of the last character that mean the same
// bytes: a token has one text.
var encoding = base64.RawURLEncoding.Strict()

// DeviceToken gives the token of the device that a sign-in was made from: the
// id of its session with a tag. It lets nobody in; who has it guesses from a
// tally of its own.
func (k *Keys) DeviceToken(t tenant.ID, id session.ID) string {
	return tokenPrefix + encoding.EncodeToString(append(id[:], tag(k.tokens[0], t, id)...))
}

// ReadDeviceToken gives the session of a device token that was made here; false
// for anything else. Whether the device is still known is for the store to say.
func (k *Keys) ReadDeviceToken(t tenant.ID, text string) (session.ID, bool) {
	var id session.ID
	rest, ok := strings.CutPrefix(text, tokenPrefix)
	if !ok || len(rest) != encoding.EncodedLen(len(id)+tagSize) {
		return session.ID{}, false
	}
	b, err := encoding.DecodeString(rest)
	if err != nil {
		return session.ID{}, false
	}
	copy(id[:], b)
	for _, key := range k.tokens {
		if hmac.Equal(b[len(id):], tag(key, t, id)) {
			return id, true
		}
	}
	return session.ID{}, false
}

func tag(key []byte, t tenant.ID, id session.ID) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(t[:])
	mac.Write(id[:])
	return mac.Sum(nil)[:tagSize]
}

// Pseudonym stands for a text that must not be stored, such as a name that
// somebody typed: people type passwords there. Purpose keeps pseudonyms apart.
func (k *Keys) Pseudonym(purpose, text string) string {
	mac := hmac.New(sha256.New, k.pseudonym)
	mac.Write([]byte(purpose + "\x00" + text))
	return hex.EncodeToString(mac.Sum(nil)[:tagSize])
}
