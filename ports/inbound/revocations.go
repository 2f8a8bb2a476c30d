package inbound

import (
	"context"
	"time"
)

// Revocations keeps this instance in step with what others revoke.
type Revocations interface {
	// Load reads what was revoked within the life of an access token. Until it
	// has succeeded once, the store is asked about each token. Fault:
	// Unavailable.
	Load(ctx context.Context) error

	// Run goes on reading until ctx ends, several times a second.
	Run(ctx context.Context) error

	// State tells how far this instance is.
	State() FeedState
}

// FeedState is how an instance stands to the feed of revocations.
type FeedState struct {
	ReadAt     time.Time // when the last reading began that was complete; zero before the first
	Remembered int       // ended sessions kept in memory
	Asked      int64     // how often the store was asked about a token, because the feed was behind
}
