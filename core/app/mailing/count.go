package mailing

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// counted is what the end of an attempt counts as.
type counted int

const (
	asNothing counted = iota
	asSent
	asRetried
	asDead
)

type tally struct{ sent, retried, dead atomic.Int64 }

func (s *Service) count(k mail.Kind, as counted) {
	t, known := s.tallies[k]
	if !known {
		return
	}
	switch as {
	case asSent:
		t.sent.Add(1)
	case asRetried:
		t.retried.Add(1)
	case asDead:
		t.dead.Add(1)
	case asNothing:
	}
}

// Tally implements inbound.Mailing.
func (s *Service) Tally(k mail.Kind) inbound.MailTally {
	t, known := s.tallies[k]
	if !known {
		return inbound.MailTally{}
	}
	return inbound.MailTally{Sent: t.sent.Load(), Retried: t.retried.Load(), Dead: t.dead.Load()}
}

// backlog is the last count of all mails.
type backlog struct {
	mu   sync.Mutex
	last outbound.OutboxCount
}

// Backlog implements inbound.Mailing.
func (s *Service) Backlog() inbound.MailBacklog {
	s.backlog.mu.Lock()
	defer s.backlog.mu.Unlock()
	c := s.backlog.last
	b := inbound.MailBacklog{Due: c.Due, Dead: c.Dead}
	if c.Waiting > 0 {
		b.Oldest = max(s.world.Clock.Now().Sub(c.OldestAt), 0)
	}
	return b
}

// keepCounting counts the mails once in a while, so that nobody who reads the
// numbers asks the store. What cannot be counted keeps its last number.
func (s *Service) keepCounting(ctx context.Context) {
	tick := time.NewTicker(s.policy.Pace.Count)
	defer tick.Stop()
	for {
		if c, err := s.world.Store.Outbox().Count(ctx, s.policy.Tenant, s.world.Clock.Now()); err == nil {
			s.backlog.mu.Lock()
			s.backlog.last = c
			s.backlog.mu.Unlock()
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
