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
	return e, s.fault(err, "There is no mail of that id: it was sent, or removed.")
}

// Retry implements inbound.Mails.
func (s *Service) Retry(ctx context.Context, id mail.ID) error {
	err := s.world.Store.Outbox().Revive(ctx, s.policy.Tenant, id, s.world.Clock.Now())
	return s.fault(err, "There is no mail of that id that was given up.")
}

// RetryAll implements inbound.Mails.
func (s *Service) RetryAll(ctx context.Context) (int, error) {
	n, err := s.world.Store.Outbox().ReviveAll(ctx, s.policy.Tenant, s.world.Clock.Now())
	return n, failure.Of(err)
}

// Drop implements inbound.Mails.
func (s *Service) Drop(ctx context.Context, id mail.ID) error {
	return s.fault(s.world.Store.Outbox().Remove(ctx, s.policy.Tenant, id), "There is no mail of that id: it was sent, or removed.")
}

func (s *Service) fault(err error, none string) error {
	if errors.Is(err, outbound.ErrNotFound) {
		f := fault.New(fault.NotFound)
		f.Message = none
		return f
	}
	return failure.Of(err)
}
