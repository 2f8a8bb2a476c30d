package activity

import (
	"context"
	"errors"
	"time"

	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/ports/outbound"
)

const (
	// Every is how often activity is stored, which makes it the most that a
	// session is written for being used, and about how far behind what is
	// stored may be.
	Every = time.Minute
	// most is how many sessions are noted between two writes. What is beyond
	// is forgotten: to know when a session was used is worth no more memory.
	most = 100_000
	// atOnce is how many sessions one write holds.
	atOnce = 500
	// patience is how long a write may take.
	patience = 2 * time.Second
)

type key struct {
	tenant  tenant.ID
	session session.ID
}

// Note takes note that a session was used. It asks nobody and waits for
// nobody, since every request that is let in comes here.
func (s *Service) Note(t tenant.ID, id session.ID, address string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := key{t, id}
	a, known := s.noted[k]
	if !known {
		if len(s.noted) >= most {
			return
		}
		a = &session.Activity{Session: id}
		s.noted[k] = a
	}
	a.See(address, at)
}

// Run implements inbound.Activity. A store that is away is told of by others;
// what it did not take is kept for the next time.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(s.every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return s.flush(context.WithoutCancel(ctx))
		case <-tick.C:
		}
		if err := s.flush(ctx); err != nil {
			return err
		}
	}
}

// flush stores what was noted.
func (s *Service) flush(ctx context.Context) error {
	s.mu.Lock()
	noted := s.noted
	s.noted = map[key]*session.Activity{}
	s.mu.Unlock()

	batches := map[tenant.ID][]session.Activity{}
	var away bool
	var refused error
	write := func(t tenant.ID) {
		list := batches[t]
		delete(batches, t)
		if !away {
			err := s.record(ctx, t, list)
			if err == nil {
				return
			}
			if away = again(err); !away {
				refused = errors.Join(refused, err)
				return
			}
		}
		s.keep(t, list)
	}
	for k, a := range noted {
		batches[k.tenant] = append(batches[k.tenant], *a)
		if len(batches[k.tenant]) == atOnce {
			write(k.tenant)
		}
	}
	for t := range batches {
		write(t)
	}
	return refused
}

func (s *Service) record(ctx context.Context, t tenant.ID, list []session.Activity) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return s.world.Store.Activity().Record(ctx, t, list)
}

// again tells whether a write may succeed another time. One that is refused for
// what is in it would be refused for ever.
func again(err error) bool {
	return errors.Is(err, outbound.ErrUnavailable) || errors.Is(err, outbound.ErrStale) || errors.Is(err, context.Canceled)
}

// keep notes again what could not be stored.
func (s *Service) keep(t tenant.ID, list []session.Activity) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range list {
		k := key{t, a.Session}
		if newer, known := s.noted[k]; known {
			newer.Merge(a)
		} else if len(s.noted) < most {
			s.noted[k] = &a
		}
	}
}
