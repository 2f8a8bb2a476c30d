// Package recovery lets people who have the mailbox of an account give it
// another password, or one at all.
package recovery

import (
	"context"
	"fmt"
	"time"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/app/guard"
	"github.com/plinto/plinto/core/app/mailed"
	"github.com/plinto/plinto/core/app/mailing"
	"github.com/plinto/plinto/core/app/strength"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/core/onetime"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// Service implements inbound.Recovery.
type Service struct {
	world   outbound.World
	desk    *mailed.Desk
	guard   *guard.Guard
	rules   strength.Rules
	revoked Revoked
}

var _ inbound.Recovery = (*Service)(nil)

// Revoked takes note of sessions that were just ended here, so that their
// access tokens are refused at once.
type Revoked interface {
	Ended(now time.Time, ids ...session.ID)
}

// New makes a Service.
func New(w outbound.World, d *mailed.Desk, g *guard.Guard, r strength.Rules, revoked Revoked) *Service {
	return &Service{world: w, desk: d, guard: g, rules: r, revoked: revoked}
}

// CheckForgot implements inbound.Recovery.
func (s *Service) CheckForgot(cmd inbound.Forgot) []fault.Field {
	_, faults := user.ParseAddress(cmd.Email, s.world.Domains)
	return faults
}

// Forgot implements inbound.Recovery. Whoever the address is, it writes one row
// and reads none.
func (s *Service) Forgot(ctx context.Context, caller inbound.Caller, cmd inbound.Forgot) error {
	return failure.Of(s.forgot(ctx, caller, cmd))
}

func (s *Service) forgot(ctx context.Context, caller inbound.Caller, cmd inbound.Forgot) error {
	to, faults := user.ParseAddress(cmd.Email, s.world.Domains)
	if err := fault.Invalid(faults...); err != nil {
		return err
	}
	if err := s.guard.Forgot(ctx, caller, to); err != nil {
		return err
	}
	if err := s.desk.Open(); err != nil {
		return err
	}
	return s.world.Store.Outbox().Add(ctx, s.desk.Owed(caller, mail.ResetPassword, user.ID{}, to.ASCII(), nil))
}

// Write is the mailing.Writer of mail.ResetPassword.
func (s *Service) Write(ctx context.Context, tx outbound.Repositories, m mail.Mail) (mailing.Written, error) {
	owner, err := s.desk.ByAddress(ctx, tx, m)
	if err != nil {
		return mailing.Written{}, err
	}
	return s.desk.Link(ctx, tx, m, onetime.ResetPassword, owner, owner.Email)
}

// CheckReset implements inbound.Recovery.
func (s *Service) CheckReset(cmd inbound.Reset) []fault.Field {
	return s.checkReset(cmd, user.Email{})
}

func (s *Service) checkReset(cmd inbound.Reset, address user.Email, names ...string) []fault.Field {
	var faults []fault.Field
	if cmd.Token == "" {
		faults = append(faults, fault.TokenMissing.In("token"))
	}
	return append(faults, s.rules.Check("new_password", cmd.New, address, names...)...)
}

// Reset implements inbound.Recovery. The token is looked at before the password
// is hashed, because a hash is dear, and used after it, in the transaction that
// changes everything.
func (s *Service) Reset(ctx context.Context, caller inbound.Caller, cmd inbound.Reset) error {
	return failure.Of(s.reset(ctx, caller, cmd))
}

func (s *Service) reset(ctx context.Context, caller inbound.Caller, cmd inbound.Reset) error {
	if err := fault.Invalid(s.CheckReset(cmd)...); err != nil {
		return err
	}
	if err := s.guard.Redeem(ctx, caller); err != nil {
		return err
	}
	token, err := s.desk.Read(caller.Tenant, onetime.ResetPassword, cmd.Token)
	if err != nil {
		return err
	}
	held, err := s.world.Store.MailedTokens().Find(ctx, token)
	if err != nil {
		return mailed.Invalid(err)
	}
	if err := fault.Invalid(s.checkReset(cmd, held.User.Email, held.User.Names()...)...); err != nil {
		return err
	}
	if err := fault.Invalid(s.rules.CheckBreaches(ctx, "new_password", cmd.New)...); err != nil {
		return err
	}
	hash, err := s.world.Hasher.Hash(ctx, cmd.New)
	if err != nil {
		return fmt.Errorf("hash new password: %w", err)
	}
	return s.replace(ctx, caller, token, hash)
}

// replace uses the token, sets the password and ends every session, all of it or
// nothing.
func (s *Service) replace(ctx context.Context, caller inbound.Caller, token outbound.MailedToken, hash string) error {
	now := s.world.Clock.Now()
	token.Now = now
	var ended []session.ID
	err := s.world.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
		held, err := s.desk.Take(ctx, tx, token)
		if err != nil {
			return err
		}
		if ended, err = s.desk.Claim(ctx, tx, caller, held, onetime.ResetPassword, hash, now); err != nil {
			return err
		}
		return s.desk.Notify(ctx, tx, s.desk.Owed(caller, mail.PasswordChanged, held.User.ID, "", map[string]string{
			mail.Address: caller.Address, mail.At: now.Format(time.RFC3339),
		}))
	})
	if err == nil {
		s.revoked.Ended(now, ended...)
	}
	return err
}
