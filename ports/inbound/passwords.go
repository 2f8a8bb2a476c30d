package inbound

import (
	"context"

	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/core/fault"
)

// Passwords lets signed-in users prove their password again and change it.
type Passwords interface {
	// CheckReauthentication gives everything wrong with the values of a
	// re-authentication. It does no I/O.
	CheckReauthentication(cmd Reauthentication) []fault.Field

	// Reauthenticate proves the password of the principal again, for what asks
	// for recent proof (RFC 9470), and gives an access token that tells of it;
	// those of later refreshes do as well. Faults: InvalidCredentials, which
	// says nothing of why; ValidationError, RateLimited, Overloaded.
	Reauthenticate(ctx context.Context, caller Caller, who Principal, cmd Reauthentication) (AccessToken, error)

	// CheckChange gives everything wrong with the values of a change that can
	// be told without the account. It does no I/O.
	CheckChange(cmd PasswordChange) []fault.Field

	// Change gives the principal another password and ends all their other
	// sessions. Faults: ReauthenticationRequired when the principal's proof of
	// who they are is too old; WrongPassword when the current password is
	// another, also by now; ValidationError, RateLimited, Overloaded.
	Change(ctx context.Context, caller Caller, who Principal, cmd PasswordChange) error
}

// Reauthentication proves again who asks.
type Reauthentication struct{ Password credential.Password }

// PasswordChange asks for another password.
type PasswordChange struct{ Current, New credential.Password }
