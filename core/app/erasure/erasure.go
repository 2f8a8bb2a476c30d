// Package erasure removes accounts for good, for whichever use case was asked
// to and has found out that it may.
package erasure

import (
	"context"
	"time"

	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

// Eraser erases accounts.
type Eraser struct {
	world   outbound.World
	revoked Revoked
}

// Revoked takes note of sessions that were just ended here, so that their
// access tokens are refused at once.
type Revoked interface {
	Ended(now time.Time, ids ...session.ID)
}

// New makes an Eraser.
func New(w outbound.World, r Revoked) *Eraser { return &Eraser{world: w, revoked: r} }

// Erase erases an account as it was read, ends its sessions and tells how many
// those were, all at once. outbound.ErrStale says that the account has changed
// since; then nothing has happened. What the user did last leaves no trace of
// from where, like everything before it. May is asked first in the transaction,
// and its error undoes it; it may be nil. Nobody but an operator erases the last
// administrator: the fault is LastAdministrator.
func (e *Eraser) Erase(ctx context.Context, o event.Origin, actor string, u user.User, may func(context.Context, outbound.Repositories) error) (int, error) {
	now := e.world.Clock.Now()
	if actor == event.OfUser(u.ID) {
		o = o.Unlocated()
	}
	var ended []session.ID
	err := e.world.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
		if may != nil {
			if err := may(ctx, tx); err != nil {
				return err
			}
		}
		if u.Administrator && actor != event.Operator {
			if err := keepOne(ctx, tx, u); err != nil {
				return err
			}
		}
		if err := tx.Users().Erase(ctx, outbound.Erasure{Tenant: u.Tenant, User: u.ID, Was: u.Revision, At: now}); err != nil {
			return err
		}
		if _, err := tx.Outbox().RemoveOfUser(ctx, u.Tenant, u.ID, u.Email); err != nil {
			return err
		}
		// None is kept, and no limit on idleness is given: what is over by that
		// may live again when the limit is another.
		var err error
		ended, err = tx.Sessions().EndOthers(ctx, outbound.EndingOthers{Tenant: u.Tenant, Owner: u.ID, Reason: session.UserDeleted, At: now})
		if err != nil {
			return err
		}
		happened := []event.Event{event.Deleted(o, actor, u.ID, now)}
		for _, id := range ended {
			happened = append(happened, event.Ended(o, actor, id, u.ID, session.UserDeleted, now))
		}
		return tx.Events().Append(ctx, happened...)
	})
	if err != nil {
		return 0, err
	}
	e.revoked.Ended(now, ended...)
	return len(ended), nil
}

// keepOne faults when nobody would be left to look after the others.
func keepOne(ctx context.Context, tx outbound.Repositories, u user.User) error {
	all, err := tx.Users().LockAdministrators(ctx, u.Tenant)
	if err == nil && len(all) == 1 && all[0] == u.ID {
		return fault.New(fault.LastAdministrator)
	}
	return err
}
