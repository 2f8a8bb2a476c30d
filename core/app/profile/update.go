package profile

import (
	"context"

	"github.com/plinto/plinto/core/app/stewardship"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
)

// CheckUpdate implements inbound.Profiles.
func (s *Service) CheckUpdate(cmd inbound.ProfileUpdate) []fault.Field {
	_, faults := user.ParseChanges(cmd.Edits)
	return faults
}

// Update implements inbound.Profiles.
func (s *Service) Update(ctx context.Context, caller inbound.Caller, who inbound.Principal, cmd inbound.ProfileUpdate) (user.User, error) {
	by := stewardship.By{Origin: caller.Origin(), Actor: event.OfUser(who.User)}
	find := func(ctx context.Context) (user.User, error) { return s.find(ctx, who) }
	return s.steward.Update(ctx, by, find, cmd.Edits, cmd.Match)
}
