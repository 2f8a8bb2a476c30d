package password

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/app/rehash"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/guess"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/core/onetime"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// CheckChange implements inbound.Passwords.
func (s *Service) CheckChange(cmd inbound.PasswordChange) []fault.Field {
	return s.checkChange(cmd, user.User{})
}

func (s *Service) checkChange(cmd inbound.PasswordChange, u user.User) []fault.Field {
	faults := checkGiven("current_password", cmd.Current)
	weak := s.rules.Check("new_password", cmd.New, u.Email, u.Names()...)
	if len(weak) == 0 && s.rules.Normalize(cmd.New).Reveal() == s.rules.Normalize(cmd.Current).Reveal() {
		weak = []fault.Field{fault.PasswordUnchanged.In("new_password")}
	}
	return append(faults, weak...)
}

// Change implements inbound.Passwords. The current password is asked for
// although recent proof is: a session may be stepped up and then left alone.
// Both hashes are worked out before anything is changed, and the store decides
// when two changes, or a change and a sign-in, come at once.
func (s *Service) Change(ctx context.Context, caller inbound.Caller, who inbound.Principal, cmd inbound.PasswordChange) error {
	return failure.Of(s.change(ctx, caller, who, cmd))
}

func (s *Service) change(ctx context.Context, caller inbound.Caller, who inbound.Principal, cmd inbound.PasswordChange) error {
	if err := s.gate.Pass(who); err != nil {
		return err
	}
	u, err := s.find(ctx, who)
	if err != nil {
		return err
	}
	if err := fault.Invalid(s.checkChange(cmd, u)...); err != nil {
		return err
	}
	at, err := s.prove(ctx, caller, who, cmd.Current, fault.WrongPassword)
	if err != nil {
		return err
	}
	if err := fault.Invalid(s.rules.CheckBreaches(ctx, "new_password", cmd.New)...); err != nil {
		return err
	}
	next, err := s.world.Hasher.Hash(ctx, cmd.New)
	if err != nil {
		return fmt.Errorf("hash new password: %w", err)
	}
	err = s.replace(ctx, caller, who, at, next)
	if errors.Is(err, outbound.ErrStale) {
		proved := rehash.Proved{Tenant: who.Tenant, User: who.User, Password: cmd.Current, Hash: at.PasswordHash}
		if at.PasswordHash, err = s.upgrades.Meanwhile(ctx, proved); err == nil {
			err = s.replace(ctx, caller, who, at, next)
		}
	}
	if errors.Is(err, outbound.ErrStale) {
		return s.refuse(ctx, caller, who, at, event.Overtaken, fault.WrongPassword)
	}
	return err
}

// replace changes the password and ends every other session, both or neither.
func (s *Service) replace(ctx context.Context, caller inbound.Caller, who inbound.Principal, at outbound.Guessed, next string) error {
	now, notice := s.world.Clock.Now(), mail.ID(s.world.Identifiers.New())
	var ended []session.ID
	err := s.world.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
		err := tx.Users().ChangePassword(ctx, outbound.PasswordChange{
			Tenant: who.Tenant, User: who.User, Session: who.Session, Was: at.PasswordHash, Next: next, At: now, Lifetime: s.issuer.Life,
		})
		if err != nil {
			return err
		}
		ended, err = tx.Sessions().EndOthers(ctx, outbound.EndingOthers{
			Tenant: who.Tenant, Owner: who.User, Keep: who.Session, Reason: session.PasswordChanged, At: now, Lifetime: s.issuer.Life,
		})
		if err != nil {
			return err
		}
		// What somebody else may have asked for with the old password, or with a
		// session that ends here.
		if err := tx.MailedTokens().Withdraw(ctx, s.desk.Withdrawal(who.Tenant, who.User, now), onetime.ChangeEmail, onetime.ResetPassword, onetime.MagicLink); err != nil {
			return err
		}
		if err := tx.Guesses().Forgive(ctx, who.Tenant, at.Guess, true); err != nil {
			return err
		}
		// What strangers guessed is worth nothing against another password.
		if err := tx.Guesses().Forget(ctx, who.Tenant, guess.Account(who.User)); err != nil {
			return err
		}
		happened := []event.Event{event.ChangedPassword(caller.Origin(), who.User, who.Session, now)}
		for _, id := range ended {
			happened = append(happened, event.Ended(caller.Origin(), event.OfUser(who.User), id, who.User, session.PasswordChanged, now))
		}
		if err := tx.Events().Append(ctx, happened...); err != nil {
			return err
		}
		return tx.Outbox().Add(ctx, mail.Mail{
			Tenant: who.Tenant, ID: notice, Kind: mail.PasswordChanged, User: who.User,
			Details:   map[string]string{mail.Address: caller.Address, mail.At: now.Format(time.RFC3339)},
			RequestID: caller.RequestID, CreatedAt: now,
		})
	})
	if err == nil {
		s.revoked.Ended(now, ended...)
	}
	return err
}
