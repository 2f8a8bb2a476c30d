package stewardship

import (
	"context"
	"errors"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// NewAccount is an account that somebody makes for somebody else.
type NewAccount struct {
	inbound.NewUser
	PasswordHash  string // empty sends an invitation
	Administrator bool
}

// CheckCreate gives the address of a new account, and everything wrong with its
// values.
func (s *Steward) CheckCreate(cmd inbound.NewUser) (user.Email, []fault.Field) {
	email, all := user.ParseAddress(cmd.Email, s.world.Domains)
	_, faults := s.compose(email, cmd.Edits)
	return email, append(all, faults...)
}

// compose makes an account of its values, without an id.
func (s *Steward) compose(email user.Email, edits user.Edits) (user.User, []fault.Field) {
	now := s.world.Clock.Now()
	u := user.New(user.Registration{Email: email}, now)
	changes, faults := user.ParseChanges(edits)
	if len(faults) > 0 {
		return user.User{}, faults
	}
	revision := u.Revision
	u, _, faults = changes.Apply(u, now)
	u.Revision = revision
	return u, faults
}

// Create makes an account. Without a password it cannot be used before its
// invitation was, so without mail none is made.
func (s *Steward) Create(ctx context.Context, by By, cmd NewAccount) (user.User, error) {
	u, err := s.create(ctx, by, cmd)
	return u, failure.Of(err)
}

func (s *Steward) create(ctx context.Context, by By, cmd NewAccount) (user.User, error) {
	email, faults := s.CheckCreate(cmd.NewUser)
	if err := fault.Invalid(faults...); err != nil {
		return user.User{}, err
	}
	if cmd.PasswordHash == "" {
		if err := s.desk.Open(); err != nil {
			return user.User{}, err
		}
	}
	u, _ := s.compose(email, cmd.Edits)
	u.Tenant, u.ID, u.Administrator = by.Origin.Tenant, user.ID(s.world.Identifiers.New()), cmd.Administrator
	err := s.world.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
		if err := by.may(ctx, tx); err != nil {
			return err
		}
		if err := free(ctx, tx, u); err != nil {
			return err
		}
		if err := tx.Users().Add(ctx, u, cmd.PasswordHash); err != nil {
			return err
		}
		happened := []event.Event{event.Created(by.Origin, by.Actor, u.ID, u.CreatedAt)}
		if u.Administrator {
			happened = append(happened, event.ChangedAdministrator(by.Origin, by.Actor, u.ID, true, u.CreatedAt))
		}
		if cmd.PasswordHash == "" {
			if err := tx.Outbox().Add(ctx, s.invitation(by, u, u.CreatedAt)); err != nil {
				return err
			}
		}
		return tx.Events().Append(ctx, happened...)
	})
	if errors.Is(err, outbound.ErrConflict) {
		// Somebody else was as fast with the same name.
		if taken := free(ctx, s.world.Store, u); taken != nil {
			return user.User{}, taken
		}
	}
	if err != nil {
		return user.User{}, err
	}
	return u, nil
}

// free faults when a name is somebody's already.
func free(ctx context.Context, in outbound.Repositories, u user.User) error {
	taken, err := in.Users().Taken(ctx, u.Tenant, u.Email, u.Username)
	switch {
	case err != nil:
		return err
	case taken.Email:
		return fault.New(fault.EmailTaken)
	case taken.Username:
		return fault.New(fault.UsernameTaken)
	}
	return nil
}
