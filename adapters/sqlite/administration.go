package sqlite

import (
	"context"

	"github.com/google/uuid"

	"github.com/plinto/plinto/adapters/sqlite/internal/column"
	"github.com/plinto/plinto/adapters/sqlite/internal/db"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

func (r users) Find(ctx context.Context, s outbound.UserSearch) ([]user.User, error) {
	if s.Search.IsZero() {
		return r.List(ctx, s.Tenant, s.Status, s.Before, s.Limit)
	}
	before := uuid.UUID(s.Before)
	if s.Before.IsZero() {
		before = uuid.Max
	}
	from, to := s.Search.Bounds()
	list := []user.User{}
	err := r.reading(ctx, func(q *db.Queries) error {
		rows, err := q.SearchUsers(ctx, db.SearchUsersParams{
			TenantID: uuid.UUID(s.Tenant), Before: before, Status: string(s.Status), AnyStatus: s.Status == "",
			SearchFrom: from, SearchTo: to, PageSize: int64(s.Limit),
		})
		if err != nil {
			return err
		}
		for _, row := range rows {
			u, err := restoreUser(row)
			if err != nil {
				return err
			}
			list = append(list, u)
		}
		return nil
	})
	return list, wrap("find users", err)
}

func (r users) Add(ctx context.Context, u user.User, passwordHash string) error {
	err := r.writing(ctx, func(q *db.Queries) error {
		if err := q.InsertUser(ctx, userRow(u)); err != nil || passwordHash == "" {
			return err
		}
		return q.InsertPassword(ctx, db.InsertPasswordParams{
			TenantID: uuid.UUID(u.Tenant), UserID: uuid.UUID(u.ID), Hash: passwordHash, UpdatedAt: column.Micros(u.CreatedAt),
		})
	})
	return wrap("add user", err)
}

func (r users) ChangeAdministrator(ctx context.Context, c outbound.AdministratorChange) error {
	return wrap("change administrator", r.writing(ctx, func(q *db.Queries) error {
		n, err := q.ChangeAdministrator(ctx, db.ChangeAdministratorParams{
			TenantID: uuid.UUID(c.Tenant), ID: uuid.UUID(c.User), Administrator: c.To, Was: !c.To, UpdatedAt: column.Micros(c.At),
		})
		if err == nil && n == 0 {
			return outbound.ErrStale
		}
		return err
	}))
}

func (r users) LockAdministrators(ctx context.Context, t tenant.ID) ([]user.ID, error) {
	list := []user.ID{}
	err := r.reading(ctx, func(q *db.Queries) error {
		rows, err := q.LockAdministrators(ctx, uuid.UUID(t))
		for _, id := range rows {
			list = append(list, user.ID(id))
		}
		return err
	})
	return list, wrap("lock administrators", err)
}
