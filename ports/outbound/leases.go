package outbound

import (
	"context"
	"time"

	"github.com/plinto/plinto/core/tenant"
)

// Leases give work that is for one instance at a time to one instance. A lease
// runs out by itself, so that nobody waits for a holder that died; whoever must
// not work beside another therefore holds the lease on in the transaction of
// the work itself. It is a row, and no lock outlives a transaction.
type Leases interface {
	// Hold takes a lease that nobody has at Now, or holds on to one's own, until
	// Until. ErrConflict says that somebody else has it; of any number that
	// want it at once, one gets it. Within a transaction, others that want it
	// wait for its end.
	Hold(ctx context.Context, l Lease) error

	// Release gives a lease back before it has run out. It does nothing when
	// the holder does not have it.
	Release(ctx context.Context, l Lease) error
}

// Lease is work that somebody has taken on.
type Lease struct {
	Tenant tenant.ID
	Name   string // of the work
	Holder string // who does it, unlike anybody else
	Now    time.Time
	Until  time.Time
}
