package inbound

import (
	"context"

	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/user"
)

// Accounts makes accounts and lets their owners in.
type Accounts interface {
	// CheckSignUp gives everything wrong with the values of a sign-up, without
	// asking whether a name is taken. It does no I/O.
	CheckSignUp(cmd SignUp) []fault.Field

	// SignUp makes an account and signs it in. Where sign-ups are hidden it signs
	// nobody in, answers the zero SignedIn and does the same whether or not the
	// address is somebody's: a mail goes to whoever has it. With a proof, the session is
	// bound to its key. Faults: ValidationError, SignupsDisabled, EmailTaken,
	// UsernameTaken, MailDisabled, RateLimited, Overloaded, InvalidProof,
	// ProofNonceNeeded.
	SignUp(ctx context.Context, caller Caller, cmd SignUp) (SignedIn, error)

	// CheckSignIn gives everything wrong with the values of a sign-in. It does
	// no I/O.
	CheckSignIn(cmd SignIn) []fault.Field

	// Me gives the account of somebody who is signed in. Fault: InvalidToken
	// when the session is over by now.
	Me(ctx context.Context, who Principal) (user.User, error)

	// SignIn signs in by password. InvalidCredentials says nothing of why, and
	// takes the same work whether or not there is such an account. With a
	// proof, the session is bound to its key. Faults besides: ValidationError,
	// RateLimited, Overloaded, InvalidProof, ProofNonceNeeded.
	SignIn(ctx context.Context, caller Caller, cmd SignIn) (SignedIn, error)
}

// SignUp asks for an account. Optional parts are empty when absent.
type SignUp struct {
	Email     string
	Password  credential.Password
	Username  string // optional
	FirstName string // optional
	LastName  string // optional
}

// SignIn asks to be let in, by an address or a user name, exactly one of them.
type SignIn struct {
	Email    string
	Username string
	Password credential.Password
	// DeviceToken was given to this client at an earlier sign-in; empty when it
	// has none. One that is not good is no fault.
	DeviceToken string
}
