// Package operations lets those who run the service look after its users and
// their sessions. Who may is not asked here: whoever can run the program on the
// database.
package operations

import (
	"context"
	"errors"
	"time"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/app/stewardship"
	"github.com/plinto/plinto/core/app/strength"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/guess"
	"github.com/plinto/plinto/core/id"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// Policy is what operations obey.
type Policy struct {
	Tenant   tenant.ID
	Sessions session.Lifetime
	// Settle is how long a sign-in may take from when its session is made
	// until it is stored.
	Settle  time.Duration
	Guesses guess.Rule // at an account
}

// Service implements inbound.Operators and inbound.Provisioning.
type Service struct {
	world   outbound.World
	revoked Revoked
	steward *stewardship.Steward
	rules   strength.Rules
	policy  Policy
}

// Revoked takes note of sessions that were just ended here, so that their
// access tokens are refused at once.
type Revoked interface {
	Ended(now time.Time, ids ...session.ID)
}

var (
	_ inbound.Operators    = (*Service)(nil)
	_ inbound.Provisioning = (*Service)(nil)
)

// New makes a Service.
func New(w outbound.World, r Revoked, steward *stewardship.Steward, s strength.Rules, p Policy) *Service {
	return &Service{world: w, revoked: r, steward: steward, rules: s, policy: p}
}

// FindUser implements inbound.Operators.
func (s *Service) FindUser(ctx context.Context, idOrEmail string) (user.User, error) {
	var u user.User
	who, err := id.Parse[user.User](idOrEmail)
	if err == nil {
		u, err = s.world.Store.Users().ByID(ctx, s.policy.Tenant, who)
	} else {
		email, faults := user.ParseAddress(idOrEmail, s.world.Domains)
		if len(faults) > 0 {
			return user.User{}, fault.UserNamedBadly.Fault()
		}
		u, _, err = s.world.Store.Users().ForSignIn(ctx, s.policy.Tenant, user.Identifier{Email: email})
	}
	if errors.Is(err, outbound.ErrNotFound) {
		return user.User{}, fault.UserUnknown.Fault()
	}
	return u, failure.Of(err)
}

// ListUsers implements inbound.Operators.
func (s *Service) ListUsers(ctx context.Context, status user.Status, before user.ID, limit int) ([]user.User, error) {
	list, err := s.world.Store.Users().List(ctx, s.policy.Tenant, status, before, max(limit, 1))
	return list, failure.Of(err)
}

// by is whoever runs the program on the database.
func (s *Service) by() stewardship.By {
	return stewardship.By{Origin: s.origin(), Actor: event.Operator, Reason: session.ByOperator}
}

func (s *Service) origin() event.Origin { return event.Origin{Tenant: s.policy.Tenant} }
