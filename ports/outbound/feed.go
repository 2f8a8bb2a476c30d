package outbound

import (
	"context"
	"errors"
	"time"

	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/tenant"
)

// Feed tells what was revoked, as soon as it is committed: the events called
// event.SessionRevoked, AllSessionsRevoked, KeyRotated and KeyRevoked. Unlike
// Events it keeps no order between transactions, so a transaction that runs for
// long holds nothing else back.
type Feed interface {
	// Revocations gives up to limit events that were committed since mark was
	// given. The zero mark, and one from before the server was restarted or
	// replaced, begin with what happened at since. None is missed; some may
	// come twice. What was committed before the call is among what follows.
	// ErrMark when the mark was never given.
	Revocations(ctx context.Context, t tenant.ID, since time.Time, mark Mark, limit int) (FeedPage, error)
}

// Mark is a place in the feed that only the store can read. It is printable
// ASCII. The zero value is the beginning.
type Mark string

// ErrMark says that a text is no Mark of this store.
var ErrMark = errors.New("not a mark of the feed")

// FeedPage is part of the feed.
type FeedPage struct {
	Events []event.Recorded
	Next   Mark
	More   bool // whether there is more already
}
