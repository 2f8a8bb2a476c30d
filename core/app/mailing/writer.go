// Package mailing sends the mails that are owed: any instance works the outbox,
// each mail once.
package mailing

import (
	"context"
	"errors"

	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/ports/outbound"
)

// Writer makes what a mail tells when its time has come: it finds who it is for,
// makes the link and keeps what proves it, all in tx, which is committed before
// the mail is handed over. A mail that is tried again is written again. ErrMoot
// says that there is nothing to send any more, or nobody to send it to.
type Writer func(ctx context.Context, tx outbound.Repositories, m mail.Mail) (Written, error)

// Written is what a mail tells, and to whom.
type Written struct {
	To      string // one address, as stored
	Locale  string // BCP 47; empty is the default language
	Details map[string]string
}

// ErrMoot says that a mail is not to be sent.
var ErrMoot = errors.New("nothing to send")
