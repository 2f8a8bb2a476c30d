// Package profile lets users say who they are, take what is stored about them
// along, and leave.
package profile

import (
	"context"
	"errors"

	"github.com/plinto/plinto/core/app/erasure"
	"github.com/plinto/plinto/core/app/guard"
	"github.com/plinto/plinto/core/app/guessing"
	"github.com/plinto/plinto/core/app/stepup"
	"github.com/plinto/plinto/core/app/stewardship"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// Service implements inbound.Profiles.
type Service struct {
	world   outbound.World
	guard   *guard.Guard
	tries   *guessing.Service
	gate    *stepup.Gate
	eraser  *erasure.Eraser
	steward *stewardship.Steward
	life    session.Lifetime
}

var _ inbound.Profiles = (*Service)(nil)

// New makes a Service.
func New(w outbound.World, g *guard.Guard, t *guessing.Service, gate *stepup.Gate, e *erasure.Eraser, st *stewardship.Steward, life session.Lifetime) *Service {
	return &Service{world: w, guard: g, tries: t, gate: gate, eraser: e, steward: st, life: life}
}

// find reads the account of a principal whose session is not over.
func (s *Service) find(ctx context.Context, who inbound.Principal) (user.User, error) {
	found, owner, err := s.world.Store.Sessions().WithUser(ctx, who.Tenant, who.Session)
	if errors.Is(err, outbound.ErrNotFound) {
		return user.User{}, fault.New(fault.InvalidToken).Because(err)
	}
	if err != nil {
		return user.User{}, err
	}
	if !found.Live(s.world.Clock.Now(), s.life) || !owner.Status.MayAct() || owner.ID != who.User {
		return user.User{}, fault.New(fault.InvalidToken)
	}
	return owner, nil
}
