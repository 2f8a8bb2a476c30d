package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/plinto/plinto/adapters/sqlite/internal/column"
	"github.com/plinto/plinto/adapters/sqlite/internal/db"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

type outbox struct{ repositories }

var _ outbound.Outbox = outbox{}

func (r outbox) Add(ctx context.Context, mails ...mail.Mail) error {
	return wrap("add mails", r.writing(ctx, func(q *db.Queries) error { return insertMails(ctx, q, mails) }))
}

func (r outbox) RemoveOfUser(ctx context.Context, t tenant.ID, who user.ID, address user.Email) (int, error) {
	return r.count(ctx, "remove mails of a user", func(q *db.Queries) (int64, error) {
		return q.RemoveMailsOfUser(ctx, db.RemoveMailsOfUserParams{TenantID: uuid.UUID(t), UserID: optionalID(who), RecipientKey: address.Key()})
	})
}

func (r outbox) RemoveDead(ctx context.Context, t tenant.ID, deadBy time.Time, limit int) (int, error) {
	return r.count(ctx, "remove dead mails", func(q *db.Queries) (int64, error) {
		return q.RemoveOldMails(ctx, db.RemoveOldMailsParams{TenantID: uuid.UUID(t), DeadBy: column.Optional(&deadBy), BatchSize: int64(limit)})
	})
}

// count runs a statement and gives the number of rows that it touched.
func (r outbox) count(ctx context.Context, what string, fn func(*db.Queries) (int64, error)) (int, error) {
	var n int64
	err := r.writing(ctx, func(q *db.Queries) (err error) {
		n, err = fn(q)
		return err
	})
	return int(n), wrap(what, err)
}

// one runs a statement that touches one row; none answers another error.
func (r outbox) one(ctx context.Context, what string, none error, fn func(*db.Queries) (int64, error)) error {
	return wrap(what, r.writing(ctx, func(q *db.Queries) error {
		n, err := fn(q)
		if err == nil && n == 0 {
			return none
		}
		return err
	}))
}

func insertMails(ctx context.Context, q *db.Queries, mails []mail.Mail) error {
	for _, m := range mails {
		row, err := mailRow(m)
		if err != nil {
			return err
		}
		if err := q.InsertMail(ctx, row); err != nil {
			return err
		}
	}
	return nil
}

func mailRow(m mail.Mail) (db.InsertMailParams, error) {
	details, err := json.Marshal(m.Details)
	if err != nil {
		return db.InsertMailParams{}, fmt.Errorf("write details of mail %s: %w", m.ID, err)
	}
	return db.InsertMailParams{
		TenantID: uuid.UUID(m.Tenant), ID: uuid.UUID(m.ID), Kind: string(m.Kind), UserID: optionalID(m.User),
		Recipient: m.To, RecipientKey: mail.AddressKey(m.To), Details: string(details), RequestID: m.RequestID, CreatedAt: column.Micros(m.CreatedAt),
	}, nil
}

func restoreMails(rows []db.Mail) ([]mail.Entry, error) {
	list := make([]mail.Entry, 0, len(rows))
	for _, row := range rows {
		e, err := restoreMail(row)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

func restoreMail(row db.Mail) (mail.Entry, error) {
	e := mail.Entry{
		Mail: mail.Mail{
			Tenant: tenant.ID(row.TenantID), ID: mail.ID(row.ID), Kind: mail.Kind(row.Kind), To: row.Recipient,
			RequestID: row.RequestID, CreatedAt: row.CreatedAt.Time(),
		},
		DueAt: row.DueAt.Time(), Attempt: int(row.Attempt), Holder: row.Holder, LastError: row.LastError,
		HandedOverAt: row.HandedOverAt.Pointer(), DeadAt: row.DeadAt.Pointer(),
	}
	if row.UserID != nil {
		e.User = user.ID(*row.UserID)
	}
	if err := json.Unmarshal([]byte(row.Details), &e.Details); err != nil {
		return mail.Entry{}, fmt.Errorf("read details of mail %s: %w", e.ID, err)
	}
	return e, nil
}
