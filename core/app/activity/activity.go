// Package activity notes that sessions are in use, and shows users what
// happened around their accounts. What it notes it keeps in memory and stores
// once in a while: a process that is killed loses a minute of it, and nothing
// else leans on it.
package activity

import (
	"context"
	"sync"
	"time"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// Service implements inbound.Activity.
type Service struct {
	world outbound.World
	every time.Duration

	mu    sync.Mutex // held for as long as it takes to look into a map
	noted map[key]*session.Activity
}

var _ inbound.Activity = (*Service)(nil)

// New makes a Service that stores activity every so often.
func New(w outbound.World, every time.Duration) *Service {
	return &Service{world: w, every: every, noted: map[key]*session.Activity{}}
}

// Recent implements inbound.Activity. It asks for one more than the page holds,
// to learn whether there is a next one.
func (s *Service) Recent(ctx context.Context, who inbound.Principal, page inbound.EventPage) (inbound.HistoryPage, error) {
	limit := min(max(page.Limit, 1), inbound.MaxPage)
	list, err := s.world.Store.Events().OfUser(ctx, who.Tenant, who.User, event.AccountNames(), page.After, limit+1)
	if err != nil {
		return inbound.HistoryPage{}, failure.Of(err)
	}
	if len(list) <= limit {
		return inbound.HistoryPage{Events: list}, nil
	}
	return inbound.HistoryPage{Events: list[:limit], Next: list[limit-1].Position}, nil
}

const (
	// looked is how many events one reading looks at.
	looked = 500
	// readings is how many readings a page of alerts may take.
	readings = 4
)

// Alerts implements inbound.Activity. Whether a failed sign-in is worth an
// alert is told by those before it, so it reads on behind those that it judges.
func (s *Service) Alerts(ctx context.Context, who inbound.Principal, page inbound.EventPage) (inbound.HistoryPage, error) {
	limit := min(max(page.Limit, 1), inbound.MaxPage)
	var list []event.Recorded
	after := page.After
	for n := 1; ; n++ {
		more, err := s.world.Store.Events().OfUser(ctx, who.Tenant, who.User, event.AlertNames(), after, looked)
		if err != nil {
			return inbound.HistoryPage{}, failure.Of(err)
		}
		list = append(list, more...)
		whole := len(more) < looked
		alerts, judged := event.Alerts(list, whole)
		switch {
		case len(alerts) > limit:
			return inbound.HistoryPage{Events: alerts[:limit], Next: alerts[limit-1].Position}, nil
		case whole:
			return inbound.HistoryPage{Events: alerts}, nil
		case n == readings && judged == 0:
			// One that so much else precedes is judged by what was read.
			alerts, _ = event.Alerts(list, true)
			return inbound.HistoryPage{Events: alerts[:min(limit, len(alerts))], Next: list[len(list)-1].Position}, nil
		case n == readings:
			return inbound.HistoryPage{Events: alerts, Next: list[judged-1].Position}, nil
		}
		after = list[len(list)-1].Position
	}
}
