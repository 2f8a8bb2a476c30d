// Package feed follows what other instances revoke, so that an access token of
// an ended session is refused everywhere without asking the store for each. It
// knows when it is behind, and then the store is asked.
package feed

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/revocation"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// Policy is what the feed obeys.
type Policy struct {
	Tenant tenant.ID
	// Life is the longest that an access token lives, and some room for
	// clocks that differ.
	Life time.Duration
	// Sessions is how long sessions last.
	Sessions session.Lifetime
	// Streams is how many other services may follow at a time, and
	// StreamsPerClient how many of them with one credential.
	Streams, StreamsPerClient int
}

// Bound is how long after its end was committed a session may still be used at
// another instance. An instance that has not read the feed within it asks the
// store about each token.
const Bound = time.Second

const (
	// interval is how often the feed is read: often enough that a few readings
	// may fail within the Bound.
	interval = 200 * time.Millisecond
	// patience is how long a reading may take. One that takes longer than the
	// Bound was of no use when it came, but a long feed must get through.
	patience = 5 * time.Second
	// pageSize bounds the memory of a reading.
	pageSize = 1000
)

// Service implements inbound.Revocations.
type Service struct {
	world  outbound.World
	policy Policy
	keys   Keys

	reading sync.Mutex // held while the store is asked
	mark    outbound.Mark
	amidst  bool // the mark stands in the middle of a reading
	rekeyed bool // keys were changed since they were last loaded

	catching   sync.Mutex // held while requests read the feed
	caughtFrom outbound.Mark
	caught     outbound.Mark

	mu     sync.RWMutex // held for as long as it takes to look into a map
	set    *revocation.Set
	readAt time.Time // when the last reading began that told everything; zero before the first
	readTo outbound.Mark

	asked atomic.Int64 // how often a token made it ask

	tail    *tail
	streams streams
}

// Keys looks after the signing keys.
type Keys interface {
	// Load reads them anew.
	Load(ctx context.Context) error
}

var _ inbound.Revocations = (*Service)(nil)

// New makes a Service. Keys are loaded when they were rotated or revoked
// somewhere.
func New(w outbound.World, k Keys, p Policy) *Service {
	return &Service{world: w, keys: k, policy: p, set: revocation.NewSet(p.Life), tail: newTail()}
}

// Load implements inbound.Revocations.
func (s *Service) Load(ctx context.Context) error {
	s.reading.Lock()
	defer s.reading.Unlock()
	return failure.Of(s.read(ctx))
}

// Run implements inbound.Revocations.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		reading, cancel := context.WithTimeout(ctx, patience)
		err := s.Load(reading)
		cancel()
		// While the store is away, what needs it is refused anyhow.
		if err != nil && ctx.Err() == nil && !temporary(err) {
			return err
		}
	}
}

func temporary(err error) bool {
	return fault.CodeOf(err) == fault.Unavailable || errors.Is(err, context.Canceled)
}

// read takes in everything that was committed before it began.
func (s *Service) read(ctx context.Context) error {
	began := s.world.Clock.Now()
	// The rest of an earlier reading says nothing of what has happened since
	// that began.
	rest := s.amidst
	for more := true; more; {
		page, err := s.world.Store.Feed().Revocations(ctx, s.policy.Tenant, began.Add(-s.policy.Life), s.mark, pageSize)
		if err != nil {
			// What was promised of a mark holds for one server; by now there
			// may be another. Time that ran out says nothing of that: the next
			// reading goes on here, or a long feed would never be read whole.
			if ctx.Err() == nil {
				s.mark, s.amidst = "", false
			}
			return err
		}
		rekeyed, err := s.take(page.Events, began)
		if err != nil {
			return err
		}
		entries, err := entriesOf(page.Events)
		if err != nil {
			return err
		}
		s.rekeyed = s.rekeyed || rekeyed
		s.mark, s.amidst = page.Next, page.More
		more, rest = page.More || rest, rest && page.More
		s.tail.add(entries, cursor{s.mark, s.amidst})
	}
	s.tail.complete(began)
	if s.rekeyed {
		// A key that this instance cannot open is no reason to miss what is
		// revoked: whoever looks after the keys tells of it.
		if err := s.keys.Load(ctx); err != nil && temporary(err) {
			return err
		}
		s.rekeyed = false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set.Forget(began)
	s.readAt, s.readTo = began, s.mark
	return nil
}

// take remembers what events revoke, and tells whether any is about keys.
func (s *Service) take(events []event.Recorded, now time.Time) (keysChanged bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range events {
		r, revokes, err := revocation.Of(e.Event)
		if err != nil {
			return false, err
		}
		if revokes {
			s.set.Add(r, now)
		} else {
			keysChanged = true
		}
	}
	return keysChanged, nil
}

// Ended notes what this instance has itself just ended, so that it need not
// wait for the feed.
func (s *Service) Ended(now time.Time, ids ...session.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		s.set.Add(revocation.Revocation{Session: id, At: now}, now)
	}
}

