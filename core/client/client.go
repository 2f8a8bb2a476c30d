// Package client owns API clients: other services that may ask Plinto about
// tokens and revocations. Users' sessions and OAuth are not its business.
package client

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/plinto/plinto/core/id"
	"github.com/plinto/plinto/core/tenant"
)

// ID identifies a Client. It is no secret.
type ID = id.Of[Client]

// Client is another service, with one credential. A second credential is a
// second client.
type Client struct {
	Tenant     tenant.ID
	ID         ID
	Name       string // for operators; need not be unique
	Scopes     []Scope
	SecretHash [32]byte // SHA-256 of the secret
	CreatedAt  time.Time
	LastUsedAt *time.Time // to the minute or so; nil when it never was
	RevokedAt  *time.Time // nil while it is good
}

// Scope is what a client may do.
type Scope string

// The scopes.
const (
	Introspect  Scope = "introspect"  // ask about a token (RFC 7662)
	Revocations Scope = "revocations" // follow what is revoked
)

// Scopes lists all of them.
func Scopes() []Scope { return []Scope{Introspect, Revocations} }

// ErrScope says that there is no such scope.
var ErrScope = errors.New("unknown scope")

// ParseScopes reads names of scopes, and drops repetitions.
func ParseScopes(names []string) ([]Scope, error) {
	var out []Scope
	for _, name := range names {
		s := Scope(name)
		if !slices.Contains(Scopes(), s) {
			return nil, fmt.Errorf("%w %q", ErrScope, name)
		}
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return out, nil
}

// MaxName is the longest name, in characters.
const MaxName = 100

// ErrName says that a name is none that can be shown in a line.
var ErrName = fmt.Errorf("the name of a client has 1 to %d printable characters", MaxName)

// ParseName reads a name.
func ParseName(s string) (string, error) {
	s = strings.TrimSpace(s)
	if s == "" || !utf8.ValidString(s) || utf8.RuneCountInString(s) > MaxName ||
		strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return "", ErrName
	}
	return s, nil
}

// May tells whether the client has a scope.
func (c Client) May(s Scope) bool { return slices.Contains(c.Scopes, s) }

// Proves tells whether the client is good and this is its secret, in a time
// that depends on neither. Of a zero Client nothing is the secret.
func (c Client) Proves(secret string) bool {
	hash := HashSecret(secret)
	same := subtle.ConstantTimeCompare(hash[:], c.SecretHash[:]) == 1
	return same && !c.ID.IsZero() && c.RevokedAt == nil
}

// noteUse is how often the use of a client is noted at most.
const noteUse = time.Minute

// UseIsNews tells whether a use at now is worth noting.
func (c Client) UseIsNews(now time.Time) bool {
	return c.LastUsedAt == nil || now.Sub(*c.LastUsedAt) >= noteUse || now.Before(*c.LastUsedAt)
}

// SecretPrefix begins every secret, so that secret scanners know one.
const SecretPrefix = "pcs_"

// Secret writes 32 random bytes as the secret that a client holds.
func Secret(random [32]byte) string {
	return SecretPrefix + base64.RawURLEncoding.EncodeToString(random[:])
}

// HashSecret is what storage keeps of a secret. One pass of SHA-256 is enough
// and a slow hash would buy nothing: there are 2^256 secrets, all of them as
// likely, so nobody finds one by trying; passwords are hashed slowly because
// people choose them.
func HashSecret(secret string) [32]byte { return sha256.Sum256([]byte(secret)) }

// Snapshot is a Client as storage keeps it, with the words that need reading.
type Snapshot struct {
	Client
	Scopes     string // with spaces between
	SecretHash []byte
}

// ScopeText writes scopes as storage keeps them.
func ScopeText(scopes []Scope) string {
	words := make([]string, len(scopes))
	for i, s := range scopes {
		words[i] = string(s)
	}
	return strings.Join(words, " ")
}

// Restore makes a Client of what was stored. A row that the rules forbid is an
// error: it was not written by this package.
func Restore(s Snapshot) (Client, error) {
	c := s.Client
	if len(s.SecretHash) != len(c.SecretHash) {
		return Client{}, fmt.Errorf("client %s: stored secret hash has %d bytes", c.ID, len(s.SecretHash))
	}
	copy(c.SecretHash[:], s.SecretHash)
	var err error
	if c.Scopes, err = ParseScopes(strings.Fields(s.Scopes)); err != nil {
		return Client{}, fmt.Errorf("client %s: %w", c.ID, err)
	}
	return c, nil
}
