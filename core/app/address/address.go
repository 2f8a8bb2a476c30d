// Package address lets people prove the address of their account, and give it
// another.
package address

import (
	"context"
	"errors"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/app/guard"
	"github.com/plinto/plinto/core/app/mailed"
	"github.com/plinto/plinto/core/app/mailing"
	"github.com/plinto/plinto/core/app/stepup"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/core/onetime"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// Service implements inbound.Addresses.
type Service struct {
	world outbound.World
	desk  *mailed.Desk
	guard *guard.Guard
	gate  *stepup.Gate
}

var _ inbound.Addresses = (*Service)(nil)

// New makes a Service.
func New(w outbound.World, d *mailed.Desk, g *guard.Guard, gate *stepup.Gate) *Service {
	return &Service{world: w, desk: d, guard: g, gate: gate}
}

// CheckToken implements inbound.Addresses.
func (s *Service) CheckToken(cmd inbound.MailedToken) []fault.Field {
	if cmd.Token == "" {
		return []fault.Field{fault.TokenMissing.In("token")}
	}
	return nil
}

// Verify implements inbound.Addresses.
func (s *Service) Verify(ctx context.Context, caller inbound.Caller, who inbound.Principal, cmd inbound.MailedToken) error {
	return failure.Of(s.verify(ctx, caller, who, cmd))
}

func (s *Service) verify(ctx context.Context, caller inbound.Caller, who inbound.Principal, cmd inbound.MailedToken) error {
	token, err := s.read(ctx, caller, onetime.VerifyEmail, cmd)
	if err != nil {
		return err
	}
	return s.world.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
		held, err := s.desk.Take(ctx, tx, token)
		if err != nil {
			return err
		}
		first, err := tx.Mailboxes().Verify(ctx, outbound.MailboxProof{
			Tenant: caller.Tenant, User: held.User.ID, ByHolder: holds(who, held.User), At: token.Now,
		})
		if err != nil || !first {
			return err
		}
		return tx.Events().Append(ctx, event.Verified(caller.Origin(), held.User.ID, string(onetime.VerifyEmail), token.Now))
	})
}

// read charges somebody who presents a token, and opens it.
func (s *Service) read(ctx context.Context, caller inbound.Caller, p onetime.Purpose, cmd inbound.MailedToken) (outbound.MailedToken, error) {
	if err := fault.Invalid(s.CheckToken(cmd)...); err != nil {
		return outbound.MailedToken{}, err
	}
	if err := s.guard.Redeem(ctx, caller); err != nil {
		return outbound.MailedToken{}, err
	}
	return s.desk.Read(caller.Tenant, p, cmd.Token)
}

// holds tells whether somebody has a session of an account.
func holds(who inbound.Principal, u user.User) bool { return !who.User.IsZero() && who.User == u.ID }

// Resend implements inbound.Addresses.
func (s *Service) Resend(ctx context.Context, caller inbound.Caller, who inbound.Principal) error {
	return failure.Of(s.resend(ctx, caller, who))
}

func (s *Service) resend(ctx context.Context, caller inbound.Caller, who inbound.Principal) error {
	owner, err := s.find(ctx, who)
	if err != nil {
		return err
	}
	if err := s.guard.Resend(ctx, caller, owner.Email); err != nil {
		return err
	}
	if err := s.desk.Open(); err != nil {
		return err
	}
	if owner.EmailVerified {
		return fault.New(fault.AlreadyVerified)
	}
	return s.world.Store.Outbox().Add(ctx, s.desk.Owed(caller, mail.VerifyEmail, owner.ID, "", nil))
}

// find reads the account of a principal.
func (s *Service) find(ctx context.Context, who inbound.Principal) (user.User, error) {
	owner, err := s.world.Store.Users().ByID(ctx, who.Tenant, who.User)
	if errors.Is(err, outbound.ErrNotFound) || err == nil && !owner.Status.MayAct() {
		return user.User{}, fault.New(fault.InvalidToken).Because(err)
	}
	return owner, err
}

// WriteVerification is the mailing.Writer of mail.VerifyEmail.
func (s *Service) WriteVerification(ctx context.Context, tx outbound.Repositories, m mail.Mail) (mailing.Written, error) {
	owner, err := mailed.ByID(ctx, tx, m)
	if err != nil {
		return mailing.Written{}, err
	}
	if owner.EmailVerified {
		return mailing.Written{}, mailing.ErrMoot
	}
	return s.desk.Link(ctx, tx, m, onetime.VerifyEmail, owner, owner.Email)
}
