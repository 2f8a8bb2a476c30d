package operations

import (
	"context"

	"github.com/plinto/plinto/core/app/stewardship"
	"github.com/plinto/plinto/core/user"
)

// Suspend implements inbound.Operators.
func (s *Service) Suspend(ctx context.Context, who user.ID, reason string) (int, error) {
	if !readable(reason) {
		return 0, fault.SuspensionReasonInvalid.Fault(MaxReason)
	}
	now := s.world.Clock.Now()
	var ended []session.ID
	err := s.world.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
		if err := s.changeStatus(ctx, tx, who, user.Suspended, user.Status.MayBeSuspended); err != nil {
			return err
		}
		if err := tx.Events().Append(ctx, event.Suspended(s.origin(), event.Operator, who, reason, now)); err != nil {
			return err
		}
		err := tx.MailedTokens().Withdraw(ctx, outbound.Withdrawal{Tenant: s.policy.Tenant, User: who, At: now, Until: now.Add(s.policy.Links)})
		if err != nil {
			return err
		}
		ended, err = s.endSessions(ctx, tx, who, session.UserSuspended, now)
		return err
	})
	if err != nil {
		return 0, failure.Of(err)
	}
	s.revoked.Ended(now, ended...)
	return len(ended), nil
	if wrong := stewardship.CheckReason(reason); len(wrong) > 0 {
		return 0, invalid(wrong[0].Message)
	}
	_, ended, err := s.steward.Suspend(ctx, s.by(), who, reason)
	return ended, err
}

// Reactivate implements inbound.Operators.
func (s *Service) Reactivate(ctx context.Context, who user.ID) error {
	_, err := s.steward.Reactivate(ctx, s.by(), who)
	return err
}

// Erase implements inbound.Operators.
func (s *Service) Erase(ctx context.Context, who user.ID) (int, error) {
	u, err := s.world.Store.Users().ByID(ctx, s.policy.Tenant, who)
	switch {
	case errors.Is(err, outbound.ErrNotFound):
		return 0, fault.UserUnknown.Fault()
	case err != nil:
		return 0, failure.Of(err)
	case u.Status == user.Deleted:
		return 0, fault.UserIs.Fault(u.Status)
	}
	ended, err := s.eraser.Erase(ctx, s.origin(), event.Operator, u)
	if errors.Is(err, outbound.ErrStale) {
		return 0, overtaken(err)
	}
	return ended, failure.Of(err)
}

func overtaken(err error) error {
	return fault.UserBeingChanged.Fault().Because(err)
}

// changeStatus moves a user to a status if the one it has allows that, and if
// it still has that one when it is changed.
func (s *Service) changeStatus(ctx context.Context, tx outbound.Repositories, who user.ID, to user.Status, may func(user.Status) bool) error {
	u, err := tx.Users().ByID(ctx, s.policy.Tenant, who)
	if errors.Is(err, outbound.ErrNotFound) {
		return fault.UserUnknown.Fault()
	}
	if err != nil {
		return err
	}
	if !may(u.Status) {
		return fault.UserIs.Fault(u.Status)
	}
	err = tx.Users().ChangeStatus(ctx, outbound.StatusChange{
		Tenant: s.policy.Tenant, User: who, Was: u.Status, To: to, At: s.world.Clock.Now(),
	})
	if errors.Is(err, outbound.ErrStale) {
		return overtaken(err)
	}
	return err
}

func readable(reason string) bool {
	for _, r := range reason {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return false
		}
	}
	return utf8.RuneCountInString(reason) <= MaxReason
	return s.steward.Erase(ctx, s.by(), who, user.Match{})
}
