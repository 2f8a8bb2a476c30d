package mailing

import (
	"context"

	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/ports/outbound"
)

// Watch gives a store that wakes the sending when mails were added and what
// caused them is committed. Where no mail is sent it keeps none, so that none
// heap up that nobody would ever send.
func (s *Service) Watch(store outbound.Store) outbound.Store {
	return watched{Store: store, service: s}
}

type watched struct {
	outbound.Store
	service *Service
}

// Outbox implements outbound.Repositories.
func (w watched) Outbox() outbound.Outbox {
	return watchedOutbox{Outbox: w.Store.Outbox(), on: w.service.policy.On, added: w.service.Wake}
}

// Atomically implements outbound.Store.
func (w watched) Atomically(ctx context.Context, fn func(context.Context, outbound.Repositories) error) error {
	var owed bool
	err := w.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
		owed = false
		return fn(ctx, watchedTransaction{Repositories: tx, on: w.service.policy.On, added: func() { owed = true }})
	})
	if err == nil && owed {
		w.service.Wake()
	}
	return err
}

type watchedTransaction struct {
	outbound.Repositories
	on    bool
	added func()
}

// Outbox implements outbound.Repositories.
func (t watchedTransaction) Outbox() outbound.Outbox {
	return watchedOutbox{Outbox: t.Repositories.Outbox(), on: t.on, added: t.added}
}

type watchedOutbox struct {
	outbound.Outbox
	on    bool
	added func()
}

// Add implements outbound.Outbox.
func (o watchedOutbox) Add(ctx context.Context, mails ...mail.Mail) error {
	if !o.on || len(mails) == 0 {
		return nil
	}
	if err := o.Outbox.Add(ctx, mails...); err != nil {
		return err
	}
	o.added()
	return nil
}
