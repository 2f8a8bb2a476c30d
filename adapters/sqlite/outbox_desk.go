package sqlite

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/plinto/plinto/adapters/sqlite/internal/column"
	"github.com/plinto/plinto/adapters/sqlite/internal/db"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/ports/outbound"
)

func (r outbox) ByID(ctx context.Context, t tenant.ID, id mail.ID) (mail.Entry, error) {
	var e mail.Entry
	err := r.reading(ctx, func(q *db.Queries) error {
		row, err := q.MailByID(ctx, db.MailByIDParams{TenantID: uuid.UUID(t), ID: uuid.UUID(id)})
		if err != nil {
			return err
		}
		e, err = restoreMail(row)
		return err
	})
	return e, wrap("find mail", err)
}

func (r outbox) List(ctx context.Context, t tenant.ID, dead bool, before mail.ID, limit int) ([]mail.Entry, error) {
	if before.IsZero() {
		before = mail.ID(uuid.Max)
	}
	var list []mail.Entry
	err := r.reading(ctx, func(q *db.Queries) error {
		rows, err := q.ListMails(ctx, db.ListMailsParams{
			TenantID: uuid.UUID(t), Before: uuid.UUID(before), AnyState: !dead, PageSize: int64(limit),
		})
		if err != nil {
			return err
		}
		list, err = restoreMails(rows)
		return err
	})
	return list, wrap("list mails", err)
}

func (r outbox) Revive(ctx context.Context, t tenant.ID, id mail.ID, at time.Time) error {
	return r.one(ctx, "revive mail", outbound.ErrNotFound, func(q *db.Queries) (int64, error) {
		return q.ReviveMail(ctx, db.ReviveMailParams{TenantID: uuid.UUID(t), ID: uuid.UUID(id), At: column.Micros(at)})
	})
}

func (r outbox) ReviveAll(ctx context.Context, t tenant.ID, at time.Time) (int, error) {
	return r.count(ctx, "revive mails", func(q *db.Queries) (int64, error) {
		return q.ReviveMails(ctx, db.ReviveMailsParams{TenantID: uuid.UUID(t), At: column.Micros(at)})
	})
}

func (r outbox) Remove(ctx context.Context, t tenant.ID, id mail.ID) error {
	return r.one(ctx, "remove mail", outbound.ErrNotFound, func(q *db.Queries) (int64, error) {
		return q.RemoveMail(ctx, db.RemoveMailParams{TenantID: uuid.UUID(t), ID: uuid.UUID(id)})
	})
}

func (r outbox) Count(ctx context.Context, t tenant.ID, now time.Time) (outbound.OutboxCount, error) {
	var row db.CountMailsRow
	err := r.reading(ctx, func(q *db.Queries) (err error) {
		row, err = q.CountMails(ctx, db.CountMailsParams{TenantID: uuid.UUID(t), Now: column.Micros(now)})
		return err
	})
	c := outbound.OutboxCount{Waiting: int(row.Waiting), Due: int(row.Due), Dead: int(row.Dead)}
	if c.Waiting > 0 {
		c.OldestAt = time.UnixMicro(row.OldestAt).UTC()
	}
	return c, wrap("count mails", err)
}
