// Package clients looks after API clients: other services that hold a
// credential of Plinto's own.
package clients

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/app/guard"
	"github.com/plinto/plinto/core/client"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/id"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// Service implements inbound.Clients for one tenant.
type Service struct {
	world  outbound.World
	guard  *guard.Guard
	tenant tenant.ID

	mu      sync.Mutex
	known   []client.Client
	knownAt time.Time // when they were read; zero before that
}

var _ inbound.Clients = (*Service)(nil)

// New makes a Service.
func New(w outbound.World, g *guard.Guard, t tenant.ID) *Service {
	return &Service{world: w, guard: g, tenant: t}
}

// Create implements inbound.Clients.
func (s *Service) Create(ctx context.Context, name string, scopes []client.Scope) (client.Client, string, error) {
	name, err := client.ParseName(name)
	if err != nil || len(scopes) == 0 {
		refusal := fault.ClientWithoutScope
		if err != nil {
			refusal = fault.ClientNameInvalid
		}
		return client.Client{}, "", refusal.Fault()
	}
	secret := client.Secret(s.world.Random.Secret())
	c := client.Client{
		Tenant: s.tenant, ID: s.world.Identifiers.New(), Name: name, Scopes: scopes,
		SecretHash: client.HashSecret(secret), CreatedAt: s.world.Clock.Now(),
	}
	err = s.world.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
		if err := tx.Clients().Insert(ctx, c); err != nil {
			return err
		}
		return tx.Events().Append(ctx, event.CreatedClient(s.origin(), event.Operator, c))
	})
	if err != nil {
		return client.Client{}, "", failure.Of(err)
	}
	return c, secret, nil
}

// List implements inbound.Clients.
func (s *Service) List(ctx context.Context) ([]client.Client, error) {
	list, err := s.world.Store.Clients().List(ctx, s.tenant)
	return list, failure.Of(err)
}

// Revoke implements inbound.Clients.
func (s *Service) Revoke(ctx context.Context, id client.ID) error {
	now := s.world.Clock.Now()
	err := s.world.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
		if err := tx.Clients().Revoke(ctx, s.tenant, id, now); err != nil {
			return err
		}
		return tx.Events().Append(ctx, event.RevokedClient(s.origin(), event.Operator, id, now))
	})
	if errors.Is(err, outbound.ErrNotFound) {
		return fault.ClientUnknown.Fault().Because(err)
	}
	return failure.Of(err)
}

func (s *Service) origin() event.Origin { return event.Origin{Tenant: s.tenant} }

// Authenticate implements inbound.Clients. A credential that cannot be anybody's
// takes the same way as one that might be.
func (s *Service) Authenticate(ctx context.Context, caller inbound.Caller, cred inbound.ClientCredential, need client.Scope) (client.ID, error) {
	claimed, err := id.Parse[client.Client](cred.ID)
	if err != nil {
		claimed = client.ID{}
	}
	if err := s.guard.Client(ctx, caller, claimed); err != nil {
		return client.ID{}, failure.Of(err)
	}
	found, err := s.world.Store.Clients().ByID(ctx, s.tenant, claimed)
	if err != nil && !errors.Is(err, outbound.ErrNotFound) {
		return client.ID{}, failure.Of(err)
	}
	genuine := found.Proves(cred.Secret)
	if err := s.guard.Settle(ctx, caller, claimed, genuine); err != nil {
		return client.ID{}, failure.Of(err)
	}
	if !genuine {
		return client.ID{}, fault.New(fault.InvalidClient)
	}
	if !found.May(need) {
		return client.ID{}, fault.New(fault.InsufficientScope)
	}
	if now := s.world.Clock.Now(); found.UseIsNews(now) {
		if err := s.world.Store.Clients().NoteUse(ctx, s.tenant, found.ID, now); err != nil {
			return client.ID{}, failure.Of(err)
		}
	}
	return found.ID, nil
}

// fresh is how long the list of clients is believed.
const fresh = 500 * time.Millisecond

// Check implements inbound.Clients.
func (s *Service) Check(ctx context.Context, id client.ID, need client.Scope) error {
	list, err := s.recent(ctx)
	if err != nil {
		return failure.Of(err)
	}
	i := slices.IndexFunc(list, func(c client.Client) bool { return c.ID == id })
	if i < 0 || list[i].RevokedAt != nil || !list[i].May(need) {
		return fault.New(fault.InvalidClient)
	}
	return nil
}

// patience is how long the list may take to be read: streams wait for it, and
// have to say that they are behind.
const patience = 300 * time.Millisecond

// recent gives the clients as they lately were. Who comes while they are read
// waits for that.
func (s *Service) recent(ctx context.Context) ([]client.Client, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.world.Clock.Now()
	if age := now.Sub(s.knownAt); age >= 0 && age < fresh {
		return s.known, nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	list, err := s.world.Store.Clients().List(ctx, s.tenant)
	if err == nil {
		s.known, s.knownAt = list, now
	}
	return list, err
}
