package sqlite

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"github.com/plinto/plinto/adapters/sqlite/internal/column"
	"github.com/plinto/plinto/adapters/sqlite/internal/db"
	"github.com/plinto/plinto/ports/outbound"
)

// RegisterQuietly runs the same statements whichever case it is.
func (r users) RegisterQuietly(ctx context.Context, a outbound.QuietAccount) error {
	happened, err := eventRow(a.Event)
	if err != nil {
		return err
	}
	details, err := json.Marshal(a.Mail.Details)
	if err != nil {
		return err
	}
	t, id := uuid.UUID(a.User.Tenant), uuid.UUID(a.User.ID)
	return wrap("register user quietly", r.writing(ctx, func(q *db.Queries) error {
		if _, err := q.InsertFreeUser(ctx, db.InsertFreeUserParams(userRow(a.User))); err != nil {
			return err
		}
		if err := q.InsertPasswordOfNew(ctx, db.InsertPasswordOfNewParams{TenantID: t, ID: id, Hash: a.PasswordHash}); err != nil {
			return err
		}
		if err := q.InsertEventOfNew(ctx, db.InsertEventOfNewParams{
			TenantID: t, ID: id, EventName: happened.Name, EventActor: happened.Actor, EventSubject: happened.Subject,
			EventRequestID: happened.RequestID, EventAddress: happened.Address, EventPayload: happened.Payload, EventOccurredAt: happened.OccurredAt,
		}); err != nil {
			return err
		}
		n, err := q.InsertMailToHolder(ctx, db.InsertMailToHolderParams{
			TenantID: t, ID: id, EmailKey: a.User.Email.Key(), MailID: uuid.UUID(a.Mail.ID), IfNew: string(a.IfNew), IfThere: string(a.IfThere),
			Recipient: a.Mail.To, Details: string(details), RequestID: a.Mail.RequestID, CreatedAt: column.Micros(a.Mail.CreatedAt),
		})
		if err == nil && n == 0 {
			return outbound.ErrConflict
		}
		return err
	}))
}
