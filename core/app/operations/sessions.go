package operations

import (
	"context"
	"time"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/id"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

// ListSessions implements inbound.Operators.
func (s *Service) ListSessions(ctx context.Context, who user.ID, before session.ID, limit int) ([]session.Session, error) {
	list, err := s.world.Store.Sessions().ListLive(ctx, s.policy.Tenant, who, s.world.Clock.Now(), s.policy.Sessions, before, max(limit, 1))
	return list, failure.Of(err)
}

// EndSessions implements inbound.Operators.
func (s *Service) EndSessions(ctx context.Context, who user.ID) (int, error) {
	return s.steward.EndSessions(ctx, s.by(), who)
}

// batch is how many sessions one transaction ends.
const batch = 500

// slack is room for clocks that differ.
const slack = time.Minute

// EndAllSessions implements inbound.Operators. The event that refuses the
// access tokens is committed by itself, before any session is ended. Sessions
// end in the order of their ids, which is the order in which they were opened,
// so that a second call need not find out how far the first one came. A
// session that was made before the instant may be stored when its turn is over
// already; for those it looks a second time, once they must be there.
func (s *Service) EndAllSessions(ctx context.Context, before time.Time, progress func(ended int)) (int, error) {
	now := s.world.Clock.Now()
	if before.IsZero() {
		before = now
	}
	if before.Before(time.Unix(0, 0)) {
		// An id tells no time before that; the last one of such a time would be
		// behind all there are.
		return 0, fault.SessionsBeforeAll.Fault()
	}
	if before.After(now) {
		return 0, fault.SessionsToCome.Fault()
	}
	order := event.AllEnded(s.origin(), event.Operator, before)
	order.At = now
	if err := s.world.Store.Events().Append(ctx, order); err != nil {
		return 0, failure.Of(err)
	}
	total := 0
	tell := func(ended int) {
		total += ended
		if progress != nil {
			progress(total)
		}
	}
	last := id.LastAt[session.Session](before)
	if err := s.endBetween(ctx, session.ID{}, last, tell); err != nil {
		return total, failure.Of(err)
	}
	if wait := before.Add(s.policy.Settle).Sub(s.world.Clock.Now()); wait > 0 {
		select {
		case <-ctx.Done():
			return total, ctx.Err()
		case <-time.After(wait):
		}
	}
	err := s.endBetween(ctx, id.LastAt[session.Session](before.Add(-s.policy.Settle-slack)), last, tell)
	return total, failure.Of(err)
}

// endBetween ends what is live of the sessions behind one id up to another.
func (s *Service) endBetween(ctx context.Context, after, last session.ID, tell func(ended int)) error {
	for {
		now := s.world.Clock.Now()
		var ended []outbound.Ended
		var next session.ID
		err := s.world.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) (err error) {
			ended, next, err = tx.Sessions().EndNext(ctx, outbound.EndingNext{
				Tenant: s.policy.Tenant, After: after, Last: last, Limit: batch, Reason: session.ByOperator, At: now,
			})
			if err != nil || len(ended) == 0 {
				return err
			}
			events := make([]event.Event, 0, len(ended))
			for _, e := range ended {
				events = append(events, event.Ended(s.origin(), event.Operator, e.Session, e.Owner, session.ByOperator, now))
			}
			return tx.Events().Append(ctx, events...)
		})
		if err != nil {
			return err
		}
		if len(ended) > 0 {
			tell(len(ended))
		}
		if next.IsZero() {
			return nil
		}
		after = next
	}
}
