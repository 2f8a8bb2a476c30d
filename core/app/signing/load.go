package signing

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/ports/outbound"
)

// Load implements inbound.Keys.
func (s *Service) Load(ctx context.Context) error { return failure.Of(s.load(ctx)) }

// attempts is how often Load looks again after another instance was first to
// make a key.
const attempts = 3

func (s *Service) load(ctx context.Context) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	for n := 1; ; n++ {
		set, err := s.read(ctx)
		if err != nil {
			return err
		}
		missing, err := s.missing(set)
		if err != nil {
			return err
		}
		if missing == nil {
			before := s.set
			s.set = set
			if err := s.use(); err != nil {
				s.set = before // go on with what worked
				return err
			}
			return nil
		}
		err = s.insert(ctx, *missing, event.System)
		if err != nil && (!errors.Is(err, outbound.ErrConflict) || n == attempts) {
			return err
		}
	}
}

// missing gives the key that this instance needs and the store does not have:
// its external one, or the first, or one of the algorithm that is asked for.
func (s *Service) missing(set token.KeySet) (*token.SigningKey, error) {
	now := s.world.Clock.Now()
	if len(s.policy.External) > 0 {
		pair, err := s.world.Signer.Import(s.policy.External, s.policy.Algorithm)
		if err != nil {
			return nil, fmt.Errorf("read the private key of the configuration: %w", err)
		}
		s.external = pair.KID
		for _, k := range set.Keys {
			if k.KID == pair.KID {
				return nil, nil
			}
		}
		k := s.next(set, pair)
		k.ActiveFrom = now
		return &k, nil
	}
	newest, ok := set.Newest()
	if ok && s.loaded.Load() {
		// Instances that are told different algorithms must not answer each
		// other with key after key: one is made at the start and no later.
		return nil, nil
	}
	if ok && newest.Sealed != nil && newest.Algorithm == s.policy.Algorithm {
		return nil, nil
	}
	k, err := s.generate(set)
	if err != nil {
		return nil, err
	}
	if ok && newest.Sealed != nil {
		// The old algorithm signs on until everybody knows the new key.
		k.ActiveFrom = now.Add(s.policy.Lead)
	}
	return &k, nil
}

// generate makes the next key, sealed, to sign from now on.
func (s *Service) generate(set token.KeySet) (token.SigningKey, error) {
	pair, err := s.world.Signer.Generate(s.policy.Algorithm)
	if err != nil {
		return token.SigningKey{}, fmt.Errorf("generate signing key: %w", err)
	}
	k := s.next(set, pair)
	k.Sealed, err = s.world.Sealer.Seal(pair.Private, purpose(k.KID))
	if err != nil {
		return token.SigningKey{}, fmt.Errorf("seal signing key: %w", err)
	}
	return k, nil
}

func (s *Service) next(set token.KeySet, pair outbound.KeyPair) token.SigningKey {
	newest, _ := set.Newest()
	now := s.world.Clock.Now()
	return token.SigningKey{
		Tenant: s.policy.Tenant, KID: pair.KID, Number: newest.Number + 1, Algorithm: pair.Algorithm,
		Public: pair.Public, CreatedAt: now, ActiveFrom: now,
	}
}

// purpose binds a sealed key to its place.
func purpose(kid string) string { return "signing key " + kid }

func (s *Service) insert(ctx context.Context, k token.SigningKey, actor string) error {
	origin := event.Origin{Tenant: k.Tenant}
	return s.world.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
		if err := tx.SigningKeys().Insert(ctx, k); err != nil {
			return err
		}
		return tx.Events().Append(ctx, event.Rotated(origin, actor, k.KID, string(k.Algorithm), k.ActiveFrom, k.CreatedAt))
	})
}

// takeOver hands the signing on when the time of the next key has come, and
// withdraws keys whose tokens are dead.
func (s *Service) takeOver() error {
	s.changing.Lock()
	defer s.changing.Unlock()
	active, published := s.choose()
	if active == s.active && len(published) == s.inUse {
		return nil
	}
	return s.use()
}

// choose gives the key that this instance signs with now, and those that
// verify. It signs with the key of its configuration or else with the newest
// one that the store holds whole; where another instance's configuration has a
// newer key, both sign, and the older one verifies for as long as it is used.
func (s *Service) choose() (string, []token.SigningKey) {
	now := s.world.Clock.Now()
	published := s.set.Published(now)
	var mine token.KeySet
	for _, k := range s.set.Keys {
		if k.KID == s.external || s.external == "" && k.Sealed != nil {
			mine.Keys = append(mine.Keys, k)
		}
	}
	active, ok := mine.Active(now)
	if ok && !slices.ContainsFunc(published, func(k token.SigningKey) bool { return k.KID == active.KID }) {
		published = append(published, active)
	}
	return active.KID, published
}

// use gives the signer the keys of the present.
func (s *Service) use() error {
	active, published := s.choose()
	pairs := make([]outbound.KeyPair, 0, len(published))
	for _, k := range published {
		pair, err := s.open(k, active)
		if err != nil {
			return err
		}
		pairs = append(pairs, pair)
	}
	if err := s.world.Signer.Use(pairs, active); err != nil {
		return fmt.Errorf("use signing keys: %w", err)
	}
	s.active, s.inUse = active, len(published)
	s.loaded.Store(true)
	return nil
}

// open unseals the private half of a key that this instance signs with, now
// or soon. The others only verify.
func (s *Service) open(k token.SigningKey, active string) (outbound.KeyPair, error) {
	pair := outbound.KeyPair{KID: k.KID, Algorithm: k.Algorithm, Public: k.Public}
	switch {
	case k.KID != active:
		return pair, nil
	case k.KID == s.external:
		return s.world.Signer.Import(s.policy.External, k.Algorithm)
	}
	private, err := s.world.Sealer.Open(k.Sealed, purpose(k.KID))
	if err != nil {
		return outbound.KeyPair{}, fmt.Errorf(
			"signing key %s was sealed under another JWT_SECRET_KEY: set that one, or name it in JWT_SECRET_KEY_PREVIOUS: %w", k.KID, err)
	}
	pair.Private = private
	return pair, nil
}
