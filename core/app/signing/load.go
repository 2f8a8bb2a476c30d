package signing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

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
		missing, err := s.missing(ctx, set)
		if err != nil {
			return errors.Join(err, s.forget(set))
		}
		if missing == nil {
			return s.take(set)
		}
		err = s.insert(ctx, *missing, event.System)
		if err != nil && (!errors.Is(err, outbound.ErrConflict) || n == attempts) {
			return errors.Join(err, s.forget(set))
		}
	}
}

// take goes on with the keys that were read or, when they cannot be used, with
// what worked before, less what was revoked since.
func (s *Service) take(set token.KeySet) error {
	before := s.set
	s.set = set
	err := s.use()
	if err == nil {
		return nil
	}
	s.set = before
	return errors.Join(err, s.forget(set))
}

// forget takes the keys that were revoked according to a newer set out of those
// in use. When none is left to sign with, this instance is not ready any more.
func (s *Service) forget(newer token.KeySet) error {
	if !s.Loaded() {
		return nil
	}
	found := false
	keys := slices.Clone(s.set.Keys)
	for i, k := range keys {
		if now, ok := newer.Find(k.KID); ok && now.Revoked() && !k.Revoked() {
			keys[i], found = now, true
		}
	}
	if !found {
		return nil
	}
	s.set.Keys = keys
	err := s.use()
	if err == nil || !s.Loaded() {
		return err
	}
	// The key that is to sign cannot be used here, and the signer still has the
	// one that was revoked: it signs no more, and verifies with the others.
	return errors.Join(err, s.stop())
}

// stop leaves the signer with keys to verify with, and this instance not loaded.
func (s *Service) stop() error {
	s.loaded.Store(false)
	_, published := s.choose()
	pairs := make([]outbound.KeyPair, 0, len(published))
	for _, k := range published {
		pairs = append(pairs, outbound.KeyPair{KID: k.KID, Algorithm: k.Algorithm, Public: k.Public})
	}
	if err := s.world.Signer.Use(pairs, ""); err != nil {
		return fmt.Errorf("use signing keys: %w", err)
	}
	s.active, s.inUse = "", len(pairs)
	return nil
}

// missing gives the key that this instance needs and the store does not have:
// its external one, or the first, or one of the algorithm that is asked for.
func (s *Service) missing(ctx context.Context, set token.KeySet) (*token.SigningKey, error) {
	if s.keptElsewhere() {
		return s.unregistered(ctx, set)
	}
	own := set
	own.Keys = slices.DeleteFunc(slices.Clone(set.Keys), func(k token.SigningKey) bool { return k.Sealed == nil })
	if _, ok := own.Newest(); ok && s.loaded.Load() {
		// Instances that are told different algorithms must not answer each
		// other with key after key: one is made at the start and no later.
		return nil, nil
	}
	newest, ok := set.Newest()
	if ok && newest.Sealed != nil && newest.Algorithm == s.policy.Algorithm {
		return nil, nil
	}
	k, err := s.generate(set, s.policy.Algorithm)
	if err != nil {
		return nil, err
	}
	if ok && newest.Sealed != nil {
		// The old algorithm signs on until everybody knows the new key.
		k.ActiveFrom = s.world.Clock.Now().Add(s.policy.Lead)
	}
	return &k, nil
}

// unregistered gives the external key when the store does not have it.
func (s *Service) unregistered(ctx context.Context, set token.KeySet) (*token.SigningKey, error) {
	pair, err := s.readExternal(ctx)
	if err != nil {
		return nil, err
	}
	known, ok := set.Find(pair.KID)
	switch {
	case ok && known.Revoked():
		return nil, fmt.Errorf("the signing key of the configuration, %s, was revoked at %s and never signs again: give another",
			pair.KID, known.RevokedAt.Format(time.RFC3339))
	case ok:
		return nil, nil
	}
	k := s.next(set, pair)
	return &k, nil
}

// readExternal reads the key that comes from outside the database, once.
func (s *Service) readExternal(ctx context.Context) (outbound.KeyPair, error) {
	if s.external.KID != "" {
		return s.external, nil
	}
	var pair outbound.KeyPair
	var err error
	if s.world.KMS != nil {
		var key outbound.RemoteKey
		if key, err = s.world.KMS.Key(ctx); err == nil {
			pair, err = s.world.Signer.Adopt(key, s.policy.Algorithm)
		}
	} else {
		pair, err = s.world.Signer.Import(s.policy.External, s.policy.Algorithm)
	}
	if err != nil {
		return outbound.KeyPair{}, fmt.Errorf("read the signing key of the configuration: %w", err)
	}
	s.external = pair
	return pair, nil
}

// generate makes the next key, sealed, to sign from now on.
func (s *Service) generate(set token.KeySet, a token.Algorithm) (token.SigningKey, error) {
	pair, err := s.world.Signer.Generate(a)
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
	now := s.world.Clock.Now()
	return token.SigningKey{
		Tenant: s.policy.Tenant, KID: pair.KID, Number: set.NextNumber(), Algorithm: pair.Algorithm,
		Public: pair.Public, CreatedAt: now, ActiveFrom: now,
	}
}

// purpose binds a sealed key to its place.
func purpose(kid string) string { return "signing key " + kid }

func (s *Service) insert(ctx context.Context, k token.SigningKey, actor string) error {
	return s.world.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
		if err := tx.SigningKeys().Insert(ctx, k); err != nil {
			return err
		}
		return tx.Events().Append(ctx, rotated(k, actor))
	})
}

func rotated(k token.SigningKey, actor string) event.Event {
	return event.Rotated(event.Origin{Tenant: k.Tenant}, actor, k.KID, string(k.Algorithm), k.ActiveFrom, k.CreatedAt)
}

// takeOver hands the signing on when the time of the next key has come, and
// withdraws keys whose tokens are dead.
func (s *Service) takeOver() error {
	s.changing.Lock()
	defer s.changing.Unlock()
	if !s.Loaded() {
		return nil
	}
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
		if k.KID == s.external.KID || !s.keptElsewhere() && k.Sealed != nil {
			mine.Keys = append(mine.Keys, k)
		}
	}
	active, ok := mine.Active(now)
	if ok && !slices.ContainsFunc(published, func(k token.SigningKey) bool { return k.KID == active.KID }) {
		published = append(published, active)
	}
	return active.KID, published
}

// use gives the signer the keys of the present. Without one to sign with the
// signer gets those to verify with, and this instance is not loaded.
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
	s.loaded.Store(active != "")
	if active == "" {
		return errNoKey
	}
	return nil
}

var errNoKey = errors.New("there is no key left that this instance may sign with")

// open unseals the private half of a key that this instance signs with, now
// or soon. The others only verify.
func (s *Service) open(k token.SigningKey, active string) (outbound.KeyPair, error) {
	pair := outbound.KeyPair{KID: k.KID, Algorithm: k.Algorithm, Public: k.Public}
	switch {
	case k.KID != active:
		return pair, nil
	case k.KID == s.external.KID:
		return s.external, nil
	}
	private, err := s.world.Sealer.Open(k.Sealed, purpose(k.KID))
	if err != nil {
		return outbound.KeyPair{}, fmt.Errorf(
			"signing key %s was sealed under another JWT_SECRET_KEY: set that one, or name it in JWT_SECRET_KEY_PREVIOUS: %w", k.KID, err)
	}
	pair.Private = private
	return pair, nil
}
