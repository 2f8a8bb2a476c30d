package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/app/issuing"
	"github.com/plinto/plinto/core/app/proofs"
	"github.com/plinto/plinto/core/app/rehash"
	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// CheckSignIn implements inbound.Accounts.
func (s *Service) CheckSignIn(cmd inbound.SignIn) []fault.Field {
	_, faults := s.identifier(cmd)
	return faults
}

// SignIn implements inbound.Accounts. It takes two round trips to the store,
// one before the password is checked and one after, and holds nothing of the
// store's between them; one more where there is a proof to use, and one more,
// with another hash, where that of the password is outdated. A refusal
// takes the same and the same hash, for whichever reason.
func (s *Service) SignIn(ctx context.Context, caller inbound.Caller, cmd inbound.SignIn) (inbound.SignedIn, error) {
	in, err := s.signIn(ctx, caller, cmd)
	return in, failure.Of(err)
}

func (s *Service) signIn(ctx context.Context, caller inbound.Caller, cmd inbound.SignIn) (inbound.SignedIn, error) {
	name, faults := s.identifier(cmd)
	if err := fault.Invalid(faults...); err != nil {
		return inbound.SignedIn{}, err
	}
	proven, err := s.proofs.Read(caller, "")
	if err != nil {
		return inbound.SignedIn{}, err
	}
	device := s.tries.Device(caller, cmd.DeviceToken)
	if err := s.guard.SignInFrom(ctx, caller, device); err != nil {
		return inbound.SignedIn{}, err
	}
	found, err := s.tries.SignIn(ctx, caller, name, device)
	if err != nil {
		return inbound.SignedIn{}, err
	}
	match, err := s.look(ctx, caller, cmd.Password, found, proven)
	if err != nil {
		return inbound.SignedIn{}, s.tries.GiveBack(ctx, caller, found.Guess, err)
	}

	now := s.world.Clock.Now()
	u := found.User
	if reason := refusal(u, found.PasswordHash, match); reason != "" {
		return inbound.SignedIn{}, s.refuse(ctx, caller, found, reason, now)
	}
	opened, refresh := s.issuer.Open(caller, u.ID, proven.Key(), now, issuing.Password)
	tokens, err := s.issuer.Tokens(opened, refresh, now)
	if err != nil {
		return inbound.SignedIn{}, err
	}
	opening := outbound.Opening{
		Session: opened, PasswordHash: found.PasswordHash, Guess: found.Guess, Event: event.SignedIn(caller.Origin(), opened),
		NewDevice: event.NewDevice(caller.Origin(), opened), Notice: s.desk.NewDevice(caller, opened),
		Most: s.policy.MostSessions, Lifetime: s.issuer.Life,
		Displaced: event.Ended(caller.Origin(), event.OfUser(u.ID), session.ID{}, u.ID, session.Displaced, now),
	}
	err = s.world.Store.Sessions().Open(ctx, opening)
	proved := rehash.Proved{Tenant: caller.Tenant, User: u.ID, Password: cmd.Password, Hash: found.PasswordHash}
	if errors.Is(err, outbound.ErrStale) {
		if opening.PasswordHash, err = s.upgrades.Meanwhile(ctx, proved); err == nil {
			proved.Hash = opening.PasswordHash
			err = s.world.Store.Sessions().Open(ctx, opening)
		}
	}
	if errors.Is(err, outbound.ErrStale) {
		return inbound.SignedIn{}, s.refuse(ctx, caller, found, event.Overtaken, now)
	}
	if err != nil {
		return inbound.SignedIn{}, err
	}
	s.upgrades.Upgrade(ctx, proved)
	u.LastSignInAt = &now
	return inbound.SignedIn{User: u, Session: opened, Tokens: tokens, DeviceToken: s.tries.DeviceToken(opened)}, nil
}

// look holds a password against the one of the account. An error says that it
// was not looked at.
func (s *Service) look(ctx context.Context, caller inbound.Caller, given credential.Password, at outbound.Guessed, proven proofs.Proven) (bool, error) {
	if err := s.guard.SignInTo(ctx, caller, at.Guess.Subject); err != nil {
		return false, err
	}
	if err := s.proofs.Use(ctx, proven); err != nil {
		return false, err
	}
	match, err := s.world.Hasher.Verify(ctx, given, at.PasswordHash)
	if err != nil {
		return false, fmt.Errorf("verify password: %w", err)
	}
	return match, nil
}

// refuse writes down a sign-in that failed, and tells the caller no more than
// that it did.
func (s *Service) refuse(ctx context.Context, caller inbound.Caller, at outbound.Guessed, reason string, now time.Time) error {
	if err := s.tries.Refuse(ctx, caller, at, event.FailedSignIn(caller.Origin(), at.User.ID, reason, now)); err != nil {
		return err
	}
	return fault.New(fault.InvalidCredentials)
}

// refusal says why a sign-in is refused, for operators; empty when it is not.
func refusal(u user.User, hash string, match bool) string {
	switch {
	case u.ID.IsZero():
		return event.UnknownAccount
	case hash == "":
		return event.NoPassword
	case !match:
		return event.WrongPassword
	case !u.Status.MayAct():
		return event.NotActive
	}
	return ""
}

// identifier reads whom a sign-in is for.
func (s *Service) identifier(cmd inbound.SignIn) (user.Identifier, []fault.Field) {
	var who user.Identifier
	var faults []fault.Field
	switch {
	case cmd.Email != "" && cmd.Username != "":
		faults = append(faults, fault.IdentifiersTogether.In("username"))
	case cmd.Username != "":
		who.Username, faults = user.ParseUsername(cmd.Username)
	default:
		who.Email, faults = user.ParseAddress(cmd.Email, s.world.Domains)
	}
	if cmd.Password.Reveal() == "" {
		faults = append(faults, fault.PasswordMissing.In("password"))
	} else if cmd.Password.TooLong() {
		faults = append(faults, fault.PasswordNobodys.In("password"))
	}
	return who, faults
}
