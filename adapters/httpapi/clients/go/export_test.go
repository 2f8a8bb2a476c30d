package plinto

import "time"

// SetClock replaces the clock, before anything else is done.
func (v *Verifier) SetClock(now func() time.Time) { v.now, v.keys.now = now, now }

// CatchUp is a feed that tells the end of a session, and that there is no more.
func (v *Verifier) CatchUp(session string, at time.Time) {
	v.revoked.add(session, at)
	v.revoked.advance(at, 0)
}
