package outbound

import (
	"context"
	"time"

	"github.com/plinto/plinto/core/onetime"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
)

// MailedTokens keeps what proves the links in mails, as hashes. A token is good
// while it is the newest of its purpose that its user was mailed, was not used or
// withdrawn and has not expired, its user is active, and the address that it was
// mailed to is the user's; with onetime.ChangeEmail it may be any.
type MailedTokens interface {
	// Keep keeps a token in place of the one of its purpose that the user had.
	// ErrStale says that it would be good for nothing: the user is not active or
	// has another address, or one was asked for later, or all that were asked
	// for by then were withdrawn. Then nothing has changed.
	Keep(ctx context.Context, g onetime.Grant) error

	// Find tells what a good token is of, and leaves it good. ErrNotFound when
	// it is not good.
	Find(ctx context.Context, t MailedToken) (TokenHolder, error)

	// Take uses a good token up: of any number of calls at once, one finds it
	// good. What it is good for is for the caller to do, in the same
	// transaction, through which the user's status and credentials stay as they
	// are told. ErrNotFound when it is not good; then nothing has changed.
	Take(ctx context.Context, t MailedToken) (TokenHolder, error)

	// Withdraw makes the tokens of a user worthless, and those that were asked
	// for and are not mailed yet: all of the purposes, or of every purpose when
	// none is given.
	Withdraw(ctx context.Context, w Withdrawal, purposes ...onetime.Purpose) error

	// Remove removes up to limit tokens that have expired, and gives their
	// number. It waits for nobody.
	Remove(ctx context.Context, t tenant.ID, now time.Time, limit int) (int, error)
}

// MailedToken is a token that was presented.
type MailedToken struct {
	Tenant  tenant.ID
	Purpose onetime.Purpose
	Hash    [32]byte
	Now     time.Time
}

// TokenHolder is what a mailed token is of.
type TokenHolder struct {
	User     user.User
	Address  user.Email // that it was mailed to
	Redirect string
	Mailbox  user.Mailbox
}

// Withdrawal asks to make tokens worthless that were asked for by an instant.
type Withdrawal struct {
	Tenant tenant.ID
	User   user.ID
	At     time.Time
	// Until is how long that is kept in mind: no mail that was asked for by At
	// is written after it.
	Until time.Time
}
