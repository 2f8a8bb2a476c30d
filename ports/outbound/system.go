package outbound

import (
	"time"

	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/user"
)

// Clock tells the time.
type Clock interface {
	// Now is the present in UTC, in whole microseconds: what every store can
	// keep.
	Now() time.Time
}

// Random is a source of randomness that nobody can predict.
type Random interface {
	// Secret gives 32 random bytes.
	Secret() [32]byte
	// Fraction gives a number evenly drawn from [0,1).
	Fraction() float64
}

// Identifiers makes identifiers.
type Identifiers interface {
	// New gives a UUID of version 7 (RFC 9562 section 5.7). One instance makes
	// them in ascending order.
	New() [16]byte
}

// Devices tells devices from what clients say of themselves.
type Devices interface {
	// Identify never fails: what it cannot tell is session.Unknown and empty.
	// Hints that were sent are preferred to what the user agent says.
	Identify(userAgent string, hints session.Hints) session.Device
}

// Domains knows the two forms of internet names: see user.Domains.
type Domains = user.Domains
