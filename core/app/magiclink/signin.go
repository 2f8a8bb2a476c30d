package magiclink

import (
	"context"
	"errors"

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

// CheckSignIn implements inbound.MagicLinks.
func (s *Service) CheckSignIn(cmd inbound.MailedToken) []fault.Field {
	if cmd.Token == "" {
		return []fault.Field{fault.TokenMissing.In("token")}
	}
	return nil
}

// SignIn implements inbound.MagicLinks. Tokens are signed before the link is
// used, so that nothing can go wrong between that and the answer but the answer
// itself.
func (s *Service) SignIn(ctx context.Context, caller inbound.Caller, cmd inbound.MailedToken) (inbound.SignedIn, string, error) {
	in, redirect, err := s.signIn(ctx, caller, cmd)
	return in, redirect, failure.Of(err)
}

func (s *Service) signIn(ctx context.Context, caller inbound.Caller, cmd inbound.MailedToken) (inbound.SignedIn, string, error) {
	none := inbound.SignedIn{}
	if !s.policy.Enabled {
		return none, "", fault.New(fault.MagicLinksDisabled)
	}
	if err := fault.Invalid(s.CheckSignIn(cmd)...); err != nil {
		return none, "", err
	}
	proven, err := s.proofs.Read(caller, "")
	if err != nil {
		return none, "", err
	}
	if err := s.guard.Redeem(ctx, caller); err != nil {
		return none, "", err
	}
	token, err := s.desk.Read(caller.Tenant, onetime.MagicLink, cmd.Token)
	if err != nil {
		return none, "", err
	}
	held, err := s.world.Store.MailedTokens().Find(ctx, token)
	if err != nil {
		return none, "", mailed.Invalid(err)
	}
	if err := s.proofs.Use(ctx, proven); err != nil {
		return none, "", err
	}
	opened, refresh := s.issuer.Open(caller, held.User.ID, proven.Key(), token.Now, issuing.MailedLink)
	tokens, err := s.issuer.Tokens(opened, refresh, token.Now)
	if err != nil {
		return none, "", err
	}
	owner, err := s.enter(ctx, caller, token, opened)
	if err != nil {
		return none, "", err
	}
	redirect := held.Redirect
	if !s.allows(redirect) {
		redirect = ""
	}
	return inbound.SignedIn{User: owner, Session: opened, Tokens: tokens, DeviceToken: s.tries.DeviceToken(opened)}, redirect, nil
}

// enter uses the link and opens the session, both or neither. Whoever gets in by
// the mailbox of an account that may be a stranger's claims it first.
func (s *Service) enter(ctx context.Context, caller inbound.Caller, token outbound.MailedToken, opened session.Session) (user.User, error) {
	var owner user.User
	var ended []session.ID
	now := token.Now
	err := s.world.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
		held, err := s.desk.Take(ctx, tx, token)
		if err != nil {
			return err
		}
		owner, ended = held.User, nil
		owner.LastSignInAt = &now
		if held.Mailbox.MustClaim() {
			if ended, err = s.desk.Claim(ctx, tx, caller, held, onetime.MagicLink, "", now); err != nil {
				return err
			}
			owner.EmailVerified, owner.UpdatedAt, owner.Revision = true, now, owner.Revision+1
		}
		return tx.Sessions().Open(ctx, outbound.Opening{
			Session: opened, Unasked: true, Event: event.SignedIn(caller.Origin(), opened),
			NewDevice: event.NewDevice(caller.Origin(), opened), Notice: s.desk.NewDevice(caller, opened),
			Most: s.policy.MostSessions, Lifetime: s.issuer.Life,
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
