// Package sessions lets users look after their own sessions.
package sessions

import (
	"context"
	"errors"
	"time"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// Service implements inbound.Sessions.
type Service struct {
	world   outbound.World
	life    session.Lifetime
	revoked Revoked
}

// Revoked takes note of sessions that were just ended here, so that their
// access tokens are refused at once.
type Revoked interface {
	Ended(now time.Time, ids ...session.ID)
}

var _ inbound.Sessions = (*Service)(nil)

// New makes a Service.
func New(w outbound.World, life session.Lifetime, r Revoked) *Service {
	return &Service{world: w, life: life, revoked: r}
}

// List implements inbound.Sessions. It asks for one more than the page holds,
// to learn whether there is a next one.
func (s *Service) List(ctx context.Context, who inbound.Principal, page inbound.Page) (inbound.SessionPage, error) {
	limit := min(max(page.Limit, 1), inbound.MaxPage)
	list, err := s.world.Store.Sessions().ListLive(ctx, who.Tenant, who.User, s.world.Clock.Now(), s.life, page.After, limit+1)
	if err != nil {
		return inbound.SessionPage{}, failure.Of(err)
	}
	if len(list) <= limit {
		return inbound.SessionPage{Sessions: list}, nil
	}
	return inbound.SessionPage{Sessions: list[:limit], Next: list[limit-1].ID}, nil
}

// Get implements inbound.Sessions.
func (s *Service) Get(ctx context.Context, who inbound.Principal, id session.ID) (inbound.SessionDetail, error) {
	found, err := s.world.Store.Sessions().ByID(ctx, who.Tenant, id)
	if errors.Is(err, outbound.ErrNotFound) || err == nil && found.User != who.User {
		return inbound.SessionDetail{}, fault.New(fault.NotFound)
	}
	if err != nil {
		return inbound.SessionDetail{}, failure.Of(err)
	}
	addresses, err := s.world.Store.Activity().Addresses(ctx, who.Tenant, id)
	if err != nil {
		return inbound.SessionDetail{}, failure.Of(err)
	}
	detail := inbound.SessionDetail{Session: found, Addresses: addresses}
	device, err := s.world.Store.Activity().Device(ctx, who.Tenant, who.User, found.Device.Fingerprint(who.User))
	switch {
	case err == nil:
		detail.Device = &device
	case !errors.Is(err, outbound.ErrNotFound):
		return inbound.SessionDetail{}, failure.Of(err)
	}
	return detail, nil
}

// Revoke implements inbound.Sessions.
func (s *Service) Revoke(ctx context.Context, caller inbound.Caller, who inbound.Principal, id session.ID) error {
	now := s.world.Clock.Now()
	err := s.world.Store.Sessions().End(ctx, outbound.Ending{
		Tenant: who.Tenant, Session: id, Owner: who.User, Reason: session.Revoked, At: now, Lifetime: s.life,
		Event: event.Ended(caller.Origin(), event.OfUser(who.User), id, who.User, session.Revoked, now),
	})
	if errors.Is(err, outbound.ErrNotFound) {
		return fault.New(fault.NotFound)
	}
	if err == nil {
		s.revoked.Ended(now, id)
	}
	return failure.Of(err)
}

// RevokeOthers implements inbound.Sessions.
func (s *Service) RevokeOthers(ctx context.Context, caller inbound.Caller, who inbound.Principal) (int, error) {
	now := s.world.Clock.Now()
	var ended []session.ID
	err := s.world.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
		var err error
		ended, err = tx.Sessions().EndOthers(ctx, outbound.EndingOthers{
			Tenant: who.Tenant, Owner: who.User, Keep: who.Session, Reason: session.Revoked, At: now, Lifetime: s.life,
		})
		if err != nil {
			return err
		}
		events := make([]event.Event, 0, len(ended))
		for _, id := range ended {
			events = append(events, event.Ended(caller.Origin(), event.OfUser(who.User), id, who.User, session.Revoked, now))
		}
		return tx.Events().Append(ctx, events...)
	})
	if err != nil {
		return 0, failure.Of(err)
	}
	s.revoked.Ended(now, ended...)
	return len(ended), nil
}
