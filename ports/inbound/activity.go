package inbound

import (
	"context"

	"github.com/plinto/plinto/core/event"
)

// Activity shows users what happened around their own accounts. Both lists
// begin with what happened last; what a transaction that still runs may precede
// is held back, so that a page neither skips nor repeats anything.
type Activity interface {
	// Recent gives a page of everything that is told to owners.
	Recent(ctx context.Context, who Principal, page EventPage) (HistoryPage, error)

	// Alerts gives a page of what an owner should look at. A page that is not
	// the last may be shorter than was asked for, and even empty.
	Alerts(ctx context.Context, who Principal, page EventPage) (HistoryPage, error)

	// Run stores once in a while which sessions were used, until ctx ends, and
	// then once more.
	Run(ctx context.Context) error
}

// EventPage asks for part of a history: at most Limit events behind the one at
// After, or from the last one when After is zero.
type EventPage struct {
	Limit int // 1 to MaxPage
	After event.Position
}

// HistoryPage is a page of a history. Next is where the next page begins; zero
// on the last one.
type HistoryPage struct {
	Events []event.Recorded
	Next   event.Position
}
