// Package health tells whether the service can do its work.
package health

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// Service implements inbound.Health.
type Service struct {
	world    outbound.World
	loaded   func() bool
	draining atomic.Bool

	mu      sync.Mutex
	readAt  time.Time
	store   outbound.StoreHealth
	limiter outbound.LimiterHealth
}

// fresh is how long an answer of the homes is passed on: anybody may ask, as
// often as they like.
const fresh = 500 * time.Millisecond

var _ inbound.Health = (*Service)(nil)

// New makes a Service. Loaded tells whether everything is
// there that is read at the start.
func New(w outbound.World, loaded func() bool) *Service { return &Service{world: w, loaded: loaded} }

// Drain implements inbound.Health.
func (s *Service) Drain() { s.draining.Store(true) }

// ask asks both homes at once, unless somebody did a moment ago. Those who
// come meanwhile wait for the same answer.
func (s *Service) ask(ctx context.Context) (outbound.StoreHealth, outbound.LimiterHealth) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if age := s.world.Clock.Now().Sub(s.readAt); age >= 0 && age < fresh {
		return s.store, s.limiter
	}
	ctx = context.WithoutCancel(ctx) // the answer is for others as well
	var asking sync.WaitGroup
	asking.Go(func() { s.store = s.world.Store.Health(ctx) })
	asking.Go(func() { s.limiter = s.world.Limiter.Health(ctx) })
	asking.Wait()
	s.readAt = s.world.Clock.Now()
	return s.store, s.limiter
}

// Ready implements inbound.Health.
func (s *Service) Ready(ctx context.Context) inbound.Readiness {
	store, limiter := s.ask(ctx)
	r := inbound.Readiness{
		State:    inbound.Ready,
		Draining: s.draining.Load(),
		Database: inbound.DatabaseHealth{
			Engine: store.Engine, Healthy: store.Err == nil, Error: reason(store.Err), ResponseTime: store.ResponseTime,
			Size: store.Pool.Size, InUse: store.Pool.InUse, Idle: store.Pool.Idle, Max: store.Pool.Max,
			CurrentMigration: store.Migrations.Current, ExpectedMigration: store.Migrations.Expected, CheckedAt: store.CheckedAt,
		},
		Cache: inbound.CacheHealth{
			Configured: limiter.Shared, Healthy: limiter.Shared && limiter.Err == nil, Error: reason(limiter.Err), ResponseTime: limiter.ResponseTime,
		},
	}
	switch {
	case r.Draining || !store.Ready() || !s.loaded():
		r.State = inbound.Unavailable
	case limiter.Err != nil:
		r.State = inbound.Degraded
	}
	return r
}

// reason says in general what is wrong. The error itself names hosts and may
// quote what the server said; it belongs in the log.
func reason(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, outbound.ErrUnavailable), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return "does not answer"
	}
	return "answers with an error"
}
