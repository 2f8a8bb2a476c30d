// Package trail reads what happened, for operators.
package trail

import (
	"context"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// Service implements inbound.Events for one tenant.
type Service struct {
	store  outbound.Store
	tenant tenant.ID
}

var _ inbound.Events = (*Service)(nil)

// New makes a Service.
func New(s outbound.Store, t tenant.ID) *Service { return &Service{store: s, tenant: t} }

// Latest implements inbound.Events.
func (s *Service) Latest(ctx context.Context, limit int) ([]event.Recorded, error) {
	list, err := s.store.Events().Latest(ctx, s.tenant, limit)
	return list, failure.Of(err)
}

// After implements inbound.Events.
func (s *Service) After(ctx context.Context, p event.Position, limit int) ([]event.Recorded, error) {
	list, err := s.store.Events().After(ctx, s.tenant, p, limit)
	return list, failure.Of(err)
}