// behind tells whether the feed was not read within the Bound.
func (s *Service) behind(now time.Time) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	age := now.Sub(s.readAt)
	return age < 0 || age > Bound
}

// Current makes sure that this instance knows of every key that was revoked and
// of every end of all sessions, which no row of a session tells. While the feed
// is behind it is read on the connections of requests, and asked is true: what
// was verified before may have been verified with a key that is revoked.
func (s *Service) Current(ctx context.Context) (asked bool, err error) {
	if !s.behind(s.world.Clock.Now()) {
		return false, nil
	}
	s.asked.Add(1)
	return true, failure.Of(s.catchUp(ctx))
}

func (s *Service) catchUp(ctx context.Context) error {
	s.catching.Lock()
	defer s.catching.Unlock()
	s.mu.RLock()
	from := s.readTo
	s.mu.RUnlock()
	if s.caughtFrom != from {
		s.caughtFrom, s.caught = from, from
	}
	now, keysChanged := s.world.Clock.Now(), false
	for more := true; more; {
		page, err := s.world.Store.SharedFeed().Revocations(ctx, s.policy.Tenant, now.Add(-s.policy.Life), s.caught, pageSize)
		if err == nil {
			var changed bool
			changed, err = s.take(page.Events, now)
			keysChanged = keysChanged || changed
		}
		if err != nil {
			s.caught = "" // as in read
			return err
		}
		s.caught, more = page.Next, page.More
	}
	if !keysChanged {
		return nil
	}
	err := s.keys.Load(ctx)
	if err == nil || !temporary(err) {
		return nil
	}
	s.caught = "" // to meet them again
	return err
}

// Check refuses a token whose session has ended, with fault.InvalidToken. It
// asks the store only while the feed is behind; the key of the token and the
// end of all sessions are for Current, which is asked before.
func (s *Service) Check(ctx context.Context, c token.Claims) error {
	// In this order: a reading that ends in between may be the one that tells
	// of this session.
	now := s.world.Clock.Now()
	behind := s.behind(now)
	switch {
	case s.Refuses(c):
		return fault.New(fault.InvalidToken)
	case !behind:
		return nil
	}
	found, owner, err := s.world.Store.Sessions().WithUser(ctx, c.Tenant, c.Session)
	if errors.Is(err, outbound.ErrNotFound) {
		return fault.New(fault.InvalidToken).Because(err)
	}
	if err != nil {
		return failure.Of(err)
	}
	if !found.Live(now, s.policy.Sessions) || !owner.Status.MayAct() || owner.ID != c.Subject {
		return fault.New(fault.InvalidToken)
	}
	return nil
}

// Refuses tells whether a token is known to be revoked. It asks nobody.
func (s *Service) Refuses(c token.Claims) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.set.Refuses(c)
}

// Loaded tells whether the feed was ever read.
func (s *Service) Loaded() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return !s.readAt.IsZero()
}

// State implements inbound.Revocations.
func (s *Service) State() inbound.FeedState {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return inbound.FeedState{ReadAt: s.readAt, Remembered: s.set.Len(), Asked: s.asked.Load()}
}
