package postgres

import (
	"context"

	"github.com/google/uuid"

	"github.com/plinto/plinto/adapters/postgres/internal/db"
	"github.com/plinto/plinto/ports/outbound"
)

type mailboxes struct{ repositories }

var _ outbound.Mailboxes = mailboxes{}

func (r mailboxes) Verify(ctx context.Context, p outbound.MailboxProof) (first bool, err error) {
	err = r.query(ctx, func(q *db.Queries) error {
		n, err := q.MarkAddressVerified(ctx, db.MarkAddressVerifiedParams{TenantID: uuid.UUID(p.Tenant), ID: uuid.UUID(p.User), At: p.At})
		if err != nil {
			return err
		}
		first = n > 0
		if !p.ByHolder {
			return nil
		}
		return q.MarkAddressOwned(ctx, db.MarkAddressOwnedParams{TenantID: uuid.UUID(p.Tenant), ID: uuid.UUID(p.User)})
	})
	return first, wrap("verify address", err)
}

func (r mailboxes) Claim(ctx context.Context, c outbound.Claim) error {
	t, owner := uuid.UUID(c.Tenant), uuid.UUID(c.User)
	touched, err := r.batch(ctx, func(q *db.Queries) error {
		if _, err := q.ClaimAddress(ctx, db.ClaimAddressParams{TenantID: t, ID: owner, At: c.At}); err != nil {
			return err
		}
		if err := q.ErasePassword(ctx, db.ErasePasswordParams{TenantID: t, UserID: owner}); err != nil {
			return err
		}
		if c.PasswordHash != "" {
			if err := q.SetPassword(ctx, db.SetPasswordParams{TenantID: t, UserID: owner, Hash: c.PasswordHash, UpdatedAt: c.At}); err != nil {
				return err
			}
		}
		if err := q.EraseDevices(ctx, db.EraseDevicesParams{TenantID: t, UserID: owner}); err != nil {
			return err
		}
		return withdraw(ctx, q, c.Withdrawal)
	})
	if err == nil && touched[0] == 0 {
		err = outbound.ErrStale
	}
	return wrap("claim account", err)
}

func (r mailboxes) Move(ctx context.Context, m outbound.AddressMove) error {
	return wrap("move to another address", r.query(ctx, func(q *db.Queries) error {
		n, err := q.MoveAddress(ctx, db.MoveAddressParams{
			TenantID: uuid.UUID(m.Tenant), ID: uuid.UUID(m.User), WasKey: m.Was.Key(), Email: m.To.String(), EmailKey: m.To.Key(), ByHolder: m.ByHolder, At: m.At,
		})
		if err == nil && n == 0 {
			return outbound.ErrStale
		}
		return err
	}))
}
