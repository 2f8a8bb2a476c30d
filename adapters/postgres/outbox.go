package postgres

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"github.com/plinto/plinto/adapters/postgres/internal/db"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/ports/outbound"
)

type outbox struct{ repositories }

var _ outbound.Outbox = outbox{}

func (r outbox) Add(ctx context.Context, mails ...mail.Mail) error {
	_, err := r.batch(ctx, func(q *db.Queries) error { return insertMails(ctx, q, mails) })
	return wrap("add mails", err)
}

func insertMails(ctx context.Context, q *db.Queries, mails []mail.Mail) error {
	for _, m := range mails {
		details, err := json.Marshal(m.Details)
		if err != nil {
			return err
		}
		if err := q.InsertMail(ctx, db.InsertMailParams{
			TenantID: uuid.UUID(m.Tenant), ID: uuid.UUID(m.ID), Kind: string(m.Kind), UserID: optionalID(m.User), Recipient: m.To,
			Details: details, RequestID: m.RequestID, CreatedAt: m.CreatedAt,
		}); err != nil {
			return err
		}
	}
	return nil
}
