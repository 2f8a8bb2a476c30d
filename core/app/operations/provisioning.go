package operations

import (
	"context"
	"errors"
	"fmt"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/app/stewardship"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// CheckProvision implements inbound.Provisioning.
func (s *Service) CheckProvision(cmd inbound.Provision) []fault.Field {
	email, faults := s.steward.CheckCreate(cmd.NewUser)
	if cmd.Password.Reveal() != "" {
		faults = append(faults, s.rules.Check("password", cmd.Password, email)...)
	}
	return faults
}

// Create implements inbound.Provisioning.
func (s *Service) Create(ctx context.Context, cmd inbound.Provision) (user.User, error) {
	if err := fault.Invalid(s.CheckProvision(cmd)...); err != nil {
		return user.User{}, err
	}
	wanted := stewardship.NewAccount{NewUser: cmd.NewUser, Administrator: cmd.Administrator}
	if cmd.Password.Reveal() != "" {
		var err error
		if wanted.PasswordHash, err = s.world.Hasher.Hash(ctx, cmd.Password); err != nil {
			return user.User{}, failure.Of(fmt.Errorf("hash new password: %w", err))
		}
	}
	return s.steward.Create(ctx, s.by(), wanted)
}

// Invite implements inbound.Provisioning.
func (s *Service) Invite(ctx context.Context, whom user.ID) error {
	return s.steward.Invite(ctx, s.by(), whom)
}

// SetAdministrator implements inbound.Provisioning.
func (s *Service) SetAdministrator(ctx context.Context, whom user.ID, to bool) error {
	now := s.world.Clock.Now()
	return failure.Of(s.world.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
		if _, err := tx.Users().LockAdministrators(ctx, s.policy.Tenant); err != nil {
			return err
		}
		u, err := tx.Users().ByID(ctx, s.policy.Tenant, whom)
		if errors.Is(err, outbound.ErrNotFound) {
			return fault.UserUnknown.Fault()
		}
		if err != nil {
			return err
		}
		err = tx.Users().ChangeAdministrator(ctx, outbound.AdministratorChange{Tenant: s.policy.Tenant, User: whom, To: to, At: now})
		if errors.Is(err, outbound.ErrStale) {
			return unchanged(u, to).Because(err)
		}
		if err != nil {
			return err
		}
		return tx.Events().Append(ctx, event.ChangedAdministrator(s.origin(), event.Operator, whom, to, now))
	}))
}

func unchanged(u user.User, to bool) *fault.Error {
	switch {
	case u.Status == user.Deleted:
		return fault.UserIs.Fault(u.Status)
	case to:
		return fault.UserIsAdministrator.Fault()
	}
	return fault.UserIsNoAdministrator.Fault()
}
