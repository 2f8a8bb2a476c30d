package outbound

import (
	"context"

	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
)

// Events is the append-only log of what happened.
type Events interface {
	// Append writes events. It belongs in the transaction of the change.
	Append(ctx context.Context, events ...event.Event) error

	// After gives up to limit events behind a position, in order. An event
	// whose transaction may still be overtaken by an earlier one is held back
	// until it cannot be, so that a reader that goes on from the last position
	// it saw misses none.
	After(ctx context.Context, t tenant.ID, p event.Position, limit int) ([]event.Recorded, error)

	// Latest gives the last events, up to limit, in order, with the same
	// hold-back.
	Latest(ctx context.Context, t tenant.ID, limit int) ([]event.Recorded, error)

	// OfUser gives up to limit events that concern a user's account and have
	// one of these names, or any when there are none, the last ones first, beginning behind the position
	// before, or with the last of all when that is zero. Nothing is held back:
	// what is committed later in an earlier place is there when the list is
	// read again.
	OfUser(ctx context.Context, t tenant.ID, who user.ID, names []event.Name, before event.Position, limit int) ([]event.Recorded, error)
}
