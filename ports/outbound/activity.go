package outbound

import (
	"context"

	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
)

// Activity stores what was seen of sessions in use, and of the devices they
// were opened from. Sessions.Open and Users.Register write the first of it: the
// session's address, and the device, of which an account remembers
// session.MaxKnownDevices.
type Activity interface {
	// Record notes when sessions were last used and where from, in one round
	// trip. Of a session it remembers session.MaxAddresses addresses. It moves
	// no instant back, and leaves alone when a session was last used that is
	// over by then, or that somebody else is changing at the moment. Sessions
	// that are unknown are passed over. No session stands in the list twice.
	Record(ctx context.Context, t tenant.ID, list []session.Activity) error

	// Addresses gives the addresses that a session was used from, the one seen
	// last first. There are none of a session that is unknown.
	Addresses(ctx context.Context, t tenant.ID, id session.ID) ([]session.SeenAddress, error)

	// Device finds a device that an account remembers, or answers ErrNotFound.
	Device(ctx context.Context, t tenant.ID, owner user.ID, f session.Fingerprint) (session.KnownDevice, error)

	// Devices gives the devices that an account remembers, the one seen last
	// first.
	Devices(ctx context.Context, t tenant.ID, owner user.ID) ([]session.KnownDevice, error)
}
