package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/plinto/plinto/adapters/postgres/internal/db"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/ports/outbound"
)

type usedProofs struct{ repositories }

func (r usedProofs) Use(ctx context.Context, p outbound.UsedProof) error {
	return wrap("use proof", r.query(ctx, func(q *db.Queries) error {
		n, err := q.UseProof(ctx, db.UseProofParams{
			TenantID: uuid.UUID(p.Tenant), KeyThumbprint: p.KeyThumbprint, IDHash: p.IDHash[:], ExpiresAt: p.ExpiresAt,
		})
		if err == nil && n == 0 {
			return outbound.ErrConflict
		}
		return err
	}))
}

func (r usedProofs) DeleteExpired(ctx context.Context, t tenant.ID, now time.Time, limit int) (int, error) {
	var deleted int64
	err := r.query(ctx, func(q *db.Queries) error {
		var err error
		deleted, err = q.DeleteExpiredProofs(ctx, db.DeleteExpiredProofsParams{TenantID: uuid.UUID(t), Now: now, BatchSize: int32(min(limit, 1<<20))})
		return err
	})
	return int(deleted), wrap("delete expired proofs", err)
}
