package stewardship

import (
	"context"
	"errors"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

// MaxReason is how long the reason of a suspension may be, in characters.
const MaxReason = 200

// CheckReason gives everything wrong with the reason of a suspension.
func CheckReason(reason string) []fault.Field {
	if utf8.RuneCountInString(reason) > MaxReason {
		return []fault.Field{fault.ReasonTooLong.In("reason", MaxReason)}
	}
	for _, r := range reason {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return []fault.Field{fault.ReasonCharacters.In("reason")}
		}
	}
	return nil
}

// Suspend keeps an account from acting and ends its sessions, gives it as it
// then is and tells how many those were. The status is changed first: it holds
// up sign-ins of this user, which then find it, so that none of their sessions
// slips past the ending.
func (s *Steward) Suspend(ctx context.Context, by By, who user.ID, reason string) (user.User, int, error) {
	if err := fault.Invalid(CheckReason(reason)...); err != nil {
		return user.User{}, 0, err
	}
	now := s.world.Clock.Now()
	var u user.User
	var ended []session.ID
	err := s.world.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) (err error) {
		if u, err = changeStatus(ctx, tx, by, who, user.Suspended, user.Status.MayBeSuspended, now); err != nil {
			return err
		}
		if err := tx.Events().Append(ctx, event.Suspended(by.Origin, by.Actor, who, reason, now)); err != nil {
			return err
		}
		if err := tx.MailedTokens().Withdraw(ctx, s.desk.Withdrawal(by.Origin.Tenant, who, now)); err != nil {
			return err
		}
		ended, err = endSessions(ctx, tx, by, who, session.UserSuspended, now)
		return err
	})
	if err != nil {
		return user.User{}, 0, failure.Of(err)
	}
	s.revoked.Ended(now, ended...)
	return u, len(ended), nil
}

// Reactivate lets an account act again, and gives it as it then is.
func (s *Steward) Reactivate(ctx context.Context, by By, who user.ID) (user.User, error) {
	now := s.world.Clock.Now()
	var u user.User
	err := s.world.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) (err error) {
		if u, err = changeStatus(ctx, tx, by, who, user.Active, user.Status.MayBeReactivated, now); err != nil {
			return err
		}
		return tx.Events().Append(ctx, event.Reactivated(by.Origin, by.Actor, who, now))
	})
	return u, failure.Of(err)
}

// changeStatus moves a user to a status if the one it has allows that, and if
// it still has that one when it is changed.
func changeStatus(ctx context.Context, tx outbound.Repositories, by By, who user.ID, to user.Status, may func(user.Status) bool, now time.Time) (user.User, error) {
	if err := by.may(ctx, tx); err != nil {
		return user.User{}, err
	}
	u, err := by.find(ctx, tx, who)
	if err != nil {
		return user.User{}, err
	}
	if !may(u.Status) {
		return user.User{}, fault.UserIs.Fault(u.Status)
	}
	err = tx.Users().ChangeStatus(ctx, outbound.StatusChange{Tenant: by.Origin.Tenant, User: who, Was: u.Status, To: to, At: now})
	if errors.Is(err, outbound.ErrStale) {
		return user.User{}, overtaken(err)
	}
	if err != nil {
		return user.User{}, err
	}
	return by.find(ctx, tx, who)
}
