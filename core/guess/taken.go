package guess

import "time"

// Rules is what a guess obeys.
type Rules struct {
	Subject Rule // of accounts, devices, sessions and names that are nobody's
	Address Rule // of networks
}

// Longest is how long after its last guess a tally may count.
func (r Rules) Longest() time.Duration {
	return max(time.Duration(r.Subject.Most)*r.Subject.Forget, time.Duration(r.Address.Most)*r.Address.Forget)
}

// Taken is a guess that was counted, or the wait that it met with.
type Taken struct {
	// Subject is whose tally it was counted in. Address is the network's, empty
	// where networks are not asked: for a known device, and in a session.
	Subject Subject
	Address Subject
	Origin  string // the pseudonym of the network
	Rules   Rules

	// OK says that the guess may be looked at. Otherwise nothing was counted,
	// and there is no other before RetryAt.
	OK      bool
	RetryAt time.Time

	// Failures are those in the tally, with this one. Told says that this
	// episode was told of before.
	Failures        int
	Told            bool
	AddressFailures int
	AddressTold     bool
}

// Tells is whether an episode may have to be told of, if the guess is wrong.
func (t Taken) Tells() (ofSubject, ofAddress bool) {
	over := func(r Rule, failures int, told bool) bool { return r.Tell > 0 && failures >= r.Tell && !told }
	return over(t.Rules.Subject, t.Failures, t.Told), over(t.Rules.Address, t.AddressFailures, t.AddressTold)
}
