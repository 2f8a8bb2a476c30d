package system

import (
	"time"

	"github.com/plinto/plinto/ports/outbound"
)

// Clock is an outbound.Clock on the machine's time.
type Clock struct{}

var _ outbound.Clock = Clock{}

// Now is the present in UTC, in whole microseconds. It has no monotonic
// reading: instants are compared with others that were stored.
func (Clock) Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
