package inbound

import (
	"context"

	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/core/fault"
)

// Recovery lets people who have the mailbox of an account give it another
// password.
type Recovery interface {
	// CheckForgot gives everything wrong with the values of a request for a
	// mail. It does no I/O.
	CheckForgot(cmd Forgot) []fault.Field

	// Forgot has a link mailed that sets another password. It does the same
	// whether or not there is an account. Faults: ValidationError, MailDisabled,
	// RateLimited.
	Forgot(ctx context.Context, caller Caller, cmd Forgot) error

	// CheckReset gives everything wrong with the values of a reset that can be
	// told without the account. It does no I/O.
	CheckReset(cmd Reset) []fault.Field

	// Reset sets the password of the account that a token was mailed to, and
	// ends all its sessions and everything that was under way. Faults:
	// InvalidOrExpiredToken, which says nothing of why; ValidationError,
	// RateLimited, Overloaded.
	Reset(ctx context.Context, caller Caller, cmd Reset) error
}

// Forgot asks for a mail that sets another password.
type Forgot struct{ Email string }

// Reset sets another password by a mailed token.
type Reset struct {
	Token string
	New   credential.Password
}
