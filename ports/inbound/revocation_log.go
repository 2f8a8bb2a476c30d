package inbound

import (
	"context"
	"time"

	"github.com/plinto/plinto/core/client"
	"github.com/plinto/plinto/core/revocation"
)

// RevocationLog lets other services follow what is revoked.
type RevocationLog interface {
	// Page gives up to limit entries from a cursor on, or from one life of an
	// access token ago when the cursor is empty. Nothing is missed; some
	// entries may come again, all of them after a server was replaced. Fault:
	// ValidationError of query.cursor when the cursor is none of ours.
	Page(ctx context.Context, cursor string, limit int) (RevocationPage, error)

	// Follow begins a stream for a client from a cursor on, as Page reads it.
	// All streams together cost the store no more than one. Faults besides
	// those of Page: RateLimited when the client has too many, Unavailable when
	// all together are. The stream must be closed.
	Follow(ctx context.Context, who client.ID, cursor string) (RevocationStream, error)
}

// MaxRevocationPage is the longest page of revocations.
const MaxRevocationPage = 1000

// RevocationPage is part of what was revoked.
type RevocationPage struct {
	Entries []revocation.Entry
	// Next is the cursor to go on from; printable ASCII, and never empty.
	Next string
	More bool // whether there is more already
	// AsOf is when the reading began. Unless there is More, whatever was
	// revoked before has been told.
	AsOf time.Time
	// MaxAge is how long an entry matters: no access token lives longer.
	MaxAge time.Duration
}

// RevocationStream gives pages as they come.
type RevocationStream interface {
	// Next waits for the next page, but not longer than Heartbeat: then it
	// gives an empty one, which tells how far the feed is. Its errors are the
	// context's, and Unavailable when the stream has fallen behind and cannot
	// catch up.
	Next(ctx context.Context) (RevocationPage, error)

	// Close ends the stream.
	Close()
}

// Heartbeat is the longest that a stream of revocations is silent.
const Heartbeat = 500 * time.Millisecond
