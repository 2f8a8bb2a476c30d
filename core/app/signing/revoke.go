package signing

import (
	"context"
	"errors"
	"time"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// Revoke implements inbound.Keys.
func (s *Service) Revoke(ctx context.Context, kid string) (inbound.KeyRevocation, error) {
	done, err := s.revoke(ctx, kid)
	if err != nil {
		return inbound.KeyRevocation{}, failure.Of(err)
	}
	if s.Loaded() {
		err = s.Load(ctx)
	}
	return done, err
}

func (s *Service) revoke(ctx context.Context, kid string) (inbound.KeyRevocation, error) {
	for n := 1; ; n++ {
		set, err := s.read(ctx)
		if err != nil {
			return inbound.KeyRevocation{}, err
		}
		k, ok := set.Find(kid)
		switch {
		case !ok:
			return inbound.KeyRevocation{}, fault.KeyUnknown.Fault()
		case k.Revoked():
			return inbound.KeyRevocation{}, fault.KeyRevokedBefore.Fault()
		}
		now := s.world.Clock.Now()
		state := set.State(k, now)
		signs := state == token.KeyActive || state == token.KeyNext
		var replacement *token.SigningKey
		if signs {
			if replacement, err = s.replacement(ctx, set, k); err != nil {
				return inbound.KeyRevocation{}, err
			}
		}
		err = s.withdraw(ctx, k, replacement, now)
		switch {
		case errors.Is(err, outbound.ErrNotFound):
			return inbound.KeyRevocation{}, fault.KeyRevokedBefore.Fault().Because(err)
		case errors.Is(err, outbound.ErrConflict) && n < attempts:
			continue // somebody made a key meanwhile
		case err != nil:
			return inbound.KeyRevocation{}, err
		}
		k.RevokedAt = &now
		done := inbound.KeyRevocation{Revoked: info(set, k, now), Signed: signs}
		if replacement != nil {
			r := info(set, *replacement, now)
			done.Replacement = &r
		}
		return done, nil
	}
}

// replacement gives the key that signs from now on in k's place. It has no lead:
// whoever verifies asks for a key that they do not know, and what k signed is
// worth nothing already.
func (s *Service) replacement(ctx context.Context, set token.KeySet, k token.SigningKey) (*token.SigningKey, error) {
	if s.keptElsewhere() {
		return s.otherExternal(ctx, set), nil
	}
	if k.Sealed != nil {
		// Whoever cannot open the key in use must not make one that the
		// others cannot open.
		if _, err := s.open(k, k.KID); err != nil {
			return nil, err
		}
	}
	made, err := s.generate(set, s.policy.Algorithm)
	return &made, err
}

// otherExternal gives the key of the configuration when it is another than those
// that are known. Without one the instances that sign with k stop until they are
// given another; that the key cannot be read now must not keep k alive.
func (s *Service) otherExternal(ctx context.Context, set token.KeySet) *token.SigningKey {
	pair, err := s.readExternal(ctx)
	if err != nil {
		return nil
	}
	if _, known := set.Find(pair.KID); known {
		return nil
	}
	k := s.next(set, pair)
	return &k
}

func (s *Service) withdraw(ctx context.Context, k token.SigningKey, replacement *token.SigningKey, now time.Time) error {
	return s.world.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
		if err := tx.SigningKeys().Revoke(ctx, k.Tenant, k.KID, now); err != nil {
			return err
		}
		origin := event.Origin{Tenant: k.Tenant}
		if replacement == nil {
			return tx.Events().Append(ctx, event.RevokedKey(origin, event.Operator, k.KID, "", now))
		}
		if err := tx.SigningKeys().Insert(ctx, *replacement); err != nil {
			return err
		}
		return tx.Events().Append(ctx,
			event.RevokedKey(origin, event.Operator, k.KID, replacement.KID, now), rotated(*replacement, event.Operator))
	})
}
