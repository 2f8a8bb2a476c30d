package limit

import "time"

// Take decides a charge by the generic cell rate algorithm (ITU-T I.371
// annex A, in its virtual scheduling form).
//
// A bucket is one instant, its theoretical arrival time: when the whole quota
// will be there again. arrivals holds one for each rule, in order, in
// microseconds since the Unix epoch, and zero for a bucket not yet used. Take
// gives the arrivals to store and a decision for each rule. When any rule
// refuses, nothing is taken from any, and the arrivals come back unchanged.
func Take(rules []Rule, arrivals []int64, now time.Time) ([]int64, []Decision) {
	at := now.UnixMicro()
	next := make([]int64, len(rules))
	decisions := make([]Decision, len(rules))
	allowed := true
	for i, r := range rules {
		capacity := r.capacity().Microseconds()
		// An arrival further ahead than the capacity was written by a clock
		// that ran ahead, and would refuse for as long as it did.
		next[i] = min(max(arrivals[i], at), at+capacity) + r.Interval().Microseconds()
		wait := next[i] - capacity - at
		decisions[i] = Decision{Rule: r, Allowed: wait <= 0, RetryAfter: micros(max(wait, 0))}
		allowed = allowed && decisions[i].Allowed
	}
	if !allowed {
		next = arrivals
	}
	for i, r := range rules {
		ahead := min(max(next[i]-at, 0), r.capacity().Microseconds())
		decisions[i].Remaining = int((r.capacity().Microseconds() - ahead) / r.Interval().Microseconds())
		decisions[i].ResetAfter = micros(ahead)
	}
	return next, decisions
}

// GiveBack undoes a charge that was allowed: it gives the arrivals to store,
// each an interval earlier, and never before the present.
func GiveBack(rules []Rule, arrivals []int64, now time.Time) []int64 {
	next := make([]int64, len(rules))
	for i, r := range rules {
		next[i] = max(arrivals[i]-r.Interval().Microseconds(), min(arrivals[i], now.UnixMicro()))
	}
	return next
}

// Allowed reports whether no rule refused.
func Allowed(decisions []Decision) bool {
	for _, d := range decisions {
		if !d.Allowed {
			return false
		}
	}
	return true
}

func micros(n int64) time.Duration { return time.Duration(n) * time.Microsecond }
