package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/plinto/plinto/adapters/postgres/internal/db"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/ports/outbound"
)

func (r outbox) Claim(ctx context.Context, c outbound.MailClaim) ([]mail.Entry, error) {
	var list []mail.Entry
	err := r.query(ctx, func(q *db.Queries) error {
		rows, err := q.ClaimMails(ctx, db.ClaimMailsParams{
			TenantID: uuid.UUID(c.Tenant), Holder: c.Holder, Now: c.Now, Until: c.Until, BatchSize: int32(min(c.Limit, 1<<20)),
		})
		if err != nil {
			return err
		}
		list, err = restoreMails(rows)
		return err
	})
	return list, wrap("claim mails", err)
}

func (r outbox) Hold(ctx context.Context, h outbound.MailHold, until time.Time) error {
	return r.one(ctx, "hold mail", outbound.ErrStale, func(q *db.Queries) (int64, error) {
		return q.HoldMail(ctx, db.HoldMailParams{TenantID: uuid.UUID(h.Tenant), ID: uuid.UUID(h.ID), Holder: h.Holder, Until: until})
	})
}

func (r outbox) Begin(ctx context.Context, h outbound.MailHold, at, until time.Time) error {
	return r.one(ctx, "begin mail", outbound.ErrStale, func(q *db.Queries) (int64, error) {
		return q.BeginMail(ctx, db.BeginMailParams{TenantID: uuid.UUID(h.Tenant), ID: uuid.UUID(h.ID), Holder: h.Holder, At: &at, Until: until})
	})
}

func (r outbox) Done(ctx context.Context, h outbound.MailHold) error {
	return r.one(ctx, "remove mail", outbound.ErrStale, func(q *db.Queries) (int64, error) {
		return q.RemoveHeldMail(ctx, db.RemoveHeldMailParams{TenantID: uuid.UUID(h.Tenant), ID: uuid.UUID(h.ID), Holder: h.Holder})
	})
}

func (r outbox) PutBack(ctx context.Context, h outbound.MailHold, due time.Time, reason string) error {
	return r.one(ctx, "put mail back", outbound.ErrStale, func(q *db.Queries) (int64, error) {
		return q.PutMailBack(ctx, db.PutMailBackParams{
			TenantID: uuid.UUID(h.Tenant), ID: uuid.UUID(h.ID), Holder: h.Holder, DueAt: due, LastError: reason,
		})
	})
}

func (r outbox) Bury(ctx context.Context, h outbound.MailHold, at time.Time, reason string) error {
	return r.one(ctx, "bury mail", outbound.ErrStale, func(q *db.Queries) (int64, error) {
		return q.BuryMail(ctx, db.BuryMailParams{
			TenantID: uuid.UUID(h.Tenant), ID: uuid.UUID(h.ID), Holder: h.Holder, DeadAt: &at, LastError: reason,
		})
	})
}
