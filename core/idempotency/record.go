package idempotency

import "time"

// Record is what is remembered of a key.
type Record struct {
	Fingerprint [32]byte  // of the request that has it
	LeasedUntil time.Time // while that request may still be under way
	ExpiresAt   time.Time
	Mismatches  int    // requests under the key that were not that one, the present one included
	Answer      []byte // sealed; nil while there is none
}

// Verdict is what becomes of a request whose key is somebody's.
type Verdict int

// The verdicts.
const (
	Free       Verdict = iota // the key may be had: its time is over, or its holder died
	Replay                    // it is a repetition, and gets the first answer
	InProgress                // it is a repetition of one that is not done
	Reused                    // it is another request
)

// Judge tells what becomes of the request with this fingerprint.
func (r Record) Judge(fingerprint [32]byte, now time.Time) Verdict {
	switch {
	case !now.Before(r.ExpiresAt):
		return Free
	case fingerprint != r.Fingerprint, r.Mismatches >= MaxMismatches:
		return Reused
	case r.Answer != nil:
		return Replay
	case now.Before(r.LeasedUntil):
		return InProgress
	}
	return Free
}
