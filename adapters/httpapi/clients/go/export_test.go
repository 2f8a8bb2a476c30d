package plinto

import "time"

// SetClock replaces the clock, before anything else is done.
func (v *Verifier) SetClock(now func() time.Time) { v.now, v.keys.now = now, now }
