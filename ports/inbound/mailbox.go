package inbound

import "github.com/plinto/plinto/core/mail"

// Mailbox shows a developer the mails that went to nobody. They hold links that
// sign in, so there is none where people are served.
type Mailbox interface {
	// List gives the mails that are kept, the newest first.
	List() []mail.Kept
	// Get gives one, if it is kept.
	Get(id mail.ID) (mail.Kept, bool)
	// Clear throws all of them away.
	Clear()
}
