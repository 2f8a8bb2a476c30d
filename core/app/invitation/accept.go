package invitation

import (
	"context"
	"errors"
	"fmt"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/app/issuing"
	"github.com/plinto/plinto/core/app/mailed"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/onetime"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// CheckAccept implements inbound.Invitations.
func (s *Service) CheckAccept(cmd inbound.Acceptance) []fault.Field {
	return s.check(cmd, user.Email{})
}

func (s *Service) check(cmd inbound.Acceptance, address user.Email, names ...string) []fault.Field {
	var faults []fault.Field
	if cmd.Token == "" {
		faults = append(faults, fault.TokenMissing.In("token"))
	}
	return append(faults, s.rules.Check("new_password", cmd.New, address, names...)...)
}

// Accept implements inbound.Invitations. The token is looked at before the
// password is hashed, because a hash is dear, and used after it, in the
// transaction that changes everything. Tokens of the session are signed before
// that too, so that nothing can go wrong between it and the answer.
func (s *Service) Accept(ctx context.Context, caller inbound.Caller, cmd inbound.Acceptance) (inbound.SignedIn, error) {
	in, err := s.accept(ctx, caller, cmd)
	return in, failure.Of(err)
}

func (s *Service) accept(ctx context.Context, caller inbound.Caller, cmd inbound.Acceptance) (inbound.SignedIn, error) {
	none := inbound.SignedIn{}
	if err := fault.Invalid(s.CheckAccept(cmd)...); err != nil {
		return none, err
	}
	proven, err := s.proofs.Read(caller, "")
	if err != nil {
		return none, err
	}
	if err := s.guard.Redeem(ctx, caller); err != nil {
		return none, err
	}
	token, err := s.desk.Read(caller.Tenant, onetime.Invitation, cmd.Token)
	if err != nil {
		return none, err
	}
	held, err := s.world.Store.MailedTokens().Find(ctx, token)
	if err != nil {
		return none, mailed.Invalid(err)
	}
	if err := open(held); err != nil {
		return none, err
	}
	if err := fault.Invalid(s.check(cmd, held.User.Email, held.User.Names()...)...); err != nil {
		return none, err
	}
	if err := fault.Invalid(s.rules.CheckBreaches(ctx, "new_password", cmd.New)...); err != nil {
		return none, err
	}
	if err := s.proofs.Use(ctx, proven); err != nil {
		return none, err
	}
	hash, err := s.world.Hasher.Hash(ctx, cmd.New)
	if err != nil {
		return none, fmt.Errorf("hash new password: %w", err)
	}
	token.Now = s.world.Clock.Now()
	opened, refresh := s.issuer.Open(caller, held.User.ID, proven.Key(), token.Now, issuing.MailedLink)
	tokens, err := s.issuer.Tokens(opened, refresh, token.Now)
	if err != nil {
		return none, err
	}
	owner, err := s.begin(ctx, caller, token, hash, opened)
	if err != nil {
		return none, err
	}
	return inbound.SignedIn{User: owner, Session: opened, Tokens: tokens, DeviceToken: s.tries.DeviceToken(opened)}, nil
}

// open faults when an account has been begun: its owner got in by the mailbox
// before, so that nobody is invited any more.
func open(held outbound.TokenHolder) error {
	if !held.Mailbox.MustClaim() {
		return fault.New(fault.InvalidOrExpiredToken)
	}
	return nil
}

// begin uses the invitation, gives the account to whoever has the mailbox and
// opens their session, all of it or nothing.
func (s *Service) begin(ctx context.Context, caller inbound.Caller, token outbound.MailedToken, hash string, opened session.Session) (user.User, error) {
	var owner user.User
	var ended []session.ID
	now := token.Now
	err := s.world.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
		held, err := s.desk.Take(ctx, tx, token)
		if err != nil {
			return err
		}
		if err := open(held); err != nil {
			return err
		}
		if ended, err = s.desk.Claim(ctx, tx, caller, held, onetime.Invitation, hash, now); err != nil {
			return err
		}
		owner = held.User
		owner.EmailVerified, owner.UpdatedAt, owner.LastSignInAt, owner.Revision = true, now, &now, owner.Revision+1
		return tx.Sessions().Open(ctx, outbound.Opening{
			Session: opened, Unasked: true, Event: event.SignedIn(caller.Origin(), opened),
			NewDevice: event.NewDevice(caller.Origin(), opened), Notice: s.desk.NewDevice(caller, opened),
			Most: s.most, Lifetime: s.issuer.Life,
			Displaced: event.Ended(caller.Origin(), event.OfUser(owner.ID), session.ID{}, owner.ID, session.Displaced, now),
		})
	})
	if errors.Is(err, outbound.ErrStale) {
		return user.User{}, fault.New(fault.InvalidOrExpiredToken).Because(err)
	}
	if err != nil {
		return user.User{}, err
	}
	s.revoked.Ended(now, ended...)
	return owner, nil
}
