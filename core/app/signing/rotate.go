package signing

import (
	"context"
	"errors"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// Rotate implements inbound.Keys.
func (s *Service) Rotate(ctx context.Context) (inbound.KeyInfo, error) {
	k, err := s.rotate(ctx)
	if err != nil {
		return inbound.KeyInfo{}, failure.Of(err)
	}
	return k, nil
}

func (s *Service) rotate(ctx context.Context) (inbound.KeyInfo, error) {
	if len(s.policy.External) > 0 {
		f := fault.New(fault.Conflict)
		f.Message = "The signing key is given by the configuration. To rotate it, give another."
		return inbound.KeyInfo{}, f
	}
	set, err := s.read(ctx)
	if err != nil {
		return inbound.KeyInfo{}, err
	}
	now := s.world.Clock.Now()
	underWay := fault.New(fault.Conflict)
	underWay.Message = "A rotation is under way: a new key is published and does not sign yet."
	if newest, ok := set.Newest(); ok && set.State(newest, now) == token.KeyNext {
		return inbound.KeyInfo{}, underWay
	}
	// Whoever cannot open the key in use must not make one that the others
	// cannot open.
	if active, ok := set.Active(now); ok && active.Sealed != nil {
		if _, err := s.open(active, active.KID); err != nil {
			return inbound.KeyInfo{}, err
		}
	}
	k, err := s.generate(set)
	if err != nil {
		return inbound.KeyInfo{}, err
	}
	if len(set.Keys) > 0 {
		k.ActiveFrom = now.Add(s.policy.Lead)
	}
	err = s.insert(ctx, k, event.Operator)
	if errors.Is(err, outbound.ErrConflict) {
		return inbound.KeyInfo{}, underWay.Because(err)
	}
	if err != nil {
		return inbound.KeyInfo{}, err
	}
	if s.Loaded() {
		if err := s.load(ctx); err != nil {
			return inbound.KeyInfo{}, err
		}
	}
	set.Keys = append(set.Keys, k)
	return info(set, k, now), nil
}
