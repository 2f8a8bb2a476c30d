package inbound

import (
	"context"
	"time"

	"github.com/plinto/plinto/core/mail"
)

// Mailing sends the mails that are owed, each once, beside the requests. Any
// number of instances share the work.
type Mailing interface {
	// Run sends until ctx ends, and lets what is under way finish, within
	// seconds. It does nothing where no mail is sent.
	Run(ctx context.Context) error

	// Enabled tells whether mail is sent.
	Enabled() bool

	// Tally counts what this instance did with mails of a kind.
	Tally(k mail.Kind) MailTally

	// Backlog is how many mails there were when they were last counted, which
	// is done every few seconds.
	Backlog() MailBacklog
}

// MailTally counts mails.
type MailTally struct{ Sent, Retried, Dead int64 }

// MailBacklog is how many mails are owed.
type MailBacklog struct {
	Due    int           // to be sent by now
	Dead   int           // given up, and still there
	Oldest time.Duration // how long the oldest that is not given up is owed
}

// Mails is what those who run the service may do to the mails that are owed. It
// asks for no proof: whoever can run the program on the database may do
// anything, so no transport that others reach offers it.
type Mails interface {
	// List gives up to limit mails, or only those that were given up, the
	// newest first, beginning behind the id before, or with the newest when
	// before is zero.
	List(ctx context.Context, dead bool, before mail.ID, limit int) ([]mail.Entry, error)

	// Find finds a mail. Fault: NotFound.
	Find(ctx context.Context, id mail.ID) (mail.Entry, error)

	// Retry has a mail that was given up tried again. Where nobody knew
	// whether it was accepted, it may arrive twice. Fault: NotFound.
	Retry(ctx context.Context, id mail.ID) error

	// RetryAll does so for all that were given up, and gives their number.
	RetryAll(ctx context.Context) (int, error)

	// Drop removes a mail. One that is being handed over may arrive all the
	// same. Fault: NotFound.
	Drop(ctx context.Context, id mail.ID) error
}
