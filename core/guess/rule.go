package guess

import "time"

// Rule is how many failures of one subject are put up with. The zero Rule puts
// up with any number.
type Rule struct {
	// Free is how many failures cost no wait. The one that makes them Free is
	// followed by First, and each further one by twice as long as the one
	// before, up to Longest.
	Free    int
	First   time.Duration
	Longest time.Duration
	// Most is how many failures are taken in a row. From then on there is one
	// guess a Forget.
	Most int
	// Forget is how long it takes for one failure to be forgotten.
	Forget time.Duration
	// Tell is the number of failures that the owner and operators are told of;
	// zero tells nobody.
	Tell int
}

// Wait is how long nobody may guess after a failure that makes them n.
func (r Rule) Wait(n int) time.Duration {
	switch {
	case r.Most <= 0 || n < r.Free || n <= 0:
		return 0
	case n >= r.Most:
		return r.Forget
	}
	wait := r.First
	for range n - r.Free {
		if wait >= r.Longest {
			break
		}
		wait *= 2
	}
	return min(wait, r.Longest)
}

// Waits lists what Wait gives from no failure on, until it grows no more.
func (r Rule) Waits() []time.Duration {
	waits := []time.Duration{0}
	for n := 1; n <= r.Most; n++ {
		waits = append(waits, r.Wait(n))
	}
	return waits
}

// Tally is what is remembered of a subject.
type Tally struct {
	Failures int
	// Since is when the last failure was forgotten, or the first was counted.
	Since time.Time
	// RetryAt is when the next guess may be made: the last one and its wait.
	RetryAt time.Time
	// Origin is the network that the last failures came from, and OfOrigin how
	// many of them without another's between.
	Origin   string
	OfOrigin int
	// Told says that this episode was told of. It ends with the last failure.
	Told bool
}

// Faded is the tally as it is at now.
func (r Rule) Faded(t Tally, now time.Time) Tally {
	var gone int64
	if r.Forget > 0 {
		gone = int64(max(now.Sub(t.Since), 0) / r.Forget)
	}
	if gone >= int64(t.Failures) {
		return Tally{Since: now, RetryAt: t.RetryAt}
	}
	t.Failures -= int(gone)
	t.Since = t.Since.Add(time.Duration(gone) * r.Forget)
	t.OfOrigin = min(t.OfOrigin, t.Failures)
	return t
}

// Take counts a guess from a network, as a failure until it is forgiven. When
// it is too early for one, false and the tally as it was.
func (r Rule) Take(t Tally, origin string, now time.Time) (Tally, bool) {
	// Without a wait it may be a clock that is behind, of another instance or of
	// a guess that came first and is counted last.
	if t.RetryAt.After(now) && r.Wait(t.Failures) > 0 {
		return t, false
	}
	t = r.Faded(t, now)
	if t.Origin != origin {
		t.Origin, t.OfOrigin = origin, 0
	}
	t.Failures++
	t.OfOrigin++
	t.RetryAt = now.Add(r.Wait(t.Failures))
	return t, true
}

// Forgive takes a guess back. Proven says that it was right: then the others
// that the same network made just before it are forgiven, too.
func (r Rule) Forgive(t Tally, origin string, proven bool) Tally {
	back := 1
	if proven && t.Origin == origin {
		back = max(t.OfOrigin, 1)
	}
	left := max(t.Failures-back, 0)
	// What was waited for stays what the last guess asks for.
	t.RetryAt = t.RetryAt.Add(r.Wait(left) - r.Wait(t.Failures))
	t.OfOrigin = min(max(t.OfOrigin-back, 0), left)
	t.Told = t.Told && left > 0
	t.Failures = left
	return t
}
