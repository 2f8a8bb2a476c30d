package outbound

import (
	"context"
	"fmt"

	"github.com/plinto/plinto/core/mail"
)

// Mailer hands mails over to whoever delivers them.
type Mailer interface {
	// Send hands a message over. Begin is called at most once, immediately
	// before the message could be accepted; when it errs nothing is sent and
	// its error is passed on. After begin, an error that is no *RejectedError
	// and not ErrUnsent means that nobody knows whether the message was
	// accepted.
	//
	// *RejectedError says that trying again is of no use. ErrUnsent says that
	// the message was certainly not accepted and may be tried again; a *BusyError
	// in its chain says when. Any other error before begin is the same.
	//
	// What cannot be sent at all (Message.Check) is rejected before begin. No
	// error holds an address or a link. Send ends when ctx does.
	Send(ctx context.Context, m Message, begin func() error) error
}

// Message is a mail as it travels. Who it is from is the adapter's to say.
type Message struct {
	ID      mail.ID // makes the Message-ID (RFC 5322 section 3.6.4), the same for every attempt
	Kind    mail.Kind
	To      string // one address, local@domain
	Subject string // one line
	Text    string
	HTML    string
	Locale  string // BCP 47, of Text and HTML
}

// Letters writes what a mail says.
type Letters interface {
	// Write gives the words of a mail in the language nearest to a locale (BCP
	// 47; empty is the default language). Every detail is escaped for where it
	// stands.
	Write(kind mail.Kind, locale string, details map[string]string) (Letter, error)
}

// Letter is the words of a mail.
type Letter struct{ Subject, Text, HTML, Locale string }

// RejectedError says that a message was refused for good.
type RejectedError struct {
	Code   int    // of the protocol that refused it
	Reason string // for operators; no address
}

// Error says so.
func (e *RejectedError) Error() string {
	return fmt.Sprintf("mail rejected (%d): %s", e.Code, e.Reason)
}
