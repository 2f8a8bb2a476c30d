package revocation

import (
	"time"

	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/token"
)

// Set is what was revoked within the life of an access token. Tokens that live
// no longer than that are all it can judge. It is not safe for concurrent use.
type Set struct {
	life          time.Duration
	before        time.Time // sessions opened earlier are over
	young, old    map[session.ID]struct{}
	youngestSince time.Time
}

// NewSet makes an empty Set for tokens that live at most so long.
func NewSet(life time.Duration) *Set {
	return &Set{life: life, young: map[session.ID]struct{}{}}
}

// Add takes a revocation in. It is remembered from now on for at least the life
// of a token, and at most for twice that.
func (s *Set) Add(r Revocation, now time.Time) {
	switch age := now.Sub(s.youngestSince); {
	case age >= s.life:
		// By halves: to forget one by one would be to look at each.
		s.young, s.old, s.youngestSince = map[session.ID]struct{}{}, s.young, now
	case age < 0: // the clock was set back
		s.youngestSince = now
	}
	if !r.Session.IsZero() {
		s.young[r.Session] = struct{}{}
	}
	if r.Before.After(s.before) {
		s.before = r.Before
	}
}

// Refuses tells whether a token is known to be revoked.
func (s *Set) Refuses(c token.Claims) bool {
	if opened, ok := c.Session.Time(); !s.before.IsZero() && (!ok || opened.Before(s.before)) {
		return true
	}
	if _, ended := s.young[c.Session]; ended {
		return true
	}
	_, ended := s.old[c.Session]
	return ended
}

// Len is how many sessions are remembered.
func (s *Set) Len() int { return len(s.young) + len(s.old) }
