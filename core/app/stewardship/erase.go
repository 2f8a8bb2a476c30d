package stewardship

import (
	"context"
	"errors"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

// Erase removes an account of one of the revisions and everything that is stored
// about its user but the id, ends their sessions, and tells how many those were.
func (s *Steward) Erase(ctx context.Context, by By, who user.ID, match user.Match) (int, error) {
	ended, err := s.erase(ctx, by, who, match)
	return ended, failure.Of(err)
}

func (s *Steward) erase(ctx context.Context, by By, who user.ID, match user.Match) (int, error) {
	u, err := by.find(ctx, s.world.Store, who)
	switch {
	case err != nil:
		return 0, err
	case !match.Admits(u.Revision):
		return 0, fault.New(fault.PreconditionFailed)
	case u.Status == user.Deleted:
		return 0, fault.UserIs.Fault(u.Status)
	}
	ended, err := s.eraser.Erase(ctx, by.Origin, by.Actor, u, by.may)
	switch {
	case !errors.Is(err, outbound.ErrStale):
		return ended, err
	case match.Particular():
		return 0, fault.New(fault.PreconditionFailed).Because(err)
	}
	return 0, overtaken(err)
}
