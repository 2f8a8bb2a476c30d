package outbound

import (
	"context"

	"github.com/plinto/plinto/core/mail"
)

// Outbox keeps the mails that are owed until they are handed over.
type Outbox interface {
	// Add keeps mails to be sent, in the transaction of what caused them, in one
	// round trip. ErrConflict says that a mail of this id is there already.
	Add(ctx context.Context, mails ...mail.Mail) error
}
