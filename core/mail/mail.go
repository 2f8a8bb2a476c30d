// Package mail owns what is told to people by mail: which mails there are, what
// each says, and what becomes of one that cannot be handed over. How a mail
// reads is for templates, how it travels for adapters.
package mail

import (
	"time"

	"github.com/plinto/plinto/core/id"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
)

// ID identifies a Mail. It is the same for every attempt to send it.
type ID = id.Of[Mail]

// Kind is which mail it is. Each kind has a template.
type Kind string

// The kinds. Those of the first group carry a link that proves who has the
// mailbox; the others are notices.
const (
	VerifyEmail   Kind = "verify_email"   // proves the address of an account
	ChangeEmail   Kind = "change_email"   // proves the address that an account is to have
	ResetPassword Kind = "reset_password" // sets another password
	MagicLink     Kind = "magic_link"     // signs in
	Invitation    Kind = "invitation"     // begins an account that somebody else made

	AccountExists   Kind = "account_exists"   // somebody tried to make a second account with the address
	EmailChanged    Kind = "email_changed"    // to the address that the account had
	PasswordChanged Kind = "password_changed" // changed or reset
	NewDevice       Kind = "new_device"       // a sign-in from a device not seen before
	FailedSignIns   Kind = "failed_sign_ins"  // somebody guesses at the password
)

// Trial is sent by hand, to see whether mail works. It is never owed.
const Trial Kind = "trial"

// Kinds lists every kind that may be owed.
func Kinds() []Kind {
	return []Kind{
		VerifyEmail, ChangeEmail, ResetPassword, MagicLink, Invitation,
		AccountExists, EmailChanged, PasswordChanged, NewDevice, FailedSignIns,
	}
}

// Mail is a mail that is owed to somebody. It carries no secret: a link is made
// when the mail is written, and what proves it is kept as a hash.
type Mail struct {
	Tenant tenant.ID
	ID     ID
	Kind   Kind

	// User is whose account it is about, or zero where the cause did not look
	// for one, so that nobody can tell by its work whether there is any.
	User user.ID

	// To is the address that the cause named, as typed but for the domain, which
	// is in ASCII (user.Email.ASCII), so that whose it is can be told by its key.
	// An address that an account is to have is as typed: so it will be stored.
	// Empty is the one that the account has when the mail is written.
	To string

	// Details are what the cause knows and the mail tells, by the names below.
	Details map[string]string

	RequestID string // of the request that caused it; empty when none did
	CreatedAt time.Time
}

// Names of details.
const (
	Link     = "link"     // to open; made when the mail is written
	Expires  = "expires"  // how long the link works, in whole seconds
	Redirect = "redirect" // where a link leads on to
	Name     = "name"     // of the person, or empty
	Device   = "device"   // as session.Device names it
	Address  = "address"  // of the client
	At       = "at"       // when it happened, RFC 3339
	NewEmail = "new_email"
	Count    = "count" // how many
)
