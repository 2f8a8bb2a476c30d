package stewardship

import (
	"context"
	"time"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

// Invite sends the owner of an account an invitation anew, which takes the place
// of the one before. Whoever has proved the mailbox needs none: there are other
// links for them.
func (s *Steward) Invite(ctx context.Context, by By, who user.ID) error {
	if err := s.desk.Open(); err != nil {
		return err
	}
	now := s.world.Clock.Now()
	return failure.Of(s.world.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
		if err := by.may(ctx, tx); err != nil {
			return err
		}
		u, err := by.find(ctx, tx, who)
		switch {
		case err != nil:
			return err
		case !u.Status.MayAct():
			return fault.UserIs.Fault(u.Status)
		case u.EmailVerified:
			return fault.New(fault.AlreadyVerified)
		}
		if err := tx.Outbox().Add(ctx, s.invitation(by, u, now)); err != nil {
			return err
		}
		return tx.Events().Append(ctx, event.Invited(by.Origin, by.Actor, u.ID, now))
	}))
}

// invitation is owed to the address that the account has when it is written.
func (s *Steward) invitation(by By, u user.User, now time.Time) mail.Mail {
	return mail.Mail{
		Tenant: u.Tenant, ID: mail.ID(s.world.Identifiers.New()), Kind: mail.Invitation, User: u.ID,
		RequestID: by.Origin.RequestID, CreatedAt: now,
	}
}
