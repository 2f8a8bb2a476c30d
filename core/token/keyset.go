package token

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/plinto/plinto/core/tenant"
)

// Algorithm is how access tokens are signed (RFC 7518 section 3.1, RFC 8037).
type Algorithm string

// The algorithms. All of them let anybody verify and only Plinto sign.
const (
	RS256 Algorithm = "RS256"
	ES256 Algorithm = "ES256"
	EdDSA Algorithm = "EdDSA"
)

// ErrAlgorithm says that there is no such algorithm here.
var ErrAlgorithm = errors.New("unknown signing algorithm")

// ParseAlgorithm reads the name of an algorithm.
func ParseAlgorithm(s string) (Algorithm, error) {
	switch a := Algorithm(s); a {
	case RS256, ES256, EdDSA:
		return a, nil
	}
	return "", fmt.Errorf("%w %q", ErrAlgorithm, s)
}

// SigningKey is a key pair as storage keeps it.
type SigningKey struct {
	Tenant     tenant.ID
	KID        string // the key's thumbprint (RFC 7638)
	Number     int    // keys of a tenant are numbered from 1; two of one number cannot be
	Algorithm  Algorithm
	Public     []byte // a JWK (RFC 7517)
	Sealed     []byte // the private key, sealed; nil when it is kept outside the database
	CreatedAt  time.Time
	ActiveFrom time.Time // when it begins to sign
	RevokedAt  *time.Time
}

// Revoked reports whether the key has been withdrawn for good. None of its
// tokens is worth anything, and it never signs again.
func (k SigningKey) Revoked() bool { return k.RevokedAt != nil }

// KeyState is what a key is good for at an instant.
type KeyState string

// The states a key goes through.
const (
	KeyNext    KeyState = "next"    // published, does not sign yet
	KeyActive  KeyState = "active"  // published, signs
	KeyRetired KeyState = "retired" // published, its tokens may still be alive
	KeyExpired KeyState = "expired" // no longer published; its tokens are dead
	KeyRevoked KeyState = "revoked" // no longer published; its tokens are refused
)

// KeySet is all the keys of a tenant.
type KeySet struct {
	Keys []SigningKey
	// Overlap is how long a key stays published after another has taken
	// over: the longest life of an access token, and some room for clocks.
	Overlap time.Duration
}

// Active is the key that signs at now: of those whose time has come, the one of
// the highest number. False when there is none.
func (s KeySet) Active(now time.Time) (SigningKey, bool) {
	var active SigningKey
	for _, k := range s.Keys {
		if !k.Revoked() && !k.ActiveFrom.After(now) && k.Number > active.Number {
			active = k
		}
	}
	return active, active.Number > 0
}

// State is what k is good for at now.
func (s KeySet) State(k SigningKey, now time.Time) KeyState {
	if k.Revoked() {
		return KeyRevoked
	}
	over, ok := s.takenOver(k)
	switch {
	case ok && !over.Add(s.Overlap).After(now):
		return KeyExpired
	case ok && !over.After(now):
		return KeyRetired // even before its time: then it will not sign at all
	case k.ActiveFrom.After(now):
		return KeyNext
	}
	return KeyActive
}

// Published are the keys that verify at now, the next one included, in the
// order of their numbers.
func (s KeySet) Published(now time.Time) []SigningKey {
	var out []SigningKey
	for _, k := range s.Keys {
		switch s.State(k, now) {
		case KeyNext, KeyActive, KeyRetired:
			out = append(out, k)
		case KeyExpired, KeyRevoked:
		}
	}
	slices.SortFunc(out, func(a, b SigningKey) int { return a.Number - b.Number })
	return out
}

// Newest is the key of the highest number that is not revoked, whether or not
// it signs yet.
func (s KeySet) Newest() (SigningKey, bool) {
	var newest SigningKey
	for _, k := range s.Keys {
		if !k.Revoked() && k.Number > newest.Number {
			newest = k
		}
	}
	return newest, newest.Number > 0
}

// TooOld reports whether the key that signs was made here and is of the age at
// which another takes over. It is not while another waits for its time, and at
// the age 0 never.
func (s KeySet) TooOld(now time.Time, age time.Duration) bool {
	newest, ok := s.Newest()
	return ok && age > 0 && newest.Sealed != nil && s.State(newest, now) == KeyActive && now.Sub(newest.CreatedAt) >= age
}

// Find gives the key that is called kid.
func (s KeySet) Find(kid string) (SigningKey, bool) {
	i := slices.IndexFunc(s.Keys, func(k SigningKey) bool { return k.KID == kid })
	if i < 0 {
		return SigningKey{}, false
	}
	return s.Keys[i], true
}

// NextNumber is the number of the key that is made next.
func (s KeySet) NextNumber() int {
	highest := 0
	for _, k := range s.Keys {
		highest = max(highest, k.Number)
	}
	return highest + 1
}

// takenOver is the first instant at which a later key signs in k's place. A
// later key that was revoked before its time never did.
func (s KeySet) takenOver(k SigningKey) (time.Time, bool) {
	var first time.Time
	for _, later := range s.Keys {
		if later.Number <= k.Number || later.Revoked() && later.RevokedAt.Before(later.ActiveFrom) {
			continue
		}
		if first.IsZero() || later.ActiveFrom.Before(first) {
			first = later.ActiveFrom
		}
	}
	return first, !first.IsZero()
}
