package postgres

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/plinto/plinto/adapters/postgres/internal/db"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

type users struct{ repositories }

func (r users) Register(ctx context.Context, a outbound.Account) error {
	_, err := r.batch(ctx, func(q *db.Queries) error {
		if err := q.InsertUser(ctx, userRow(a.User)); err != nil {
			return err
		}
		if err := q.InsertPassword(ctx, db.InsertPasswordParams{
			TenantID: uuid.UUID(a.User.Tenant), UserID: uuid.UUID(a.User.ID), Hash: a.PasswordHash, UpdatedAt: a.User.CreatedAt,
		}); err != nil {
			return err
		}
		if err := q.InsertSession(ctx, sessionRow(a.Session)); err != nil {
			return err
		}
		if err := insertFirstUse(ctx, q, a.Session); err != nil {
			return err
		}
		if err := insertEvents(ctx, q, a.Events); err != nil {
			return err
		}
		return insertMails(ctx, q, a.Mails)
	})
	return wrap("register user", err)
}

func (r users) Taken(ctx context.Context, t tenant.ID, email user.Email, name user.Username) (outbound.Taken, error) {
	var taken outbound.Taken
	err := r.query(ctx, func(q *db.Queries) error {
		rows, err := q.NamesTaken(ctx, db.NamesTakenParams{TenantID: uuid.UUID(t), EmailKey: email.Key(), UsernameKey: usernameKey(name)})
		for _, row := range rows {
			taken.Email = taken.Email || row.EmailKey == email.Key()
			taken.Username = taken.Username || (row.UsernameKey != nil && !name.IsZero() && *row.UsernameKey == name.Key())
		}
		return err
	})
	return taken, wrap("look names up", err)
}

func (r users) ForSignIn(ctx context.Context, t tenant.ID, who user.Identifier) (user.User, string, error) {
	var u user.User
	var hash string
	err := r.query(ctx, func(q *db.Queries) error {
		row, err := q.UserForSignIn(ctx, db.UserForSignInParams{TenantID: uuid.UUID(t), Identifier: who.Key()})
		if err != nil {
			return err
		}
		if row.Hash != nil {
			hash = *row.Hash
		}
		u, err = restoreUser(row.User)
		return err
	})
	return u, hash, wrap("find user for sign-in", err)
}

func (r users) WithPassword(ctx context.Context, t tenant.ID, id user.ID) (user.User, string, error) {
	var u user.User
	var hash string
	err := r.query(ctx, func(q *db.Queries) error {
		row, err := q.UserWithPassword(ctx, db.UserWithPasswordParams{TenantID: uuid.UUID(t), ID: uuid.UUID(id)})
		if err != nil {
			return err
		}
		if row.Hash != nil {
			hash = *row.Hash
		}
		u, err = restoreUser(row.User)
		return err
	})
	return u, hash, wrap("find user and password", err)
}

// ChangePassword waits for sign-ins under way, and has those that come wait, as
// Sessions.Open does: what follows sees what they committed.
func (r users) ChangePassword(ctx context.Context, c outbound.PasswordChange) error {
	touched, err := r.batch(ctx, func(q *db.Queries) error {
		if err := q.LockUser(ctx, db.LockUserParams{TenantID: uuid.UUID(c.Tenant), ID: uuid.UUID(c.User)}); err != nil {
			return err
		}
		if _, err := q.ReplacePassword(ctx, db.ReplacePasswordParams{
			TenantID: uuid.UUID(c.Tenant), UserID: uuid.UUID(c.User), SessionID: uuid.UUID(c.Session),
			WasHash: c.Was, NextHash: c.Next, At: c.At, IdleSince: c.Lifetime.IdleSince(c.At),
		}); err != nil {
			return err
		}
		return q.RecordPasswordChange(ctx, db.RecordPasswordChangeParams{
			TenantID: uuid.UUID(c.Tenant), ID: uuid.UUID(c.User), NextHash: c.Next, At: c.At,
		})
	})
	if err == nil && touched[1] == 0 {
		err = outbound.ErrStale
	}
	return wrap("change password", err)
}

func (r users) UpgradePassword(ctx context.Context, u outbound.PasswordUpgrade) error {
	return wrap("upgrade password hash", r.query(ctx, func(q *db.Queries) error {
		n, err := q.UpgradePassword(ctx, db.UpgradePasswordParams{
			TenantID: uuid.UUID(u.Tenant), UserID: uuid.UUID(u.User), WasHash: u.Was, NextHash: u.Next,
		})
		if err == nil && n == 0 {
			return outbound.ErrStale
		}
		return err
	}))
}

