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
	young, old    generation
	youngestSince time.Time
}

// generation is what was revoked within the life of a token.
type generation struct {
	sessions map[session.ID]struct{}
	before   time.Time // sessions opened earlier are over
}

func newGeneration() generation { return generation{sessions: map[session.ID]struct{}{}} }

func (g generation) refuses(id session.ID) bool {
	if opened, ok := id.Time(); !g.before.IsZero() && (!ok || opened.Before(g.before)) {
		return true
	}
	_, ended := g.sessions[id]
	return ended
}

// NewSet makes an empty Set for tokens that live at most so long.
func NewSet(life time.Duration) *Set { return &Set{life: life, young: newGeneration()} }

// Add takes a revocation in. It is remembered from now on for at least the life
// of a token, and at most for twice that.
func (s *Set) Add(r Revocation, now time.Time) {
	s.Forget(now)
	// What the end of all sessions covers needs no place of its own, or that end
	// would cost every instance the memory of all that it ends.
	if !r.Session.IsZero() && !s.young.refuses(r.Session) {
		s.young.sessions[r.Session] = struct{}{}
	}
	if r.Before.After(s.young.before) {
		s.young.before = r.Before
	}
}

// Forget drops what was revoked so long ago that no token of it lives.
func (s *Set) Forget(now time.Time) {
	switch age := now.Sub(s.youngestSince); {
	case age >= s.life:
		// By halves: to forget one by one would be to look at each.
		s.young, s.old, s.youngestSince = newGeneration(), s.young, now
	case age < 0: // the clock was set back
		s.youngestSince = now
	}
}

// Refuses tells whether a token is known to be revoked.
func (s *Set) Refuses(c token.Claims) bool {
	return s.young.refuses(c.Session) || s.old.refuses(c.Session)
}

// Len is how many sessions are remembered.
func (s *Set) Len() int { return len(s.young.sessions) + len(s.old.sessions) }
