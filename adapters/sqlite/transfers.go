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

type transfers struct{ repositories }

func (r transfers) Holders(ctx context.Context, t tenant.ID, of []user.User) ([]outbound.Holder, error) {
	wanted := db.NameHoldersParams{TenantID: uuid.UUID(t)}
	for _, u := range of {
		wanted.Ids = append(wanted.Ids, uuid.UUID(u.ID))
		wanted.EmailKeys = append(wanted.EmailKeys, u.Email.Key())
		if !u.Username.IsZero() {
			wanted.UsernameKeys = append(wanted.UsernameKeys, usernameKey(u.Username))
		}
	}
	var holders []outbound.Holder
	err := r.reading(ctx, func(q *db.Queries) error {
		rows, err := q.NameHolders(ctx, wanted)
		for _, row := range rows {
			h := outbound.Holder{ID: user.ID(row.ID), EmailKey: row.EmailKey}
			if row.UsernameKey != nil {
				h.UsernameKey = *row.UsernameKey
			}
			holders = append(holders, h)
		}
		return err
	})
	return holders, wrap("find holders of names", err)
}

func (r transfers) Add(ctx context.Context, list []outbound.Transferred) error {
	err := r.writing(ctx, func(q *db.Queries) error {
		for _, a := range list {
			if err := q.InsertUser(ctx, userRow(a.User)); err != nil {
				return err
			}
			if a.PasswordHash != "" {
				if err := q.InsertPassword(ctx, db.InsertPasswordParams{
					TenantID: uuid.UUID(a.User.Tenant), UserID: uuid.UUID(a.User.ID), Hash: a.PasswordHash, UpdatedAt: column.Micros(a.User.UpdatedAt),
				}); err != nil {
					return err
				}
			}
			if err := insertEvents(ctx, q, a.Events); err != nil {
				return err
			}
		}
		return nil
	})
	return wrap("add accounts", err)
}

func (r transfers) After(ctx context.Context, t tenant.ID, after user.ID, limit int) ([]outbound.Transferred, error) {
	var list []outbound.Transferred
	err := r.reading(ctx, func(q *db.Queries) error {
		rows, err := q.TransfersAfter(ctx, db.TransfersAfterParams{TenantID: uuid.UUID(t), After: uuid.UUID(after), PageSize: int64(limit)})
		if err != nil {
			return err
		}
		for _, row := range rows {
			u, err := restoreUser(row.User)
			if err != nil {
				return err
			}
			u.EmailVerified = u.EmailVerified && row.User.EmailOwned
			a := outbound.Transferred{User: u}
			if row.Hash != nil {
				a.PasswordHash = *row.Hash
			}
			list = append(list, a)
		}
		return nil
	})
	return list, wrap("read accounts", err)
}
