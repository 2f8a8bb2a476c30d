package sqlite

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/plinto/plinto/adapters/sqlite/internal/column"
	"github.com/plinto/plinto/adapters/sqlite/internal/db"
	"github.com/plinto/plinto/core/idempotency"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/ports/outbound"
)

func (r repositories) IdempotencyKeys() outbound.IdempotencyKeys { return idempotencyKeys{r} }

type idempotencyKeys struct{ repositories }

func (r idempotencyKeys) Claim(ctx context.Context, c outbound.IdempotencyClaim) error {
	return wrap("claim idempotency key", r.writing(ctx, func(q *db.Queries) error {
		n, err := q.ClaimIdempotencyKey(ctx, db.ClaimIdempotencyKeyParams{
			TenantID: uuid.UUID(c.Tenant), KeyHash: c.KeyHash[:], Fingerprint: c.Fingerprint[:], Claim: c.Claim[:],
			Now: column.Micros(c.Now), LeasedUntil: column.Micros(c.LeasedUntil), ExpiresAt: column.Micros(c.ExpiresAt),
		})
		if err != nil || n > 0 {
			return err
		}
		n, err = q.InsertIdempotencyKey(ctx, db.InsertIdempotencyKeyParams{
			TenantID: uuid.UUID(c.Tenant), KeyHash: c.KeyHash[:], Fingerprint: c.Fingerprint[:], Claim: c.Claim[:],
			LeasedUntil: column.Micros(c.LeasedUntil), ExpiresAt: column.Micros(c.ExpiresAt),
		})
		if err == nil && n == 0 {
			return outbound.ErrConflict
		}
		return err
	}))
}

func (r idempotencyKeys) Present(ctx context.Context, t tenant.ID, keyHash, fingerprint [32]byte) (idempotency.Record, error) {
	var record idempotency.Record
	err := r.writing(ctx, func(q *db.Queries) error {
		row, err := q.PresentIdempotencyKey(ctx, db.PresentIdempotencyKeyParams{TenantID: uuid.UUID(t), KeyHash: keyHash[:], Fingerprint: fingerprint[:]})
		if err != nil {
			return err
		}
		record = idempotency.Record{
			Fingerprint: [32]byte(row.Fingerprint), LeasedUntil: row.LeasedUntil.Time(), ExpiresAt: row.ExpiresAt.Time(),
			Mismatches: int(row.Mismatches), Answer: row.Answer,
		}
		return nil
	})
	return record, wrap("present idempotency key", err)
}

func (r idempotencyKeys) Keep(ctx context.Context, a outbound.IdempotentAnswer) error {
	return wrap("keep answer", r.writing(ctx, func(q *db.Queries) error {
		n, err := q.KeepIdempotentAnswer(ctx, db.KeepIdempotentAnswerParams{
			TenantID: uuid.UUID(a.Tenant), KeyHash: a.KeyHash[:], Claim: a.Claim[:], Answer: a.Sealed, UserID: optionalID(a.User),
		})
		if err == nil && n == 0 {
			return outbound.ErrStale
		}
		return err
	}))
}

func (r idempotencyKeys) Release(ctx context.Context, t tenant.ID, keyHash [32]byte, claim [16]byte) error {
	return wrap("release idempotency key", r.writing(ctx, func(q *db.Queries) error {
		return q.ReleaseIdempotencyKey(ctx, db.ReleaseIdempotencyKeyParams{TenantID: uuid.UUID(t), KeyHash: keyHash[:], Claim: claim[:]})
	}))
}

func (r idempotencyKeys) DeleteExpired(ctx context.Context, t tenant.ID, now time.Time, limit int) (int, error) {
	var deleted int64
	err := r.writing(ctx, func(q *db.Queries) error {
		var err error
		deleted, err = q.DeleteExpiredIdempotencyKeys(ctx, db.DeleteExpiredIdempotencyKeysParams{
			TenantID: uuid.UUID(t), Now: column.Micros(now), BatchSize: int64(limit),
		})
		return err
	})
	return int(deleted), wrap("delete expired idempotency keys", err)
}
