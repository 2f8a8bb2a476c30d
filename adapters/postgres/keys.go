package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/plinto/plinto/adapters/postgres/internal/db"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/ports/outbound"
)

type signingKeys struct{ repositories }

func (r signingKeys) List(ctx context.Context, t tenant.ID) ([]token.SigningKey, error) {
	var list []token.SigningKey
	err := r.query(ctx, func(q *db.Queries) error {
		rows, err := q.ListSigningKeys(ctx, uuid.UUID(t))
		for _, row := range rows {
			list = append(list, token.SigningKey{
				Tenant: tenant.ID(row.TenantID), KID: row.Kid, Number: int(row.Number), Algorithm: token.Algorithm(row.Algorithm),
				Public: row.PublicKey, Sealed: row.SealedKey, CreatedAt: row.CreatedAt.UTC(), ActiveFrom: row.ActiveFrom.UTC(),
				RevokedAt: utc(row.RevokedAt),
			})
		}
		return err
	})
	return list, wrap("list signing keys", err)
}

func (r signingKeys) Insert(ctx context.Context, k token.SigningKey) error {
	return wrap("insert signing key", r.query(ctx, func(q *db.Queries) error {
		return q.InsertSigningKey(ctx, db.InsertSigningKeyParams{
			TenantID: uuid.UUID(k.Tenant), Kid: k.KID, Number: int64(k.Number), Algorithm: string(k.Algorithm),
			PublicKey: k.Public, SealedKey: k.Sealed, CreatedAt: k.CreatedAt, ActiveFrom: k.ActiveFrom,
		})
	}))
}

func (r signingKeys) Revoke(ctx context.Context, t tenant.ID, kid string, at time.Time) error {
	return wrap("revoke signing key", r.query(ctx, func(q *db.Queries) error {
		n, err := q.RevokeSigningKey(ctx, db.RevokeSigningKeyParams{TenantID: uuid.UUID(t), Kid: kid, RevokedAt: &at})
		if err == nil && n == 0 {
			return outbound.ErrNotFound
		}
		return err
	}))
}
