package mail

import "time"

// When a mail is given up. Half of the longest that MostAttempts can take is
// about eight hours.
const (
	MostAttempts = 24
	MaxAge       = 72 * time.Hour // a later one would tell of what nobody remembers
)

// Between two attempts.
const (
	shortest = time.Second
	first    = 10 * time.Second // at most, after the first attempt; twice that after the second
	longest  = time.Hour
)

// Delay is how long a mail rests after so many attempts, by a fraction evenly
// drawn from [0,1): anything between a second and a bound that doubles, so that
// what failed together does not come back together.
func Delay(attempt int, fraction float64) time.Duration {
	bound := longest
	if n := attempt - 1; n < 0 {
		bound = first
	} else if n < 16 {
		bound = min(first<<n, longest)
	}
	return shortest + time.Duration(fraction*float64(bound-shortest))
}

// Death is why a mail was given up.
type Death string

// The reasons.
const (
	Rejected       Death = "rejected"        // refused for good by whoever delivers
	OutcomeUnknown Death = "outcome_unknown" // handed over, and nobody knows whether it was accepted: it may have arrived
	GivenUp        Death = "given_up"        // tried too often, or owed for too long
)

// Doomed tells of a mail that was just claimed whether it must not be tried, and
// why. Whoever had it before may have died between beginning to hand it over
// and saying what came of it: it is not sent again, for nobody is to get a mail
// twice. One that is claimed again and again without an end is given up too.
func (e Entry) Doomed(now time.Time) (Death, bool) {
	switch {
	case e.HandedOverAt != nil:
		return OutcomeUnknown, true
	case e.Attempt > MostAttempts || now.Sub(e.CreatedAt) > MaxAge:
		return GivenUp, true
	}
	return "", false
}

// Again tells when a mail that was certainly not sent is tried again; false when
// it is not.
func (e Entry) Again(now time.Time, fraction float64) (time.Time, bool) {
	due := now.Add(Delay(e.Attempt, fraction))
	if e.Attempt >= MostAttempts || due.Sub(e.CreatedAt) > MaxAge {
		return time.Time{}, false
	}
	return due, true
}
