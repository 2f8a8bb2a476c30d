package inbound

// Guesses tells how many wrong passwords this instance has met.
type Guesses interface {
	// Counts gives the numbers since the start.
	Counts() GuessCounts
}

// GuessCounts counts guesses at passwords.
type GuessCounts struct {
	Wrong       int64 // looked at, and wrong
	KeptWaiting int64 // not looked at, because it was too early for another
}
