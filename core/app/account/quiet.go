package account

import (
	"context"
	"errors"
	"fmt"

	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// signUpQuietly makes an account, or has a mail tell whoever has one of this
// address already that somebody tried. The caller cannot tell which: the
// password is hashed and the same statements are run either way, and nobody is
// signed in. A user name is another matter: it is for all to see, so that it is
// taken is told, before anything is asked of the address.
func (s *Service) signUpQuietly(ctx context.Context, caller inbound.Caller, cmd inbound.SignUp) error {
	r, faults := s.registration(cmd)
	if err := fault.Invalid(faults...); err != nil {
		return err
	}
	if err := s.guard.QuietSignUp(ctx, caller, r.Email); err != nil {
		return err
	}
	if !s.policy.SignUps {
		return fault.New(fault.SignupsDisabled)
	}
	if err := s.desk.Open(); err != nil {
		return err
	}
	taken, err := s.world.Store.Users().Taken(ctx, caller.Tenant, user.Email{}, r.Username)
	if err != nil {
		return err
	}
	if taken.Username {
		return fault.New(fault.UsernameTaken)
	}
	if err := fault.Invalid(s.policy.Passwords.CheckBreaches(ctx, "password", cmd.Password)...); err != nil {
		return err
	}
	hash, err := s.world.Hasher.Hash(ctx, cmd.Password)
	if err != nil {
		return fmt.Errorf("hash new password: %w", err)
	}

	now := s.world.Clock.Now()
	r.Tenant, r.ID = caller.Tenant, user.ID(s.world.Identifiers.New())
	u := user.New(r, now)
	err = s.world.Store.Users().RegisterQuietly(ctx, outbound.QuietAccount{
		User: u, PasswordHash: hash, Event: event.SignedUp(caller.Origin(), u.ID, now),
		Mail:  s.desk.Owed(caller, mail.VerifyEmail, user.ID{}, u.Email.ASCII(), nil),
		IfNew: mail.VerifyEmail, IfThere: mail.AccountExists,
	})
	if errors.Is(err, outbound.ErrConflict) {
		return fault.New(fault.UsernameTaken).Because(err)
	}
	return err
}
