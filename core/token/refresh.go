package token

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/plinto/plinto/core/session"
)

// Refresh is a refresh token, opened.
type Refresh struct {
	Session    session.ID
	Generation uint32
	Secret     [32]byte
	// key is which application key the token was made under. Its successor's
	// secret comes of the same key, so that instances that are between two
	// keys still agree on it.
	key keyID
}

// Hash is what storage keeps of a secret: it cannot be turned back.
func (r Refresh) Hash() [32]byte { return sha256.Sum256(r.Secret[:]) }

// ErrForged says that a text is no refresh token of ours.
var ErrForged = errors.New("not a refresh token of this service")

// Prefix begins every refresh token, so that secret scanners know one.
const Prefix = "prt_"

// The layout of a token, version 1: one byte of version, four of key id,
// sixteen of session id, four of generation, thirty-two of secret and sixteen of
// tag, an HMAC-SHA-256 over all before it, truncated (RFC 2104 section 5).
const (
	version  = 1
	tagSize  = 16
	bodySize = 1 + 4 + 16 + 4 + 32
	size     = bodySize + tagSize
)

// encoding refuses the spellings of the last character that mean the same
// bytes: a token has one text.
var encoding = base64.RawURLEncoding.Strict()

type keyID [4]byte

type keys struct{ tag, ratchet []byte }

// Keyring holds the application's keys, by their ids.
type Keyring struct {
	current keyID
	keys    map[keyID]keys
}

// NewKeyring derives (HKDF, RFC 5869) what refresh tokens need from the
// application's secret and, for as long as tokens made under them are about,
// from earlier ones. Each is at least 16 bytes.
func NewKeyring(current []byte, previous ...[]byte) (*Keyring, error) {
	ring := &Keyring{keys: make(map[keyID]keys, 1+len(previous))}
	for i, secret := range append([][]byte{current}, previous...) {
		if len(secret) < 16 {
			return nil, fmt.Errorf("an application key has %d bytes; at least 16 are needed", len(secret))
		}
		id, k, err := derive(secret)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			ring.current = id
		}
		ring.keys[id] = k
	}
	return ring, nil
}

func derive(secret []byte) (keyID, keys, error) {
	var id keyID
	var parts [3][]byte
	for i, purpose := range []string{"plinto refresh key-id v1", "plinto refresh tag v1", "plinto refresh ratchet v1"} {
		part, err := hkdf.Key(sha256.New, secret, nil, purpose, 32)
		if err != nil {
			return id, keys{}, fmt.Errorf("derive %s: %w", purpose, err)
		}
		parts[i] = part
	}
	copy(id[:], parts[0])
	return id, keys{tag: parts[1], ratchet: parts[2]}, nil
}

// First is the first token of a session, whose secret is 32 random bytes.
func (k *Keyring) First(id session.ID, secret [32]byte) Refresh {
	return Refresh{Session: id, Secret: secret, key: k.current}
}

// Next is the successor of r. It is the same for everybody who holds r and the
// key r was made under, and cannot be computed without both. The token that
// carries it is made under the current key.
func (k *Keyring) Next(r Refresh) Refresh {
	next := Refresh{Session: r.Session, Generation: r.Generation + 1, key: k.current}
	mac := hmac.New(sha256.New, k.keys[r.key].ratchet)
	mac.Write(r.Secret[:])
	mac.Write(r.Session[:])
	mac.Write(binary.BigEndian.AppendUint32(nil, next.Generation))
	mac.Sum(next.Secret[:0])
	return next
}

// Encode writes r as a client holds it.
func (k *Keyring) Encode(r Refresh) string {
	b := make([]byte, 0, size)
	b = append(b, version)
	b = append(b, r.key[:]...)
	b = append(b, r.Session[:]...)
	b = binary.BigEndian.AppendUint32(b, r.Generation)
	b = append(b, r.Secret[:]...)
	b = append(b, k.tag(r.key, b)...)
	return Prefix + encoding.EncodeToString(b)
}

// Parse opens a token, or says ErrForged. It costs one HMAC and no more,
// whatever is presented.
func (k *Keyring) Parse(text string) (Refresh, error) {
	body, ok := strings.CutPrefix(text, Prefix)
	if !ok || len(body) != encoding.EncodedLen(size) {
		return Refresh{}, ErrForged
	}
	b, err := encoding.DecodeString(body)
	if err != nil || len(b) != size || b[0] != version {
		return Refresh{}, ErrForged
	}
	r := Refresh{
		key:        keyID(b[1:5]),
		Session:    session.ID(b[5:21]),
		Generation: binary.BigEndian.Uint32(b[21:25]),
		Secret:     [32]byte(b[25:57]),
	}
	if _, known := k.keys[r.key]; !known {
		return Refresh{}, ErrForged
	}
	if !hmac.Equal(b[bodySize:], k.tag(r.key, b[:bodySize])) {
		return Refresh{}, ErrForged
	}
	return r, nil
}

func (k *Keyring) tag(id keyID, body []byte) []byte {
	mac := hmac.New(sha256.New, k.keys[id].tag)
	mac.Write(body)
	return mac.Sum(nil)[:tagSize]
}
