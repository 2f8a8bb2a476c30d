package operations

import (
	"context"

	"github.com/plinto/plinto/core/app/stewardship"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/user"
)

// Suspend implements inbound.Operators.
func (s *Service) Suspend(ctx context.Context, who user.ID, reason string) (int, error) {
	if wrong := stewardship.CheckReason(reason); len(wrong) > 0 {
		return 0, fault.SuspensionReasonInvalid.Fault(stewardship.MaxReason)
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
	return s.steward.Erase(ctx, s.by(), who, user.Match{})
}
