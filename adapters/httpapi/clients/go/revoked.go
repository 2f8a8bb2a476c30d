package plinto

import (
	"encoding/hex"
	"strings"
	"sync"
	"time"
)

// revoked is what the feed has told, for as long as a token may live.
type revoked struct {
	mu         sync.RWMutex
	life       time.Duration // of an access token
	young, old map[string]struct{}
	turnedAt   time.Time // when young began
	before     time.Time // sessions opened earlier are over
	current    time.Time // up to when everything is known
}

// defaultLife is for as long as the feed has not said how long a token lives.
const defaultLife = 24 * time.Hour

func newRevoked() *revoked { return &revoked{life: defaultLife, young: map[string]struct{}{}} }

// add remembers a session for at least the life of a token from now on, and at
// most for twice that: by halves, since to forget one by one would be to look at
// each.
func (r *revoked) add(session string, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if age := now.Sub(r.turnedAt); age >= r.life || age < 0 {
		if age >= 0 {
			r.young, r.old = map[string]struct{}{}, r.young
		}
		r.turnedAt = now
	}
	r.young[session] = struct{}{}
}

// addAll ends every session that was opened before an instant.
func (r *revoked) addAll(before time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if before.After(r.before) {
		r.before = before
	}
}

// advance notes that everything is known that was revoked up to an instant, and
// how long a token lives now.
func (r *revoked) advance(asOf time.Time, life time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if asOf.After(r.current) {
		r.current = asOf
	}
	if life > 0 {
		r.life = life
	}
}

func (r *revoked) asOf() time.Time {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.current
}

// outlived tells whether a token is older than any is now: it was made when they
// lived longer, and whether it was revoked may be forgotten.
func (r *revoked) outlived(c Claims, now time.Time) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return now.After(c.IssuedAt.Add(r.life))
}

// refuses tells whether a token is known to be revoked.
func (r *revoked) refuses(c Claims) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if opened, ok := opened(c.Session); !r.before.IsZero() && (!ok || opened.Before(r.before)) {
		return true
	}
	if _, ended := r.young[c.Session]; ended {
		return true
	}
	_, ended := r.old[c.Session]
	return ended
}

// opened is when a session was opened, in milliseconds as its id has them; false
// when the id is not a UUID of version 7 (RFC 9562 section 5.7).
func opened(session string) (time.Time, bool) {
	digits := strings.ReplaceAll(session, "-", "")
	raw, err := hex.DecodeString(digits)
	if err != nil || len(raw) != 16 || raw[6]>>4 != 7 {
		return time.Time{}, false
	}
	var ms int64
	for _, b := range raw[:6] {
		ms = ms<<8 | int64(b)
	}
	return time.UnixMilli(ms), true
}
