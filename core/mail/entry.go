package mail

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/plinto/plinto/core/user"
)

// Entry is a Mail in the outbox, and how far it has come.
type Entry struct {
	Mail
	DueAt        time.Time  // when it is tried next; while somebody is at it, when their lease ends
	Attempt      int        // how many times it was begun, the one under way included
	Holder       string     // who is at it; empty when nobody is
	HandedOverAt *time.Time // when somebody began to hand it over, and has not said since that it was not accepted
	DeadAt       *time.Time // when it was given up
	LastError    string     // of the last attempt that failed, for operators
}

// Dead reports whether it was given up.
func (e Entry) Dead() bool { return e.DeadAt != nil }

// AddressKey is what the addresses of mails are compared by: two that are one
// mailbox to user.ParseEmail have one key, so what is owed to an international
// address is owed to its ASCII form. It is empty when there is none.
func AddressKey(to string) string {
	if e, faults := user.ParseEmail(to); len(faults) == 0 {
		return e.Key()
	}
	return strings.ToLower(to)
}

// maxReason is how many bytes of an error are kept.
const maxReason = 500

// Reason is an error as it is kept: one line of text that every store takes, of
// at most 500 bytes.
func Reason(err error) string {
	text := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(err.Error(), "?"))
	for len(text) > maxReason {
		_, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
	}
	return text
}
