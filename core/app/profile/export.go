package profile

import (
	"context"
	"iter"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/ports/inbound"
)

// page is how much of an export is read at once.
const page = 100

// Export implements inbound.Profiles. It asks for recent proof: everything at
// once is what somebody with a session alone must not have. That it was given
// is an event, and the first that it has.
func (s *Service) Export(ctx context.Context, caller inbound.Caller, who inbound.Principal) (inbound.PersonalData, error) {
	data, err := s.export(ctx, caller, who)
	return data, failure.Of(err)
}

func (s *Service) export(ctx context.Context, caller inbound.Caller, who inbound.Principal) (inbound.PersonalData, error) {
	if err := s.gate.Pass(who); err != nil {
		return inbound.PersonalData{}, err
	}
	u, err := s.find(ctx, who)
	if err != nil {
		return inbound.PersonalData{}, err
	}
	devices, err := s.world.Store.Activity().Devices(ctx, who.Tenant, who.User)
	if err != nil {
		return inbound.PersonalData{}, err
	}
	now := s.world.Clock.Now()
	if err := s.world.Store.Events().Append(ctx, event.Exported(caller.Origin(), event.OfUser(u.ID), u.ID, now)); err != nil {
		return inbound.PersonalData{}, err
	}
	return inbound.PersonalData{At: now, User: u, Devices: devices, Sessions: s.sessions(ctx, who), Events: s.events(ctx, who)}, nil
}

func (s *Service) sessions(ctx context.Context, who inbound.Principal) iter.Seq2[inbound.SessionDetail, error] {
	return func(yield func(inbound.SessionDetail, error) bool) {
		var last session.ID
		for {
			list, err := s.world.Store.Sessions().OfUser(ctx, who.Tenant, who.User, last, page)
			if err != nil {
				yield(inbound.SessionDetail{}, err)
				return
			}
			for _, one := range list {
				addresses, err := s.world.Store.Activity().Addresses(ctx, who.Tenant, one.ID)
				if !yield(inbound.SessionDetail{Session: one, Addresses: addresses}, err) || err != nil {
					return
				}
				last = one.ID
			}
			if len(list) < page {
				return
			}
		}
	}
}

func (s *Service) events(ctx context.Context, who inbound.Principal) iter.Seq2[event.Recorded, error] {
	return func(yield func(event.Recorded, error) bool) {
		var last event.Position
		for {
			list, err := s.world.Store.Events().OfUser(ctx, who.Tenant, who.User, nil, last, page)
			if err != nil {
				yield(event.Recorded{}, err)
				return
			}
			for _, e := range list {
				if !yield(e, nil) {
					return
				}
				last = e.Position
			}
			if len(list) < page {
				return
			}
		}
	}
}
