package account

import (
	"context"
	"errors"
	"fmt"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/app/issuing"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// CheckSignUp implements inbound.Accounts.
func (s *Service) CheckSignUp(cmd inbound.SignUp) []fault.Field {
	_, faults := s.registration(cmd)
	return faults
}

// registration reads a sign-up, and gives everything that is wrong with it.
func (s *Service) registration(cmd inbound.SignUp) (user.Registration, []fault.Field) {
	var r user.Registration
	var all, faults []fault.Field
	r.Email, faults = user.ParseAddress(cmd.Email, s.world.Domains)
	all = append(all, faults...)
	all = append(all, s.policy.Passwords.Check("password", cmd.Password, r.Email, cmd.Username, cmd.FirstName, cmd.LastName)...)
	r.Username, faults = user.ParseUsername(cmd.Username)
	all = append(all, faults...)
	r.FirstName, faults = user.ParseName("first_name", cmd.FirstName)
	all = append(all, faults...)
	r.LastName, faults = user.ParseName("last_name", cmd.LastName)
	return r, append(all, faults...)
}

// SignUp implements inbound.Accounts. The names are looked up before the
// password is hashed, because a hash is dear; the store decides when two want
// one name at once.
func (s *Service) SignUp(ctx context.Context, caller inbound.Caller, cmd inbound.SignUp) (inbound.SignedIn, error) {
	in, err := s.signUp(ctx, caller, cmd)
	return in, failure.Of(err)
}

func (s *Service) signUp(ctx context.Context, caller inbound.Caller, cmd inbound.SignUp) (inbound.SignedIn, error) {
	if s.policy.Hidden {
		return inbound.SignedIn{}, s.signUpQuietly(ctx, caller, cmd)
	}
	if err := s.guard.SignUp(ctx, caller); err != nil {
		return inbound.SignedIn{}, err
	}
	if !s.policy.SignUps {
		return inbound.SignedIn{}, fault.New(fault.SignupsDisabled)
	}
	r, faults := s.registration(cmd)
	if err := fault.Invalid(faults...); err != nil {
		return inbound.SignedIn{}, err
	}
	proven, err := s.proofs.Read(caller, "")
	if err != nil {
		return inbound.SignedIn{}, err
	}
	if err := s.free(ctx, caller, r); err != nil {
		return inbound.SignedIn{}, err
	}
	if err := s.proofs.Use(ctx, proven); err != nil {
		return inbound.SignedIn{}, err
	}
	if err := fault.Invalid(s.policy.Passwords.CheckBreaches(ctx, "password", cmd.Password)...); err != nil {
		return inbound.SignedIn{}, err
	}
	hash, err := s.world.Hasher.Hash(ctx, cmd.Password)
	if err != nil {
		return inbound.SignedIn{}, fmt.Errorf("hash new password: %w", err)
	}

	now := s.world.Clock.Now()
	r.Tenant, r.ID = caller.Tenant, user.ID(s.world.Identifiers.New())
	u := user.New(r, now)
	u.LastSignInAt = &now
	opened, refresh := s.issuer.Open(caller, u.ID, proven.Key(), now, issuing.Password)
	tokens, err := s.issuer.Tokens(opened, refresh, now)
	if err != nil {
		return inbound.SignedIn{}, err
	}
	err = s.world.Store.Users().Register(ctx, outbound.Account{
		User: u, PasswordHash: hash, Session: opened,
		Events: []event.Event{event.SignedUp(caller.Origin(), u.ID, now), event.SignedIn(caller.Origin(), opened)},
		Mails:  s.desk.Notices(s.desk.Owed(caller, mail.VerifyEmail, u.ID, "", nil)),
	})
	if errors.Is(err, outbound.ErrConflict) {
		if taken := s.free(ctx, caller, r); taken != nil {
			return inbound.SignedIn{}, taken
		}
	}
	if err != nil {
		return inbound.SignedIn{}, err
	}
	return inbound.SignedIn{User: u, Session: opened, Tokens: tokens, DeviceToken: s.tries.DeviceToken(opened)}, nil
}

// free faults when a name is somebody's already.
func (s *Service) free(ctx context.Context, caller inbound.Caller, r user.Registration) error {
	taken, err := s.world.Store.Users().Taken(ctx, caller.Tenant, r.Email, r.Username)
	switch {
	case err != nil:
		return err
	case taken.Email:
		return fault.New(fault.EmailTaken)
	case taken.Username:
		return fault.New(fault.UsernameTaken)
	}
	return nil
}
