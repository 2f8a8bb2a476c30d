package outbound

import (
	"context"
	"time"

	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/guess"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
)

// Guesses counts wrong passwords, as core/guess says. What counts outlives a
// restart, and everything else that only limits.
type Guesses interface {
	// ForSignIn finds an account as Users.ForSignIn does and counts a guess at
	// its password, in one round trip. An account that is not there is the zero
	// User and not an error. Of any number of guesses at once, no more are taken
	// than one after the other. When the tally takes none, or that of the
	// network, nothing is counted; of guesses at once the network's may be.
	ForSignIn(ctx context.Context, g SignInGuess) (Guessed, error)

	// InSession finds an account as Users.WithPassword does and counts a guess
	// by somebody with a session, in one round trip. ErrNotFound when there is
	// no such account.
	InSession(ctx context.Context, g SessionGuess) (Guessed, error)

	// Forgive takes a guess back. Proven says that it was right: then those that
	// the same network made just before are taken back, too. Sessions.Open and
	// Sessions.Reauthenticate do it by themselves.
	Forgive(ctx context.Context, t tenant.ID, g guess.Taken, proven bool) error

	// Refuse writes down that a guess was wrong, and tells of the episodes that
	// nobody has told of yet, all of it or nothing, in one round trip. Of any
	// number at once, one tells.
	Refuse(ctx context.Context, r Refusal) error

	// Of gives the tally of a subject as it was at the last guess; the zero
	// Tally when there is none.
	Of(ctx context.Context, t tenant.ID, s guess.Subject) (guess.Tally, error)

	// Forget removes the tallies of subjects. It belongs in the transaction of
	// what makes their guesses worthless, such as another password.
	Forget(ctx context.Context, t tenant.ID, subjects ...guess.Subject) error

	// RemoveForgotten removes up to limit tallies without failures of another
	// day than now's, and those without a guess since forgotten. It gives their
	// number, and waits for nobody.
	RemoveForgotten(ctx context.Context, t tenant.ID, now, forgotten time.Time, limit int) (int, error)
}

// SignInGuess asks to sign in with a password.
type SignInGuess struct {
	Tenant tenant.ID
	Who    user.Identifier
	Nobody guess.Subject // whose it is when there is no such account
	// Device is the session of a device token that was shown, zero for none. It
	// counts when it is a session of the account's that is live by Lifetime at
	// Now, or whose user proved the password that the account has now, unless
	// somebody ended it for another reason than signing out or too many.
	Device   session.ID
	Lifetime session.Lifetime
	Address  guess.Subject
	Origin   string
	Rules    guess.Rules
	Now      time.Time
}

// SessionGuess asks to prove a password in a session.
type SessionGuess struct {
	Tenant  tenant.ID
	User    user.ID
	Session session.ID
	Origin  string
	Rules   guess.Rules
	Now     time.Time
}

// Guessed is whose password was guessed at, and whether the guess counts.
type Guessed struct {
	User         user.User
	PasswordHash string // empty when there is none
	Guess        guess.Taken
}

// Refusal is what is written of a wrong password.
type Refusal struct {
	Event    event.Event
	Episodes []Episode
}

// Episode is told of once it has this many failures.
type Episode struct {
	Tenant  tenant.ID
	Subject guess.Subject
	Tell    int
	Event   event.Event
	Mail    *mail.Mail // nil when nobody is owed one
}
