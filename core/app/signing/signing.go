// Package signing looks after the keys that sign access tokens: it makes them,
// publishes them before they sign and for as long as their tokens live, replaces
// them when they are old, revokes them for good, and keeps every instance's
// signer in step with the store.
package signing

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// Policy is what the keys obey.
type Policy struct {
	Tenant    tenant.ID
	Algorithm token.Algorithm
	// External is a private key in PEM that is kept outside the database;
	// empty when Plinto makes its own, or when outbound.World has a KMS.
	External []byte
	// RotateAfter is how old a key that Plinto made gets before a running
	// instance makes the next one; 0 is for ever.
	RotateAfter time.Duration
	// Lead is how long a key is published before it signs. It is longer than
	// MaxAge, so that whoever has cached the key set comes back in time.
	Lead   time.Duration
	MaxAge time.Duration
	// Overlap is how long a key stays published after it signed last.
	Overlap time.Duration
}

// reloadSeconds is how often the store is asked for keys that others made. It
// is well below any lead.
const reloadSeconds = 30

// pause is the least time between two reloads that unknown keys cause: anybody
// can make up a key id.
const pause = time.Second

// Service implements inbound.Keys.
type Service struct {
	world  outbound.World
	policy Policy

	loaded atomic.Bool

	// changing is held while the store is asked, for as long as that takes.
	// No request that has what it needs waits for it.
	changing sync.Mutex
	set      token.KeySet     // as last read
	external outbound.KeyPair // from outside the database; no KID when there is none, or it was not read yet
	active   string           // KID of the key that the signer was last given to sign with
	inUse    int              // how many keys it was last given

	asking  sync.Mutex
	askedAt time.Time
}

var _ inbound.Keys = (*Service)(nil)

// New makes a Service.
func New(w outbound.World, p Policy) *Service { return &Service{world: w, policy: p} }

// Loaded tells whether there are keys to sign with.
func (s *Service) Loaded() bool { return s.loaded.Load() }

// keptElsewhere tells whether the key to sign with comes from outside the
// database.
func (s *Service) keptElsewhere() bool { return len(s.policy.External) > 0 || s.world.KMS != nil }

// Published implements inbound.Keys.
func (s *Service) Published() (inbound.JWKS, error) {
	if !s.Loaded() {
		return inbound.JWKS{}, failure.Of(fmt.Errorf("%w: keys are not loaded yet", outbound.ErrUnavailable))
	}
	return inbound.JWKS{Body: s.world.Signer.Published(), MaxAge: s.policy.MaxAge}, nil
}

// List implements inbound.Keys.
func (s *Service) List(ctx context.Context) ([]inbound.KeyInfo, error) {
	set, err := s.read(ctx)
	if err != nil {
		return nil, failure.Of(err)
	}
	now := s.world.Clock.Now()
	list := make([]inbound.KeyInfo, 0, len(set.Keys))
	for _, k := range set.Keys {
		list = append(list, info(set, k, now))
	}
	return list, nil
}

// Verify checks an access token, and once more after a look into the store
// when it names a key that is unknown here: another instance may have made one.
func (s *Service) Verify(ctx context.Context, accessToken string) (token.Claims, error) {
	if !s.Loaded() {
		return token.Claims{}, fmt.Errorf("%w: keys are not loaded yet", outbound.ErrUnavailable)
	}
	claims, err := s.world.Signer.Verify(accessToken)
	if !errors.Is(err, outbound.ErrUnknownKey) || !s.mayAsk() {
		return claims, err
	}
	if err := s.Load(ctx); err != nil {
		return token.Claims{}, fmt.Errorf("%w: look for an unknown key: %w", outbound.ErrUnavailable, err)
	}
	return s.world.Signer.Verify(accessToken)
}

func (s *Service) mayAsk() bool {
	s.asking.Lock()
	defer s.asking.Unlock()
	now := s.world.Clock.Now()
	if wait := s.askedAt.Add(pause).Sub(now); wait > 0 && wait <= pause {
		return false
	}
	s.askedAt = now
	return true
}

// Run implements inbound.Keys.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for seconds := 1; ; seconds++ {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if seconds >= reloadSeconds || !s.Loaded() {
			seconds = 0
			// A store that is away is told of by Ready; the keys at hand
			// serve on.
			if err := s.Load(ctx); err != nil && !temporary(err) {
				return err
			}
			continue
		}
		if err := s.takeOver(); err != nil {
			return err
		}
		if err := s.replaceOld(ctx); err != nil && !temporary(err) {
			return err
		}
	}
}

func temporary(err error) bool {
	return fault.CodeOf(err) == fault.Unavailable || errors.Is(err, context.Canceled)
}

func (s *Service) read(ctx context.Context) (token.KeySet, error) {
	keys, err := s.world.Store.SigningKeys().List(ctx, s.policy.Tenant)
	return token.KeySet{Keys: keys, Overlap: s.policy.Overlap}, err
}

func info(set token.KeySet, k token.SigningKey, now time.Time) inbound.KeyInfo {
	return inbound.KeyInfo{KID: k.KID, Algorithm: k.Algorithm, State: set.State(k, now), CreatedAt: k.CreatedAt, ActiveFrom: k.ActiveFrom}
}
