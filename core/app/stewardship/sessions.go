package stewardship

import (
	"context"
	"time"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

// EndSessions ends every session of a user and tells how many those were.
func (s *Steward) EndSessions(ctx context.Context, by By, who user.ID) (int, error) {
	now := s.world.Clock.Now()
	var ended []session.ID
	err := s.world.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) (err error) {
		if err = by.may(ctx, tx); err != nil {
			return err
		}
		ended, err = endSessions(ctx, tx, by, who, by.Reason, now)
		return err
	})
	if err != nil {
		return 0, failure.Of(err)
	}
	s.revoked.Ended(now, ended...)
	return len(ended), nil
}

func endSessions(ctx context.Context, tx outbound.Repositories, by By, who user.ID, reason session.EndReason, now time.Time) ([]session.ID, error) {
	// None is kept, and no limit on idleness is given: what is over by that may
	// live again when the limit is another.
	ended, err := tx.Sessions().EndOthers(ctx, outbound.EndingOthers{Tenant: by.Origin.Tenant, Owner: who, Reason: reason, At: now})
	if err != nil || len(ended) == 0 {
		return nil, err
	}
	events := make([]event.Event, 0, len(ended))
	for _, id := range ended {
		events = append(events, event.Ended(by.Origin, by.Actor, id, who, reason, now))
	}
	return ended, tx.Events().Append(ctx, events...)
}
