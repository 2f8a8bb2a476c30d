package session

import "time"

// StepUp is how long ago users may have proved who they are to do what a
// session alone must not be enough for, such as changing what proves them
// (RFC 9470, max_age). Zero asks for no proof beyond the session.
type StepUp time.Duration

// Satisfied reports whether proof given at authenticatedAt is recent enough at
// now. The zero time is no proof.
func (s StepUp) Satisfied(authenticatedAt, now time.Time) bool {
	return s <= 0 || !now.After(authenticatedAt.Add(time.Duration(s)))
}
