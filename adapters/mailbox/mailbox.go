// Package mailbox owns the mailbox of a developer: it takes every mail, hands it
// to nobody, and keeps the last of them in memory to be looked at. It is for
// development and tests; what it keeps signs in.
package mailbox

import (
	"context"
	"slices"
	"sync"

	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/ports/outbound"
)

// Capacity is how many mails are kept.
const Capacity = 200

// Mailbox is an outbound.Mailer whose mails can be read. Any number of
// goroutines may use it.
type Mailbox struct {
	clock outbound.Clock

	mu   sync.Mutex
	kept []mail.Kept // the oldest first
}

var _ outbound.Mailer = (*Mailbox)(nil)

// New gives an empty mailbox.
func New(clock outbound.Clock) *Mailbox { return &Mailbox{clock: clock} }

// Send keeps a message.
func (b *Mailbox) Send(ctx context.Context, m outbound.Message, begin func() error) error {
	if err := m.Check(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := begin(); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept = append(b.kept, mail.Kept{
		ID: m.ID, Kind: m.Kind, To: m.To, Subject: m.Subject, Text: m.Text, HTML: m.HTML, Locale: m.Locale, At: b.clock.Now(),
	})
	if over := len(b.kept) - Capacity; over > 0 {
		b.kept = slices.Delete(b.kept, 0, over)
	}
	return nil
}

// List gives the mails that are kept, the newest first.
func (b *Mailbox) List() []mail.Kept {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := slices.Clone(b.kept)
	slices.Reverse(list)
	return list
}

// Get gives a mail, if it is kept.
func (b *Mailbox) Get(id mail.ID) (mail.Kept, bool) {
	for _, m := range b.List() {
		if m.ID == id {
			return m, true
		}
	}
	return mail.Kept{}, false
}

// Clear throws all mails away.
func (b *Mailbox) Clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept = nil
}
