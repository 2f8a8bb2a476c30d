package password

import (
	"context"
	"errors"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/app/issuing"
	"github.com/plinto/plinto/core/app/rehash"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// CheckReauthentication implements inbound.Passwords.
func (s *Service) CheckReauthentication(cmd inbound.Reauthentication) []fault.Field {
	return checkGiven("password", cmd.Password)
}

// Reauthenticate implements inbound.Passwords, in two round trips to the store,
// one before the password is checked and one after; a third, with another hash,
// where that of the password is outdated.
func (s *Service) Reauthenticate(ctx context.Context, caller inbound.Caller, who inbound.Principal, cmd inbound.Reauthentication) (inbound.AccessToken, error) {
	token, err := s.reauthenticate(ctx, caller, who, cmd)
	return token, failure.Of(err)
}

func (s *Service) reauthenticate(ctx context.Context, caller inbound.Caller, who inbound.Principal, cmd inbound.Reauthentication) (inbound.AccessToken, error) {
	if err := fault.Invalid(s.CheckReauthentication(cmd)...); err != nil {
		return inbound.AccessToken{}, err
	}
	at, err := s.prove(ctx, caller, who, cmd.Password, fault.InvalidCredentials)
	if err != nil {
		return inbound.AccessToken{}, err
	}
	now := s.world.Clock.Now()
	methods := []string{issuing.Password}
	again := outbound.Reauthentication{
		Tenant: who.Tenant, Session: who.Session, Owner: who.User, PasswordHash: at.PasswordHash, Methods: methods, At: now, Lifetime: s.issuer.Life,
		Guess: at.Guess,
		Event: event.Reauthenticated(caller.Origin(), who.Session, who.User, methods, now),
	}
	given := rehash.Proved{Tenant: who.Tenant, User: who.User, Password: cmd.Password, Hash: at.PasswordHash}
	proved, err := s.world.Store.Sessions().Reauthenticate(ctx, again)
	if errors.Is(err, outbound.ErrStale) {
		if again.PasswordHash, err = s.upgrades.Meanwhile(ctx, given); err == nil {
			given.Hash = again.PasswordHash
			proved, err = s.world.Store.Sessions().Reauthenticate(ctx, again)
		}
	}
	if errors.Is(err, outbound.ErrStale) {
		return inbound.AccessToken{}, s.refuse(ctx, caller, who, at, event.Overtaken, fault.InvalidCredentials)
	}
	if err != nil {
		return inbound.AccessToken{}, err
	}
	s.upgrades.Upgrade(ctx, given)
	return s.issuer.Access(proved, now)
}
