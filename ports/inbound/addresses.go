package inbound

import (
	"context"

	"github.com/plinto/plinto/core/fault"
)

// Addresses lets people prove the address of their account, and give it another.
type Addresses interface {
	// CheckToken gives everything wrong with a mailed token that can be told
	// without looking for it.
	CheckToken(cmd MailedToken) []fault.Field

	// Verify proves the address that a token was mailed to. The principal is who
	// asks, if they are signed in, and zero otherwise: whoever proves it from a
	// session of the account shows that the account is theirs. Faults:
	// InvalidOrExpiredToken, ValidationError, RateLimited.
	Verify(ctx context.Context, caller Caller, who Principal, cmd MailedToken) error

	// Resend has the link mailed again that proves the principal's address.
	// Faults: AlreadyVerified, InvalidToken, MailDisabled, RateLimited.
	Resend(ctx context.Context, caller Caller, who Principal) error

	// CheckChange gives everything wrong with the values of a change that can be
	// told without the account. It does no I/O.
	CheckChange(cmd AddressChange) []fault.Field

	// Change has a link mailed to another address, which becomes the account's
	// when it is opened. It does the same whether or not the address is
	// somebody's. Faults: ReauthenticationRequired when the principal's proof of
	// who they are is too old; ValidationError, InvalidToken, MailDisabled,
	// RateLimited.
	Change(ctx context.Context, caller Caller, who Principal, cmd AddressChange) error

	// Confirm gives an account the address that a token was mailed to. The
	// principal is as of Verify. Faults: InvalidOrExpiredToken, EmailTaken when
	// another account has the address by now, ValidationError, RateLimited.
	Confirm(ctx context.Context, caller Caller, who Principal, cmd MailedToken) error
}

// MailedToken presents the token of a mailed link.
type MailedToken struct{ Token string }

// AddressChange asks for another address.
type AddressChange struct{ NewEmail string }
