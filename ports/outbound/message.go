package outbound

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Check refuses a message that would say something else than it seems: more
// than one recipient, or more than one line where there is one. Its error is a
// *RejectedError: no time makes it better.
func (m Message) Check() error {
	switch {
	case m.ID.IsZero():
		return &RejectedError{Reason: "the message has no id"}
	case !isOneAddress(m.To):
		return &RejectedError{Reason: "the recipient is not one address"}
	case m.Subject == "" || strings.ContainsFunc(m.Subject, unicode.IsControl) || !utf8.ValidString(m.Subject):
		return &RejectedError{Reason: "the subject is not one line of text"}
	case m.Text == "" || m.HTML == "" || !utf8.ValidString(m.Text) || !utf8.ValidString(m.HTML):
		return &RejectedError{Reason: "the message has no body, or one that is not text"}
	}
	return nil
}

// MessageID is the Message-ID of a message that comes from an address at a
// domain, without the angle brackets (RFC 5322 section 3.6.4).
func (m Message) MessageID(domain string) string { return m.ID.String() + "@" + domain }

// maxAddress is the longest address that can be named (RFC 5321 section
// 4.5.3.1.3, less the angle brackets).
const maxAddress = 254

// isOneAddress tells local@domain from whatever a mail service could take for
// more: a list, a name with an address, a group, a parameter.
func isOneAddress(s string) bool {
	at := strings.LastIndexByte(s, '@')
	return 0 < at && at < len(s)-1 && len(s) <= maxAddress && utf8.ValidString(s) && s[0] != '-' &&
		strings.IndexByte(s, '@') == at &&
		!strings.ContainsFunc(s, func(r rune) bool {
			return unicode.IsControl(r) || unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune(`<>()[],;:\"`, r)
		})
}
