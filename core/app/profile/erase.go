package profile

import (
	"context"
	"errors"
	"fmt"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/guess"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// CheckErasure implements inbound.Profiles. That a password is missing can only
// be told with the account.
func (s *Service) CheckErasure(cmd inbound.Erasure) []fault.Field {
	if cmd.Password.TooLong() {
		return []fault.Field{fault.PasswordNobodys.In("password")}
	}
	return nil
}

// tries is how often an erasure is begun anew when others change the account at
// the same time.
const tries = 10

// Erase implements inbound.Profiles. The password is asked for although recent
// proof is: a session may be stepped up and then left alone.
func (s *Service) Erase(ctx context.Context, caller inbound.Caller, who inbound.Principal, cmd inbound.Erasure) error {
	return failure.Of(s.erase(ctx, caller, who, cmd))
}

func (s *Service) erase(ctx context.Context, caller inbound.Caller, who inbound.Principal, cmd inbound.Erasure) error {
	if err := s.gate.Pass(who); err != nil {
		return err
	}
	if err := fault.Invalid(s.CheckErasure(cmd)...); err != nil {
		return err
	}
	if err := s.guard.Reauthenticate(ctx, caller, who.Session); err != nil {
		return err
	}
	if _, err := s.find(ctx, who); err != nil {
		return err
	}
	// What is erased is what is proved here: the revision tells.
	u, hash, err := s.world.Store.Users().WithPassword(ctx, who.Tenant, who.User)
	if err != nil {
		return err
	}
	if !cmd.Match.Admits(u.Revision) {
		return fault.New(fault.PreconditionFailed)
	}
	proved, err := s.prove(ctx, caller, who, hash, cmd)
	if err != nil {
		return err
	}
	_, err = s.eraser.Erase(ctx, caller.Origin(), event.OfUser(u.ID), u, nil)
	// Whoever changes something else at the same time must not keep the owner
	// from leaving: what was proved holds as long as the password is the same.
	for n := 1; n < tries && errors.Is(err, outbound.ErrStale) && !cmd.Match.Particular(); n++ {
		var now string
		if u, now, err = s.world.Store.Users().WithPassword(ctx, who.Tenant, who.User); err != nil {
			break
		}
		if now != hash {
			err = outbound.ErrStale
			break
		}
		_, err = s.eraser.Erase(ctx, caller.Origin(), event.OfUser(u.ID), u, nil)
	}
	if err != nil && proved.OK {
		err = s.tries.GiveBack(ctx, caller, proved, err)
	}
	if errors.Is(err, outbound.ErrStale) {
		if cmd.Match.Particular() {
			return fault.New(fault.PreconditionFailed).Because(err)
		}
		return fault.New(fault.Conflict).Because(err)
	}
	return err
}

// prove holds the password that is given against the one of the account, as a
// guess that is counted before it is looked at. An account without one is erased
// by the recent proof alone.
func (s *Service) prove(ctx context.Context, caller inbound.Caller, who inbound.Principal, hash string, cmd inbound.Erasure) (guess.Taken, error) {
	given := cmd.Password.Reveal() != ""
	if !given {
		if hash == "" {
			return guess.Taken{}, nil
		}
		return guess.Taken{}, fault.Invalid(fault.PasswordMissing.In("password"))
	}
	at, err := s.tries.InSession(ctx, caller, who)
	if err != nil {
		return guess.Taken{}, err
	}
	match, err := s.world.Hasher.Verify(ctx, cmd.Password, hash)
	if err != nil {
		return guess.Taken{}, s.tries.GiveBack(ctx, caller, at.Guess, fmt.Errorf("verify password: %w", err))
	}
	if hash != "" && match {
		return at.Guess, nil
	}
	reason := event.WrongPassword
	if hash == "" {
		reason = event.NoPassword
	}
	e := event.FailedReauthentication(caller.Origin(), who.User, who.Session, reason, s.world.Clock.Now())
	if err := s.tries.Refuse(ctx, caller, at, e); err != nil {
		return guess.Taken{}, err
	}
	return guess.Taken{}, fault.New(fault.WrongPassword)
}
