package sqlite

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/plinto/plinto/adapters/sqlite/internal/column"
	"github.com/plinto/plinto/adapters/sqlite/internal/db"
	"github.com/plinto/plinto/core/client"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/ports/outbound"
)

type clients struct{ repositories }

func (r clients) Insert(ctx context.Context, c client.Client) error {
	return wrap("insert client", r.writing(ctx, func(q *db.Queries) error {
		return q.InsertClient(ctx, db.InsertClientParams{
			TenantID: uuid.UUID(c.Tenant), ID: uuid.UUID(c.ID), Name: c.Name, Scopes: client.ScopeText(c.Scopes), SecretHash: c.SecretHash[:],
			CreatedAt: column.Micros(c.CreatedAt), LastUsedAt: column.Optional(c.LastUsedAt), RevokedAt: column.Optional(c.RevokedAt),
		})
	}))
}

func (r clients) ByID(ctx context.Context, t tenant.ID, id client.ID) (client.Client, error) {
	var c client.Client
	err := r.reading(ctx, func(q *db.Queries) error {
		row, err := q.ClientByID(ctx, db.ClientByIDParams{TenantID: uuid.UUID(t), ID: uuid.UUID(id)})
		if err != nil {
			return err
		}
		c, err = restoreClient(row)
		return err
	})
	return c, wrap("find client", err)
}

func (r clients) List(ctx context.Context, t tenant.ID) ([]client.Client, error) {
	var list []client.Client
	err := r.reading(ctx, func(q *db.Queries) error {
		rows, err := q.ListClients(ctx, uuid.UUID(t))
		if err != nil {
			return err
		}
		for _, row := range rows {
			c, err := restoreClient(row)
			if err != nil {
				return err
			}
			list = append(list, c)
		}
		return nil
	})
	return list, wrap("list clients", err)
}

func (r clients) Revoke(ctx context.Context, t tenant.ID, id client.ID, at time.Time) error {
	return wrap("revoke client", r.writing(ctx, func(q *db.Queries) error {
		n, err := q.RevokeClient(ctx, db.RevokeClientParams{TenantID: uuid.UUID(t), ID: uuid.UUID(id), RevokedAt: column.Optional(&at)})
		if err == nil && n == 0 {
			return outbound.ErrNotFound
		}
		return err
	}))
}

func (r clients) NoteUse(ctx context.Context, t tenant.ID, id client.ID, at time.Time) error {
	return wrap("note use of client", r.writing(ctx, func(q *db.Queries) error {
		return q.NoteClientUse(ctx, db.NoteClientUseParams{TenantID: uuid.UUID(t), ID: uuid.UUID(id), LastUsedAt: column.Optional(&at)})
	}))
}

func restoreClient(row db.Client) (client.Client, error) {
	return client.Restore(client.Snapshot{
		Client: client.Client{
			Tenant: tenant.ID(row.TenantID), ID: client.ID(row.ID), Name: row.Name,
			CreatedAt: row.CreatedAt.Time(), LastUsedAt: row.LastUsedAt.Pointer(), RevokedAt: row.RevokedAt.Pointer(),
		},
		Scopes: row.Scopes, SecretHash: row.SecretHash,
	})
}
