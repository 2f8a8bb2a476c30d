package administration

import (
	"context"
	"errors"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/app/stewardship"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// CheckSearch implements inbound.Directory.
func (s *Service) CheckSearch(text string) []fault.Field {
	_, faults := user.ParseSearch(text)
	return faults
}

// Find implements inbound.Directory. It asks for one more than the page holds,
// to learn whether there is a next one.
func (s *Service) Find(ctx context.Context, who inbound.Principal, q inbound.UserQuery) (inbound.UserPage, error) {
	search, faults := user.ParseSearch(q.Search)
	if err := fault.Invalid(faults...); err != nil {
		return inbound.UserPage{}, err
	}
	limit := min(max(q.Limit, 1), inbound.MaxPage)
	list, err := s.world.Store.Users().Find(ctx, outbound.UserSearch{
		Tenant: who.Tenant, Status: q.Status, Search: search, Before: q.After, Limit: limit + 1,
	})
	if err != nil {
		return inbound.UserPage{}, failure.Of(err)
	}
	if len(list) <= limit {
		return inbound.UserPage{Users: list}, nil
	}
	return inbound.UserPage{Users: list[:limit], Next: list[limit-1].ID}, nil
}

// Get implements inbound.Directory.
func (s *Service) Get(ctx context.Context, who inbound.Principal, whom user.ID) (user.User, error) {
	u, err := s.world.Store.Users().ByID(ctx, who.Tenant, whom)
	if errors.Is(err, outbound.ErrNotFound) {
		return user.User{}, fault.New(fault.NotFound).Because(err)
	}
	return u, failure.Of(err)
}

// CheckCreate implements inbound.Directory.
func (s *Service) CheckCreate(cmd inbound.NewUser) []fault.Field {
	_, faults := s.steward.CheckCreate(cmd)
	return faults
}

// Create implements inbound.Directory.
func (s *Service) Create(ctx context.Context, caller inbound.Caller, who inbound.Principal, cmd inbound.NewUser) (user.User, error) {
	return s.steward.Create(ctx, by(caller, who), stewardship.NewAccount{NewUser: cmd})
}

// Invite implements inbound.Directory. An administrator is no reason for a
// mailbox to be flooded.
func (s *Service) Invite(ctx context.Context, caller inbound.Caller, who inbound.Principal, whom user.ID) error {
	u, err := s.Get(ctx, who, whom)
	if err != nil {
		return err
	}
	if err := s.guard.Invitation(ctx, caller, u.Email); err != nil {
		return failure.Of(err)
	}
	return s.steward.Invite(ctx, by(caller, who), whom)
}

// CheckUpdate implements inbound.Directory.
func (s *Service) CheckUpdate(cmd inbound.ProfileUpdate) []fault.Field {
	_, faults := user.ParseChanges(cmd.Edits)
	return faults
}

// Update implements inbound.Directory.
func (s *Service) Update(ctx context.Context, caller inbound.Caller, who inbound.Principal, whom user.ID, cmd inbound.ProfileUpdate) (user.User, error) {
	find := func(ctx context.Context) (user.User, error) { return s.Get(ctx, who, whom) }
	return s.steward.Update(ctx, by(caller, who), find, cmd.Edits, cmd.Match)
}
