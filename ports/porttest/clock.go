package porttest

import (
	"sync"
	"time"

	"github.com/plinto/plinto/ports/outbound"
)

// Clock is an outbound.Clock that stands still until a test moves it. Any
// number of goroutines may use it.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

var _ outbound.Clock = (*Clock)(nil)

// NewClock gives a clock that shows 2026-01-01T00:00:00Z.
func NewClock() *Clock {
	return &Clock{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
}

// Now is what the clock was set to.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Set moves the clock to an instant, later or earlier, in UTC and cut to whole
// microseconds.
func (c *Clock) Set(to time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = to.UTC().Truncate(time.Microsecond)
}

// Advance moves the clock on, or back by a negative step, and gives the new
// present.
func (c *Clock) Advance(step time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(step).Truncate(time.Microsecond)
	return c.now
}
