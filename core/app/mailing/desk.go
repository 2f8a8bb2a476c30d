package mailing

import (
	"context"
	"errors"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/ports/outbound"
)

// List implements inbound.Mails.
func (s *Service) List(ctx context.Context, dead bool, before mail.ID, limit int) ([]mail.Entry, error) {
	list, err := s.world.Store.Outbox().List(ctx, s.policy.Tenant, dead, before, max(limit, 1))
	return list, failure.Of(err)
}

// Find implements inbound.Mails.
func (s *Service) Find(ctx context.Context, id mail.ID) (mail.Entry, error) {
	e, err := s.world.Store.Outbox().ByID(ctx, s.policy.Tenant, id)
	return e, missing(err, fault.MailUnknown)
}

// Retry implements inbound.Mails.
func (s *Service) Retry(ctx context.Context, id mail.ID) error {
	err := s.world.Store.Outbox().Revive(ctx, s.policy.Tenant, id, s.world.Clock.Now())
	return missing(err, fault.MailNotGivenUp)
}

// RetryAll implements inbound.Mails.
func (s *Service) RetryAll(ctx context.Context) (int, error) {
	n, err := s.world.Store.Outbox().ReviveAll(ctx, s.policy.Tenant, s.world.Clock.Now())
	return n, failure.Of(err)
}

// Drop implements inbound.Mails.
func (s *Service) Drop(ctx context.Context, id mail.ID) error {
	return missing(s.world.Store.Outbox().Remove(ctx, s.policy.Tenant, id), fault.MailUnknown)
}

// missing says why, when what was asked for is not there.
func missing(err error, why fault.Reason) error {
	if errors.Is(err, outbound.ErrNotFound) {
		return why.Fault().Because(err)
	}
	return failure.Of(err)
}
