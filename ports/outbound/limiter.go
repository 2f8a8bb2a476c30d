package outbound

import (
	"context"
	"time"

	"github.com/plinto/plinto/core/limit"
)

// Limiter keeps the buckets of rate limits.
type Limiter interface {
	// Take charges subjects, each in full or not at all, as limit.Take says,
	// and gives the decisions of each charge in order. The charges of one call
	// go out together, in one round trip; a charge that refuses does not undo
	// another's. It answers within a bounded time and never blocks on other
	// callers. An error says that no charge was decided.
	Take(ctx context.Context, charges []limit.Charge) ([][]limit.Decision, error)

	// GiveBack undoes charges that an earlier Take allowed, as limit.GiveBack
	// says, in one round trip. No charges are no round trip.
	GiveBack(ctx context.Context, charges []limit.Charge) error

	// Health asks whether the limiter's shared home answers.
	Health(ctx context.Context) LimiterHealth
}

// LimiterHealth is how a limiter is.
type LimiterHealth struct {
	Shared       bool  // whether instances share buckets, which needs a server
	Err          error // why that server is not healthy; nil when it is, or when there is none
	ResponseTime time.Duration
}
