package postgres

import (
	"context"

	"github.com/google/uuid"

	"github.com/plinto/plinto/adapters/postgres/internal/db"
	"github.com/plinto/plinto/ports/outbound"
)

type leases struct{ repositories }

func (r leases) Hold(ctx context.Context, l outbound.Lease) error {
	return wrap("hold lease", r.query(ctx, func(q *db.Queries) error {
		n, err := q.HoldLease(ctx, db.HoldLeaseParams{TenantID: uuid.UUID(l.Tenant), Name: l.Name, Holder: l.Holder, Now: l.Now, ExpiresAt: l.Until})
		if err == nil && n == 0 {
			return outbound.ErrConflict
		}
		return err
	}))
}

func (r leases) Release(ctx context.Context, l outbound.Lease) error {
	return wrap("release lease", r.query(ctx, func(q *db.Queries) error {
		return q.ReleaseLease(ctx, db.ReleaseLeaseParams{TenantID: uuid.UUID(l.Tenant), Name: l.Name, Holder: l.Holder})
	}))
}
