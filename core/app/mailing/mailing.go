package mailing

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/id"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// Policy is what sending obeys.
type Policy struct {
	Tenant tenant.ID
	// On is whether mails are kept to be sent at all.
	On   bool
	Pace Pace
}

// Pace is how the sending goes about its work.
type Pace struct {
	Poll     time.Duration // how often to look for mails that others caused, or whose time has come
	Senders  int           // how many mails are on their way at once
	Patience time.Duration // how long one may take, from writing it to its being accepted
	Lease    time.Duration // how long others wait for an instance that died; longer than Patience
	Settling time.Duration // how long to try to write down what came of one
	Farewell time.Duration // how long what is under way may go on when the program ends
	Count    time.Duration // how often the mails are counted
}

// Usual leaves a lease longer than everything that is done under it, by more
// than clocks differ.
var Usual = Pace{
	Poll: time.Second, Senders: 4, Patience: time.Minute, Lease: 3 * time.Minute,
	Settling: 10 * time.Second, Farewell: 10 * time.Second, Count: 15 * time.Second,
}

// Service implements inbound.Mailing and inbound.Mails.
type Service struct {
	world   outbound.World
	policy  Policy
	writers map[mail.Kind]Writer
	wake    chan struct{}
	tallies map[mail.Kind]*tally
	backlog backlog
}

var (
	_ inbound.Mailing = (*Service)(nil)
	_ inbound.Mails   = (*Service)(nil)
)

// New makes a Service. Each kind of mail that is to be sent has a writer.
func New(w outbound.World, p Policy, writers map[mail.Kind]Writer) *Service {
	s := &Service{world: w, policy: p, writers: writers, wake: make(chan struct{}, 1), tallies: map[mail.Kind]*tally{}}
	for _, k := range mail.Kinds() {
		s.tallies[k] = &tally{}
	}
	return s
}

// Wake has mails looked for at once. It never waits.
func (s *Service) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Enabled implements inbound.Mailing.
func (s *Service) Enabled() bool { return s.policy.On && s.world.Mailer != nil }

// Run implements inbound.Mailing. A store that is away is told of by others.
func (s *Service) Run(ctx context.Context) error {
	if !s.Enabled() {
		return nil
	}
	// What is under way when ctx ends goes on for a while, and is then cut off.
	working, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(s.policy.Pace.Farewell, cut) })()

	var under sync.WaitGroup
	defer under.Wait()
	counting, stop := context.WithCancel(ctx)
	defer stop()
	under.Go(func() { s.keepCounting(counting) })
	free := make(chan struct{}, s.policy.Pace.Senders)
	for range s.policy.Pace.Senders {
		free <- struct{}{}
	}
	for {
		n := taken(ctx, free)
		if n == 0 {
			return nil
		}
		// Not cut off by the end of ctx: the store may have claimed what nobody
		// would send then until the lease is over.
		claimed, err := s.claim(working, n)
		for range n - len(claimed) {
			free <- struct{}{}
		}
		for _, e := range claimed {
			under.Go(func() {
				defer func() { free <- struct{}{} }()
				s.attempt(working, e)
			})
		}
		if err != nil && !passing(err) {
			return failure.Of(err)
		}
		if len(claimed) == 0 && !s.rest(ctx) {
			return nil
		}
	}
}

// taken waits for a sender that is free, and takes all that are; none when ctx
// ends first.
func taken(ctx context.Context, free chan struct{}) int {
	select {
	case <-ctx.Done():
		return 0
	case <-free:
	}
	n := 1
	for {
		select {
		case <-free:
			n++
		default:
			if ctx.Err() != nil {
				return 0
			}
			return n
		}
	}
}

func (s *Service) claim(ctx context.Context, n int) ([]mail.Entry, error) {
	now := s.world.Clock.Now()
	return s.world.Store.Outbox().Claim(ctx, outbound.MailClaim{
		Tenant: s.policy.Tenant, Holder: id.Of[Service](s.world.Identifiers.New()).String(),
		Now: now, Until: now.Add(s.policy.Pace.Lease), Limit: n,
	})
}

// passing tells of an error that another time may do without.
func passing(err error) bool {
	return errors.Is(err, outbound.ErrUnavailable) || errors.Is(err, outbound.ErrStale) || errors.Is(err, context.Canceled)
}

// rest waits for work, and tells whether to go on.
func (s *Service) rest(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-s.wake:
	case <-time.After(s.policy.Pace.Poll):
	}
	return true
}