func (r users) ByID(ctx context.Context, t tenant.ID, id user.ID) (user.User, error) {
	var u user.User
	err := r.query(ctx, func(q *db.Queries) error {
		row, err := q.UserByID(ctx, db.UserByIDParams{TenantID: uuid.UUID(t), ID: uuid.UUID(id)})
		if err != nil {
			return err
		}
		u, err = restoreUser(row)
		return err
	})
	return u, wrap("find user", err)
}

func (r users) List(ctx context.Context, t tenant.ID, status user.Status, before user.ID, limit int) ([]user.User, error) {
	if before.IsZero() {
		before = user.ID(uuid.Max)
	}
	list := []user.User{}
	err := r.query(ctx, func(q *db.Queries) error {
		rows, err := q.ListUsers(ctx, db.ListUsersParams{
			TenantID: uuid.UUID(t), Before: uuid.UUID(before), Status: string(status), AnyStatus: status == "", PageSize: int32(min(limit, 1<<20)),
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
	return list, wrap("list users", err)
}

func (r users) ChangeStatus(ctx context.Context, c outbound.StatusChange) error {
	return wrap("change status of user", r.query(ctx, func(q *db.Queries) error {
		n, err := q.ChangeUserStatus(ctx, db.ChangeUserStatusParams{
			TenantID: uuid.UUID(c.Tenant), ID: uuid.UUID(c.User), Was: string(c.Was), Status: string(c.To), UpdatedAt: c.At,
		})
		if err == nil && n == 0 {
			return outbound.ErrStale
		}
		return err
	}))
}

func (r users) UpdateProfile(ctx context.Context, u user.User) error {
	row := userRow(u)
	return wrap("update profile", r.query(ctx, func(q *db.Queries) error {
		n, err := q.UpdateProfile(ctx, db.UpdateProfileParams{
			TenantID: row.TenantID, ID: row.ID, Was: u.Revision - 1, Username: row.Username, UsernameKey: row.UsernameKey,
			FirstName: row.FirstName, LastName: row.LastName, DisplayName: row.DisplayName, ProfileImageUrl: row.ProfileImageUrl,
			FirstNameKey: row.FirstNameKey, LastNameKey: row.LastNameKey, DisplayNameKey: row.DisplayNameKey,
			PhoneNumber: row.PhoneNumber, Timezone: row.Timezone, Locale: row.Locale, UserMetadata: row.UserMetadata, UpdatedAt: row.UpdatedAt,
		})
		if err == nil && n == 0 {
			return outbound.ErrStale
		}
		return err
	}))
}

func userRow(u user.User) db.InsertUserParams {
	var name *string
	if !u.Username.IsZero() {
		s := u.Username.String()
		name = &s
	}
	p := u.Profile
	return db.InsertUserParams{
		TenantID: uuid.UUID(u.Tenant), ID: uuid.UUID(u.ID),
		Email: u.Email.String(), EmailKey: u.Email.Key(), EmailVerified: u.EmailVerified,
		Username: name, UsernameKey: usernameKey(u.Username),
		FirstName: p.FirstName, LastName: p.LastName, DisplayName: p.DisplayName, ProfileImageUrl: p.ImageURL,
		PhoneNumber: p.PhoneNumber, Timezone: p.Timezone, Locale: p.Locale,
		UserMetadata: u.Metadata, Status: string(u.Status),
		CreatedAt: u.CreatedAt, UpdatedAt: u.UpdatedAt, LastSignInAt: u.LastSignInAt,
		Revision:      u.Revision,
		Administrator: u.Administrator,
		FirstNameKey:  user.SearchKey(p.FirstName), LastNameKey: user.SearchKey(p.LastName), DisplayNameKey: user.SearchKey(p.DisplayName),
	}
}

func restoreUser(row db.User) (user.User, error) {
	return user.Restore(user.Snapshot{
		Tenant: tenant.ID(row.TenantID), ID: user.ID(row.ID),
		Email: row.Email, EmailKey: row.EmailKey, EmailVerified: row.EmailVerified, Username: row.Username,
		Profile: user.Profile{
			FirstName: row.FirstName, LastName: row.LastName, DisplayName: row.DisplayName, ImageURL: row.ProfileImageUrl,
			PhoneNumber: row.PhoneNumber, Timezone: row.Timezone, Locale: row.Locale,
		},
		Metadata: row.UserMetadata, Administrator: row.Administrator, Status: row.Status,
		CreatedAt: row.CreatedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(), LastSignInAt: utc(row.LastSignInAt),
		Revision: row.Revision,
	})
}

func usernameKey(name user.Username) *string {
	if name.IsZero() {
		return nil
	}
	key := name.Key()
	return &key
}

// wrap says what was attempted.
func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
