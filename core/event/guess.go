package event

import (
	"strconv"
	"time"

	"github.com/plinto/plinto/core/user"
)

// Members of the payload of SuspiciousActivity.
const (
	GuessedOf = "of"       // whose guesses: account, device, session, name or address
	Failures  = "failures" // how many there were by then
)

// Guessed tells that somebody guesses at passwords: at those of an account, with
// a known device or a session of it, at one name that is nobody's, or at any
// from one address. Who is zero where it is nobody's.
func Guessed(o Origin, who user.ID, of string, failures int, at time.Time) Event {
	subject := ""
	if !who.IsZero() {
		subject = OfUser(who)
	}
	return o.event(SuspiciousActivity, Anonymous, subject, at, map[string]string{
		"reason": "guessing", GuessedOf: of, Failures: strconv.Itoa(failures),
	})
}

// Unlocked tells that the wrong passwords of strangers at an account were
// forgotten.
func Unlocked(o Origin, actor string, who user.ID, at time.Time) Event {
	return o.event(UserUnlocked, actor, OfUser(who), at, nil)
}
