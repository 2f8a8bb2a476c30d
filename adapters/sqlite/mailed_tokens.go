package sqlite

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/plinto/plinto/adapters/sqlite/internal/column"
	"github.com/plinto/plinto/adapters/sqlite/internal/db"
	"github.com/plinto/plinto/core/onetime"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

type mailedTokens struct{ repositories }

var _ outbound.MailedTokens = mailedTokens{}

func (r mailedTokens) Keep(ctx context.Context, g onetime.Grant) error {
	return wrap("keep mailed token", r.writing(ctx, func(q *db.Queries) error {
		n, err := q.KeepMailedToken(ctx, db.KeepMailedTokenParams{
			TenantID: uuid.UUID(g.Tenant), UserID: uuid.UUID(g.User), Purpose: string(g.Purpose), Hash: g.Hash[:],
			Address: g.Address.String(), AddressKey: g.Address.Key(), Redirect: g.Redirect,
			AskedAt: column.Micros(g.AskedAt), ExpiresAt: column.Micros(g.ExpiresAt),
		})
		if err == nil && n == 0 {
			return outbound.ErrStale
		}
		return err
	}))
}

func (r mailedTokens) Find(ctx context.Context, t outbound.MailedToken) (outbound.TokenHolder, error) {
	var found outbound.TokenHolder
	err := r.reading(ctx, func(q *db.Queries) error {
		row, err := q.MailedTokenHolder(ctx, db.MailedTokenHolderParams{
			TenantID: uuid.UUID(t.Tenant), Purpose: string(t.Purpose), Hash: t.Hash[:], Now: column.Micros(t.Now),
		})
		if err != nil {
			return err
		}
		found, err = holder(row.User, row.Address, row.AddressKey, row.Redirect)
		return err
	})
	return found, wrap("find mailed token", err)
}

func (r mailedTokens) Take(ctx context.Context, t outbound.MailedToken) (outbound.TokenHolder, error) {
	var found outbound.TokenHolder
	err := r.writing(ctx, func(q *db.Queries) error {
		row, err := q.TakeMailedToken(ctx, db.TakeMailedTokenParams{
			TenantID: uuid.UUID(t.Tenant), Purpose: string(t.Purpose), Hash: t.Hash[:], Now: column.Micros(t.Now),
		})
		if err != nil {
			return err
		}
		owner, err := q.UserByID(ctx, db.UserByIDParams{TenantID: uuid.UUID(t.Tenant), ID: row.UserID})
		if err != nil {
			return err
		}
		found, err = holder(owner, row.Address, row.AddressKey, row.Redirect)
		return err
	})
	return found, wrap("take mailed token", err)
}

// holder puts together what a token is of.
func holder(row db.User, address, key, redirect string) (outbound.TokenHolder, error) {
	u, err := restoreUser(row)
	if err != nil {
		return outbound.TokenHolder{}, err
	}
	mailedTo, ok := user.RestoreEmail(address, key)
	if !ok {
		return outbound.TokenHolder{}, fmt.Errorf("mailed token of user %s: stored e-mail address is malformed", u.ID)
	}
	return outbound.TokenHolder{
		User: u, Address: mailedTo, Redirect: redirect, Mailbox: user.Mailbox{Verified: row.EmailVerified, Owned: row.EmailOwned},
	}, nil
}

func (r mailedTokens) Withdraw(ctx context.Context, w outbound.Withdrawal, purposes ...onetime.Purpose) error {
	err := r.writing(ctx, func(q *db.Queries) error { return withdraw(ctx, q, w, purposes...) })
	return wrap("withdraw mailed tokens", err)
}

func withdraw(ctx context.Context, q *db.Queries, w outbound.Withdrawal, purposes ...onetime.Purpose) error {
	if len(purposes) == 0 {
		purposes = onetime.Purposes()
	}
	for _, p := range purposes {
		if err := q.VoidMailedToken(ctx, db.VoidMailedTokenParams{
			TenantID: uuid.UUID(w.Tenant), UserID: uuid.UUID(w.User), Purpose: string(p), At: column.Micros(w.At), Until: column.Micros(w.Until),
		}); err != nil {
			return err
		}
	}
	return nil
}

func (r mailedTokens) Remove(ctx context.Context, t tenant.ID, now time.Time, limit int) (int, error) {
	var removed int64
	err := r.writing(ctx, func(q *db.Queries) (err error) {
		removed, err = q.RemoveMailedTokens(ctx, db.RemoveMailedTokensParams{TenantID: uuid.UUID(t), Now: column.Micros(now), BatchSize: int64(limit)})
		return err
	})
	return int(removed), wrap("remove mailed tokens", err)
}
