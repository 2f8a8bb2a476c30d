package stewardship

import (
	"context"
	"errors"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

// tries is how often an update is made anew when others change the account at
// the same time.
const tries = 5

// Update changes an account of one of the revisions, which find reads, and gives
// it as it then is; what changes nothing writes nothing. It reads, changes and
// stores the account as long as somebody else was faster: a change that is meant
// for any revision is as good for the next one, and one that is meant for the
// last is not.
func (s *Steward) Update(ctx context.Context, by By, find func(context.Context) (user.User, error), edits user.Edits, match user.Match) (user.User, error) {
	u, err := s.update(ctx, by, find, edits, match)
	return u, failure.Of(err)
}

func (s *Steward) update(ctx context.Context, by By, find func(context.Context) (user.User, error), edits user.Edits, match user.Match) (user.User, error) {
	changes, faults := user.ParseChanges(edits)
	if err := fault.Invalid(faults...); err != nil {
		return user.User{}, err
	}
	for range tries {
		u, err := find(ctx)
		if err != nil {
			return user.User{}, err
		}
		if !match.Admits(u.Revision) {
			return user.User{}, fault.New(fault.PreconditionFailed)
		}
		if u.Status == user.Deleted {
			return user.User{}, fault.UserIs.Fault(u.Status)
		}
		next, fields, faults := changes.Apply(u, s.world.Clock.Now())
		if err := fault.Invalid(faults...); err != nil {
			return user.User{}, err
		}
		if len(fields) == 0 {
			return u, nil
		}
		err = s.world.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
			if err := by.may(ctx, tx); err != nil {
				return err
			}
			if err := tx.Users().UpdateProfile(ctx, next); err != nil {
				return err
			}
			return tx.Events().Append(ctx, event.Updated(by.Origin, by.Actor, u.ID, fields, next.UpdatedAt))
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
