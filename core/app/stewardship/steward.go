// Package stewardship does to accounts what others than their owners decide, for
// whichever use case was asked to and has found out that it may: there is one
// way to suspend somebody, whoever does it.
package stewardship

import (
	"context"
	"errors"
	"time"

	"github.com/plinto/plinto/core/app/erasure"
	"github.com/plinto/plinto/core/app/mailed"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

// Steward looks after accounts.
type Steward struct {
	world   outbound.World
	revoked Revoked
	eraser  *erasure.Eraser
	desk    *mailed.Desk
}

// Revoked takes note of sessions that were just ended here, so that their
// access tokens are refused at once.
type Revoked interface {
	Ended(now time.Time, ids ...session.ID)
}

// New makes a Steward.
func New(w outbound.World, r Revoked, e *erasure.Eraser, d *mailed.Desk) *Steward {
	return &Steward{world: w, revoked: r, eraser: e, desk: d}
}

// By is who does something, as the events tell of it.
type By struct {
	Origin event.Origin
	Actor  string
	Reason session.EndReason // of sessions that are ended and of nothing else

	// May is asked first in the transaction of what is done, and its error
	// undoes it. It may be nil.
	May func(ctx context.Context, tx outbound.Repositories) error
}

func (b By) may(ctx context.Context, tx outbound.Repositories) error {
	if b.May == nil {
		return nil
	}
	return b.May(ctx, tx)
}

// find reads an account in the tenant of whoever asks.
func (b By) find(ctx context.Context, in outbound.Repositories, who user.ID) (user.User, error) {
	u, err := in.Users().ByID(ctx, b.Origin.Tenant, who)
	if errors.Is(err, outbound.ErrNotFound) {
		return user.User{}, fault.UserUnknown.Fault().Because(err)
	}
	return u, err
}

func overtaken(err error) error {
	return fault.UserBeingChanged.Fault().Because(err)
}
