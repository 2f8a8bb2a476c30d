package inbound

import (
	"context"

	"github.com/plinto/plinto/core/event"
)

// Events reads what happened, for operators.
type Events interface {
	// Latest gives the last events, up to limit, in order.
	Latest(ctx context.Context, limit int) ([]event.Recorded, error)

	// After gives up to limit events behind a position, in order, and misses
	// none.
	After(ctx context.Context, p event.Position, limit int) ([]event.Recorded, error)
}
