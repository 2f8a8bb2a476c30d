package smtp

import (
	gomail "github.com/wneessen/go-mail"

	"github.com/plinto/plinto/adapters/internal/recipient"
	"github.com/plinto/plinto/ports/outbound"
)

// compose makes a message as it travels (RFC 5322, RFC 2046 section 5.1.4).
func (m *Mailer) compose(message outbound.Message, to string) (*gomail.Msg, error) {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := msg.FromFormat(m.opts.From.Name, m.opts.From.Address); err != nil {
		return nil, &outbound.RejectedError{Reason: "the sender is not an address"}
	}
	if err := msg.To(to); err != nil {
		return nil, &outbound.RejectedError{Reason: "the recipient is not an address"}
	}
	if m.opts.ReplyTo != "" {
		if err := msg.ReplyTo(m.opts.ReplyTo); err != nil {
			return nil, &outbound.RejectedError{Reason: "the address for replies is not an address"}
		}
	}
	msg.Subject(message.Subject)
	msg.SetMessageIDWithValue(message.MessageID(recipient.Domain(m.opts.From.Address)))
	msg.SetDateWithValue(m.opts.Now().UTC())
	// No machine is to answer a machine (RFC 3834 section 5).
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader("X-Auto-Response-Suppress", "All")
	if message.Locale != "" {
		msg.SetGenHeader("Content-Language", message.Locale)
	}
	msg.SetBodyString(gomail.TypeTextPlain, message.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, message.HTML)
	return msg, nil
}
