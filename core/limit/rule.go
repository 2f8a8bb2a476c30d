// Package limit owns rate limits: what a rule is, and the arithmetic that
// decides whether one more request fits. Where buckets are kept is an adapter's
// business.
package limit

import "time"

// Rule allows Quota requests in a Window. A client may spend the quota at once
// and gets it back evenly.
type Rule struct {
	Name   string // as it stands in the RateLimit header fields, e.g. "signin"
	Quota  int
	Window time.Duration
}

// Interval is how long one request takes to be given back, in whole
// microseconds, the unit of all arithmetic here.
func (r Rule) Interval() time.Duration {
	i := (r.Window / time.Duration(max(r.Quota, 1))).Truncate(time.Microsecond)
	return max(i, time.Microsecond)
}

// capacity is how far ahead of the present a bucket may run.
func (r Rule) capacity() time.Duration { return r.Interval() * time.Duration(r.Quota) }

// Subject is whose budget a request draws on.
type Subject struct {
	Kind SubjectKind
	Key  string // no longer than a hash or an address; never what a person typed
}

// SubjectKind keeps subjects of different kinds apart.
type SubjectKind string

// The kinds of subject.
const (
	Address SubjectKind = "address"
	Account SubjectKind = "account"
	Session SubjectKind = "session"
	Client  SubjectKind = "client" // an API client
	Device  SubjectKind = "device" // whoever has a device token
)

// String gives kind and key in one, as storage names the bucket.
func (s Subject) String() string { return string(s.Kind) + ":" + s.Key }

// Charge asks to take one request from every rule of a subject, or from none.
type Charge struct {
	Subject Subject
	Rules   []Rule
}

// Decision is how one rule answered a charge.
type Decision struct {
	Rule      Rule
	Allowed   bool
	Remaining int
	// ResetAfter is when the whole quota is there again.
	ResetAfter time.Duration
	// RetryAfter is when one more request fits; zero when Allowed.
	RetryAfter time.Duration
}

// Tightest gives the decision a client should know of: the refusal that lasts
// longest, else the rule with the smallest part of its quota left. False when
// there is no decision.
func Tightest(decisions []Decision) (Decision, bool) {
	if len(decisions) == 0 {
		return Decision{}, false
	}
	t := decisions[0]
	for _, d := range decisions[1:] {
		if tighter(d, t) {
			t = d
		}
	}
	return t, true
}

func tighter(a, b Decision) bool {
	if a.Allowed != b.Allowed {
		return !a.Allowed
	}
	if !a.Allowed {
		return a.RetryAfter > b.RetryAfter
	}
	return a.Remaining*b.Rule.Quota < b.Remaining*a.Rule.Quota
}
