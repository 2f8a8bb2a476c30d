// Package administration lets administrators look after the users of their
// tenant. What they do is done by package stewardship, as for operators; here it
// is decided who may.
package administration

import (
	"context"
	"errors"
	"slices"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/app/guard"
	"github.com/plinto/plinto/core/app/stepup"
	"github.com/plinto/plinto/core/app/stewardship"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// Service implements inbound.Administration and inbound.Directory.
type Service struct {
	world   outbound.World
	steward *stewardship.Steward
	gate    *stepup.Gate
	guard   *guard.Guard
	life    session.Lifetime
}

var (
	_ inbound.Administration = (*Service)(nil)
	_ inbound.Directory      = (*Service)(nil)
)

// New makes a Service.
func New(w outbound.World, st *stewardship.Steward, g *stepup.Gate, limits *guard.Guard, life session.Lifetime) *Service {
	return &Service{world: w, steward: st, gate: g, guard: limits, life: life}
}

// Admit implements inbound.Administration. A token says nothing of rights:
// whoever loses them must not keep them until it expires.
func (s *Service) Admit(ctx context.Context, who inbound.Principal) error {
	found, u, err := s.world.Store.Sessions().WithUser(ctx, who.Tenant, who.Session)
	switch {
	case errors.Is(err, outbound.ErrNotFound):
		return fault.New(fault.InvalidToken).Because(err)
	case err != nil:
		return failure.Of(err)
	case !found.Live(s.world.Clock.Now(), s.life) || !u.Status.MayAct() || u.ID != who.User:
		return fault.New(fault.InvalidToken)
	case !u.Administrator:
		return fault.New(fault.InsufficientPermissions)
	}
	return nil
}

// by is an administrator, as the events tell of them.
func by(caller inbound.Caller, who inbound.Principal) stewardship.By {
	return stewardship.By{Origin: caller.Origin(), Actor: event.OfUser(who.User), Reason: session.ByAdministrator}
}

// judging is an administrator who ends or restores what somebody else may do.
// Two that end each other's rights at the same time take turns, and the second
// has lost them by then: so there is always one left, since nobody does it to
// themselves.
func (s *Service) judging(caller inbound.Caller, who inbound.Principal, whom user.ID) (stewardship.By, error) {
	if err := s.gate.Pass(who); err != nil {
		return stewardship.By{}, err
	}
	if whom == who.User {
		return stewardship.By{}, fault.New(fault.OwnAccount)
	}
	b := by(caller, who)
	b.May = func(ctx context.Context, tx outbound.Repositories) error {
		all, err := tx.Users().LockAdministrators(ctx, who.Tenant)
		if err == nil && !slices.Contains(all, who.User) {
			return fault.New(fault.InsufficientPermissions)
		}
		return err
	}
	return b, nil
}

// CheckReason implements inbound.Administration.
func (s *Service) CheckReason(reason string) []fault.Field { return stewardship.CheckReason(reason) }

// Suspend implements inbound.Administration.
func (s *Service) Suspend(ctx context.Context, caller inbound.Caller, who inbound.Principal, whom user.ID, reason string) (user.User, error) {
	judge, err := s.judging(caller, who, whom)
	if err != nil {
		return user.User{}, err
	}
	u, _, err := s.steward.Suspend(ctx, judge, whom, reason)
	return u, err
}

// Reactivate implements inbound.Administration.
func (s *Service) Reactivate(ctx context.Context, caller inbound.Caller, who inbound.Principal, whom user.ID) (user.User, error) {
	judge, err := s.judging(caller, who, whom)
	if err != nil {
		return user.User{}, err
	}
	return s.steward.Reactivate(ctx, judge, whom)
}

// Erase implements inbound.Administration.
func (s *Service) Erase(ctx context.Context, caller inbound.Caller, who inbound.Principal, whom user.ID, match user.Match) error {
	judge, err := s.judging(caller, who, whom)
	if err != nil {
		return err
	}
	_, err = s.steward.Erase(ctx, judge, whom, match)
	return err
}

// EndSessions implements inbound.Administration.
func (s *Service) EndSessions(ctx context.Context, caller inbound.Caller, who inbound.Principal, whom user.ID) (int, error) {
	if _, err := s.Get(ctx, who, whom); err != nil {
		return 0, err
	}
	return s.steward.EndSessions(ctx, by(caller, who), whom)
}

// Sessions implements inbound.Administration. It asks for one more than the
// page holds, to learn whether there is a next one.
func (s *Service) Sessions(ctx context.Context, who inbound.Principal, whom user.ID, page inbound.Page) (inbound.SessionPage, error) {
	if _, err := s.Get(ctx, who, whom); err != nil {
		return inbound.SessionPage{}, err
	}
	limit := min(max(page.Limit, 1), inbound.MaxPage)
	list, err := s.world.Store.Sessions().ListLive(ctx, who.Tenant, whom, s.world.Clock.Now(), s.life, page.After, limit+1)
	if err != nil {
		return inbound.SessionPage{}, failure.Of(err)
	}
	if len(list) <= limit {
		return inbound.SessionPage{Sessions: list}, nil
	}
	return inbound.SessionPage{Sessions: list[:limit], Next: list[limit-1].ID}, nil
}
