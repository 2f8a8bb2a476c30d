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
	k, err := s.rotate(ctx, event.Operator)
	if err != nil {
		return inbound.KeyInfo{}, failure.Of(err)
	}
	return k, nil
}

func (s *Service) rotate(ctx context.Context, actor string) (inbound.KeyInfo, error) {
	if s.keptElsewhere() {
		return inbound.KeyInfo{}, fault.KeyGiven.Fault()
	}
	set, err := s.read(ctx)
	if err != nil {
		return inbound.KeyInfo{}, err
	}
	now := s.world.Clock.Now()
	underWay := fault.RotationUnderWay.Fault()
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
	k, err := s.generate(set, s.policy.Algorithm)
	if err != nil {
		return inbound.KeyInfo{}, err
	}
	if len(set.Keys) > 0 {
		k.ActiveFrom = now.Add(s.policy.Lead)
	}
	err = s.insert(ctx, k, actor)
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

// replaceOld makes the next key when the one that signs has become too old. Of
// instances that do so at once, one makes it and the others read it.
func (s *Service) replaceOld(ctx context.Context) error {
	if !s.tooOld() {
		return nil
	}
	_, err := s.rotate(ctx, event.System)
	if fault.CodeOf(err) == fault.Conflict {
		err = s.load(ctx)
	}
	return failure.Of(err)
}

// tooOld judges the keys as they were last read.
func (s *Service) tooOld() bool {
	s.changing.Lock()
	defer s.changing.Unlock()
	return !s.keptElsewhere() && s.set.TooOld(s.world.Clock.Now(), s.policy.RotateAfter)
}
