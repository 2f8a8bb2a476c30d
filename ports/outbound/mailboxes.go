package outbound

import (
	"context"
	"time"

	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
)

// Mailboxes changes what an account says of its mailbox, and what it has by
// somebody's proof of it. Each call follows MailedTokens.Take in one transaction;
// what happened, and to sessions, is for the caller to write, in it too.
type Mailboxes interface {
	// Verify notes that the mailbox was proved, and by whom, and tells whether it
	// is the first time.
	Verify(ctx context.Context, p MailboxProof) (first bool, err error)

	// Claim gives an account to whoever proved its mailbox: what somebody else
	// may have prepared goes, but for the sessions. The address counts as
	// verified, the password is the one given or none, no device is known, and
	// all mailed tokens, pending changes of the address among them, are
	// withdrawn. It is one method so that what lets somebody in later, like
	// second factors and linked identities, is taken away here too. ErrStale
	// when the user is not active.
	Claim(ctx context.Context, c Claim) error

	// Move gives an account the address that was proved. ErrConflict says that
	// it is somebody else's, ErrStale that the account had another one than Was
	// by then.
	Move(ctx context.Context, m AddressMove) error
}

// MailboxProof says that somebody proved the mailbox of an account.
type MailboxProof struct {
	Tenant   tenant.ID
	User     user.ID
	ByHolder bool // by somebody who has a session of the account
	At       time.Time
}

// Claim asks to give an account to whoever proved its mailbox.
type Claim struct {
	Withdrawal
	PasswordHash string // of the password that they set; empty is none
}

// AddressMove asks for another address of an account.
type AddressMove struct {
	Tenant  tenant.ID
	User    user.ID
	Was, To user.Email
	// ByHolder says that whoever proved the new mailbox has a session of the
	// account.
	ByHolder bool
	At       time.Time
}
