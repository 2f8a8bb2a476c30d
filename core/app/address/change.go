package address

import (
	"context"
	"errors"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/app/mailed"
	"github.com/plinto/plinto/core/app/mailing"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/core/onetime"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// CheckChange implements inbound.Addresses.
func (s *Service) CheckChange(cmd inbound.AddressChange) []fault.Field {
	_, faults := s.newAddress(cmd)
	return faults
}

func (s *Service) newAddress(cmd inbound.AddressChange) (user.Email, []fault.Field) {
	to, faults := user.ParseAddress(cmd.NewEmail, s.world.Domains)
	for i := range faults {
		faults[i].Name = "new_email"
	}
	return to, faults
}

// Change implements inbound.Addresses. Nothing of the account changes: the mail
// goes to the new address, and who has it decides.
func (s *Service) Change(ctx context.Context, caller inbound.Caller, who inbound.Principal, cmd inbound.AddressChange) error {
	return failure.Of(s.change(ctx, caller, who, cmd))
}

func (s *Service) change(ctx context.Context, caller inbound.Caller, who inbound.Principal, cmd inbound.AddressChange) error {
	if err := s.gate.Pass(who); err != nil {
		return err
	}
	to, faults := s.newAddress(cmd)
	if err := fault.Invalid(faults...); err != nil {
		return err
	}
	if err := s.guard.ChangeEmail(ctx, caller, to); err != nil {
		return err
	}
	if err := s.desk.Open(); err != nil {
		return err
	}
	owner, err := s.find(ctx, who)
	if err != nil {
		return err
	}
	if owner.Email.Key() == to.Key() {
		return fault.Invalid(fault.EmailUnchanged.In("new_email"))
	}
	return s.world.Store.Outbox().Add(ctx, s.desk.Owed(caller, mail.ChangeEmail, owner.ID, to.String(), nil))
}

// WriteChange is the mailing.Writer of mail.ChangeEmail. Whether the address is
// somebody's is not asked: who asked for the change must not learn it, and who
// opens the link is told.
func (s *Service) WriteChange(ctx context.Context, tx outbound.Repositories, m mail.Mail) (mailing.Written, error) {
	owner, err := mailed.ByID(ctx, tx, m)
	if err != nil {
		return mailing.Written{}, err
	}
	to, faults := user.ParseAddress(m.To, s.world.Domains)
	if len(faults) > 0 || to.Key() == owner.Email.Key() {
		return mailing.Written{}, mailing.ErrMoot
	}
	return s.desk.Link(ctx, tx, m, onetime.ChangeEmail, owner, to)
}

// Confirm implements inbound.Addresses. What was mailed to the old address is
// worthless from then on, and whoever had it is told, if they had proved it.
// Sessions stay: they were opened by who asked for the change.
func (s *Service) Confirm(ctx context.Context, caller inbound.Caller, who inbound.Principal, cmd inbound.MailedToken) error {
	return failure.Of(s.confirm(ctx, caller, who, cmd))
}

func (s *Service) confirm(ctx context.Context, caller inbound.Caller, who inbound.Principal, cmd inbound.MailedToken) error {
	token, err := s.read(ctx, caller, onetime.ChangeEmail, cmd)
	if err != nil {
		return err
	}
	return s.world.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
		held, err := s.desk.Take(ctx, tx, token)
		if err != nil {
			return err
		}
		owner := held.User
		if err := s.move(ctx, tx, held, who, token); err != nil {
			return err
		}
		if err := tx.MailedTokens().Withdraw(ctx, s.desk.Withdrawal(caller.Tenant, owner.ID, token.Now)); err != nil {
			return err
		}
		happened := []event.Event{event.ChangedEmail(caller.Origin(), owner.ID, token.Now)}
		if !owner.EmailVerified {
			happened = append(happened, event.Verified(caller.Origin(), owner.ID, string(onetime.ChangeEmail), token.Now))
		}
		if err := tx.Events().Append(ctx, happened...); err != nil || !owner.EmailVerified {
			return err
		}
		return s.desk.Notify(ctx, tx, s.desk.Owed(
			caller, mail.EmailChanged, owner.ID, owner.Email.ASCII(), map[string]string{mail.NewEmail: held.Address.String()},
		))
	})
}

// move gives the account the address that was proved. Whoever has that mailbox
// may know that another account is of it.
func (s *Service) move(ctx context.Context, tx outbound.Repositories, held outbound.TokenHolder, who inbound.Principal, token outbound.MailedToken) error {
	err := tx.Mailboxes().Move(ctx, outbound.AddressMove{
		Tenant: token.Tenant, User: held.User.ID, Was: held.User.Email, To: held.Address, ByHolder: holds(who, held.User), At: token.Now,
	})
	switch {
	case errors.Is(err, outbound.ErrConflict):
		return fault.New(fault.EmailTaken).Because(err)
	case errors.Is(err, outbound.ErrStale):
		return fault.New(fault.InvalidOrExpiredToken).Because(err)
	}
	return err
}
