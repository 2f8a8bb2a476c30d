// Package idempotency owns what makes two requests one request: the key that a
// client names it by (draft-ietf-httpapi-idempotency-key-header), the marks that
// storage keeps of it, and what a repetition gets. It refuses to keep a key, a
// body or an answer in the clear.
package idempotency

import (
	"strings"
	"time"

	"github.com/plinto/plinto/core/fault"
)

const (
	// Lifetime is how long a repetition gets the first answer.
	Lifetime = 24 * time.Hour
	// Lease is how long a key is kept for a request under way, and so how long
	// it is out of use after the instance that worked on it died. No request
	// lives as long.
	Lease = time.Minute
	// MaxMismatches is how many requests that are not the first one a key
	// survives. Whoever knows somebody's key could otherwise guess at the body,
	// and with it at a password, for as long as the answer is kept.
	MaxMismatches = 10

	maxKey = 255
)

// Key is what a client names a request by: 1 to 255 printable ASCII characters.
type Key string

// ParseKey reads a key, or says what is wrong with it.
func ParseKey(text string) (Key, []fault.Field) {
	if text == "" || len(text) > maxKey || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) {
		return "", []fault.Field{fault.IdempotencyKeyInvalid.In("header.Idempotency-Key", maxKey)}
	}
	return Key(text), nil
}
