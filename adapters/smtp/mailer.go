package smtp

import (
	"context"
	"fmt"

	"github.com/plinto/plinto/adapters/internal/recipient"
	"github.com/plinto/plinto/ports/outbound"
)

// Mailer is an outbound.Mailer. Any number of goroutines may use it.
type Mailer struct{ opts Options }

var _ outbound.Mailer = (*Mailer)(nil)

// New gives a mailer. It connects to nothing yet.
func New(o Options) (*Mailer, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("smtp: %w", err)
	}
	return &Mailer{o}, nil
}

// Send hands a message over. Begin is called when the server has agreed to take
// it and before the first byte of it: whatever the server refuses until then was
// certainly not accepted.
func (m *Mailer) Send(ctx context.Context, message outbound.Message, begin func() error) error {
	if err := message.Check(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, m.opts.Timeout)
	defer cancel()
	server, hangUp, err := m.connect(ctx)
	defer hangUp()
	if err != nil {
		return unsent(ctx, "connect", err)
	}
	to, ascii := recipient.Written(message.To)
	server.SkipSMTPUTF8(ascii)
	if international, _ := server.Extension("SMTPUTF8"); !ascii && !international {
		return &outbound.RejectedError{Code: 553, Reason: "the server takes no address beyond ASCII"}
	}
	written, err := m.compose(message, to)
	if err != nil {
		return err
	}
	// A sender that the server does not take is the operator's mistake and none
	// of the message.
	if err := server.Mail("<" + m.opts.From.Address + ">"); err != nil {
		return unsent(ctx, "MAIL", err)
	}
	if err := server.Rcpt("<" + to + ">"); err != nil {
		return refused(ctx, "RCPT", err)
	}
	data, err := server.Data()
	if err != nil {
		return refused(ctx, "DATA", err)
	}
	if err := begin(); err != nil {
		return err
	}
	if _, err := written.WriteTo(data); err != nil {
		return unsent(ctx, "write", err) // no end, no message (RFC 5321 section 4.1.1.4)
	}
	if err := data.Close(); err != nil {
		return unknown(ctx, err)
	}
	// It is the server's now, whatever becomes of the good-bye.
	_ = server.Quit()
	return nil
}
