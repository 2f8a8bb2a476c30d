package account

import (
	"context"
	"errors"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// Me implements inbound.Accounts, in one round trip to the store.
func (s *Service) Me(ctx context.Context, who inbound.Principal) (user.User, error) {
	found, owner, err := s.world.Store.Sessions().WithUser(ctx, who.Tenant, who.Session)
	if errors.Is(err, outbound.ErrNotFound) {
		return user.User{}, fault.New(fault.InvalidToken).Because(err)
	}
	if err != nil {
		return user.User{}, failure.Of(err)
	}
	if !found.Live(s.world.Clock.Now(), s.issuer.Life) || !owner.Status.MayAct() || owner.ID != who.User {
		return user.User{}, fault.New(fault.InvalidToken)
	}
	return owner, nil
}
