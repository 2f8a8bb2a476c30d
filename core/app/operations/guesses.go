package operations

import (
	"context"
	"errors"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/guess"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

// Guesses implements inbound.Operators.
func (s *Service) Guesses(ctx context.Context, who user.ID) (guess.Tally, error) {
	t, err := s.world.Store.Guesses().Of(ctx, s.policy.Tenant, guess.Account(who))
	if err != nil {
		return guess.Tally{}, failure.Of(err)
	}
	return s.policy.Guesses.Faded(t, s.world.Clock.Now()), nil
}

// Unlock implements inbound.Operators.
func (s *Service) Unlock(ctx context.Context, who user.ID) error {
	return failure.Of(s.world.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
		_, err := tx.Users().ByID(ctx, s.policy.Tenant, who)
		if errors.Is(err, outbound.ErrNotFound) {
			return fault.UserUnknown.Fault()
		}
		if err != nil {
			return err
		}
		if err := tx.Guesses().Forget(ctx, s.policy.Tenant, guess.Account(who)); err != nil {
			return err
		}
		return tx.Events().Append(ctx, event.Unlocked(s.origin(), event.Operator, who, s.world.Clock.Now()))
	}))
}
