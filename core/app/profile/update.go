package profile

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

// CheckUpdate implements inbound.Profiles.
func (s *Service) CheckUpdate(cmd inbound.ProfileUpdate) []fault.Field {
	_, faults := user.ParseChanges(cmd.Edits)
	return faults
}

// Update implements inbound.Profiles.
func (s *Service) Update(ctx context.Context, caller inbound.Caller, who inbound.Principal, cmd inbound.ProfileUpdate) (user.User, error) {
	u, err := s.update(ctx, caller, who, cmd)
	return u, failure.Of(err)
}

// tries is how often an update is made anew when others change the account at
// the same time.
const tries = 5

// update reads, changes and stores the account as long as somebody else was
// faster: a change that is meant for any revision is as good for the next one,
// and one that is meant for the last is not.
func (s *Service) update(ctx context.Context, caller inbound.Caller, who inbound.Principal, cmd inbound.ProfileUpdate) (user.User, error) {
	changes, faults := user.ParseChanges(cmd.Edits)
	if err := fault.Invalid(faults...); err != nil {
		return user.User{}, err
	}
	for range tries {
		u, err := s.find(ctx, who)
		if err != nil {
			return user.User{}, err
		}
		if !cmd.Match.Admits(u.Revision) {
			return user.User{}, fault.New(fault.PreconditionFailed)
		}
		next, fields, faults := changes.Apply(u, s.world.Clock.Now())
		if err := fault.Invalid(faults...); err != nil {
			return user.User{}, err
		}
		if len(fields) == 0 {
			return u, nil
		}
		err = s.world.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
			if err := tx.Users().UpdateProfile(ctx, next); err != nil {
				return err
			}
			return tx.Events().Append(ctx, event.Updated(caller.Origin(), event.OfUser(u.ID), u.ID, fields, next.UpdatedAt))
		})
		switch {
		case err == nil:
			return next, nil
		case errors.Is(err, outbound.ErrConflict):
			return user.User{}, fault.New(fault.UsernameTaken).Because(err)
		case !errors.Is(err, outbound.ErrStale):
			return user.User{}, err
		}
	}
	return user.User{}, fault.New(fault.Conflict)
}
