package outbound

import (
	"context"
	"time"

	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
)

// Outbox keeps the mails that are owed until they are handed over.
type Outbox interface {
	// Add keeps mails to be sent, in the transaction of what caused them, in one
	// round trip. ErrConflict says that a mail of this id is there already.
	Add(ctx context.Context, mails ...mail.Mail) error

	// RemoveOfUser removes every mail about an account or to this address, in
	// whatever spelling, whether it was sent or not, and gives their number. It
	// belongs in the transaction of an erasure: what is not begun by then is
	// not sent.
	RemoveOfUser(ctx context.Context, t tenant.ID, who user.ID, address user.Email) (int, error)

	// RemoveDead removes up to limit mails that were given up by an instant,
	// and gives their number. It waits for nobody.
	RemoveDead(ctx context.Context, t tenant.ID, deadBy time.Time, limit int) (int, error)

	OutboxQueue
	OutboxDesk
}

// OutboxQueue is the outbox to those who send. A mail is one holder's from
// Claim until it is done with or the lease ends; every other method answers
// ErrStale to whoever does not have it any more, and then has changed nothing.
type OutboxQueue interface {
	// Claim gives a holder up to Limit mails that are due at Now and counts an
	// attempt of each. Those due first come first, but in no order among
	// themselves. None is given to two, however many ask at once, and nobody
	// waits for what another is claiming. Without one that is due it writes
	// nothing.
	Claim(ctx context.Context, c MailClaim) ([]mail.Entry, error)

	// Hold holds on to a mail that was not begun until another instant. It
	// belongs at the end of the transaction that the mail is written in.
	Hold(ctx context.Context, h MailHold, until time.Time) error

	// Begin notes that the mail is being handed over, and holds on to it. It can
	// be done once: whoever finds it done must not send.
	Begin(ctx context.Context, h MailHold, at, until time.Time) error

	// Done removes a mail that was sent, or need not be.
	Done(ctx context.Context, h MailHold) error

	// PutBack has a mail that was certainly not accepted tried again.
	PutBack(ctx context.Context, h MailHold, due time.Time, reason string) error

	// Bury gives a mail up. What happened is for the caller to write, in the
	// same transaction.
	Bury(ctx context.Context, h MailHold, at time.Time, reason string) error
}

// MailClaim asks for mails to send. The holder is unlike any other's, also of
// an earlier claim of one's own.
type MailClaim struct {
	Tenant tenant.ID
	Holder string
	Now    time.Time
	Until  time.Time
	Limit  int
}

// MailHold is a mail that somebody is at.
type MailHold struct {
	Tenant tenant.ID
	ID     mail.ID
	Holder string
}

// OutboxDesk is the outbox to those who look after it.
type OutboxDesk interface {
	// ByID finds a mail. ErrNotFound when there is none, or none any more.
	ByID(ctx context.Context, t tenant.ID, id mail.ID) (mail.Entry, error)

	// List gives up to limit mails, or those that were given up, the newest
	// first, beginning behind the id before, or with the newest when before is
	// zero.
	List(ctx context.Context, t tenant.ID, dead bool, before mail.ID, limit int) ([]mail.Entry, error)

	// Revive has a mail that was given up tried again, as if for the first
	// time. ErrNotFound when there is none of this id that was given up.
	Revive(ctx context.Context, t tenant.ID, id mail.ID, at time.Time) error

	// ReviveAll does so for all that were given up, and gives their number.
	ReviveAll(ctx context.Context, t tenant.ID, at time.Time) (int, error)

	// Remove removes a mail. ErrNotFound when there is none.
	Remove(ctx context.Context, t tenant.ID, id mail.ID) error

	// Count counts the mails there are.
	Count(ctx context.Context, t tenant.ID, now time.Time) (OutboxCount, error)
}

// OutboxCount is how many mails there are.
type OutboxCount struct {
	Waiting  int       // not given up
	Due      int       // of those, due by now
	Dead     int       // given up
	OldestAt time.Time // when the oldest that waits was caused; zero when none does
}
