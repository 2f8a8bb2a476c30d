package redis

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/plinto/plinto/core/limit"
	"github.com/plinto/plinto/ports/outbound"
)

// FailoverOptions say how a Failover watches.
type FailoverOptions struct {
	// OnChange is called once for each change, one call at a time and in
	// order: with false and the reason when the local limiter took over, with
	// true and nil when the primary is back. It should return soon.
	OnChange func(healthy bool, err error)
	// RetryEvery is the pause between two looks at a primary that was lost;
	// one second when zero.
	RetryEvery time.Duration
}

// Failover is a limiter that is never open and never closed: when the primary
// cannot decide, the local one does, for that request and for all that follow
// until the primary is back. One request at a time finds out by waiting for the
// primary's timeout; those that come later do not ask it. Either limiter counts
// for itself, so a client may get up to one more quota on each instance when
// they change places.
//
// Run must be running for the primary to come back.
type Failover struct {
	primary, local outbound.Limiter
	onChange       func(healthy bool, err error)
	every          time.Duration

	state    atomic.Pointer[state]
	lost     chan struct{} // holds one signal when the primary was lost
	changing sync.Mutex
}

// state is a time in which the primary was, or was not, to be asked. It is
// compared by identity: what a call learns counts only in the state in which
// it began, so an answer that comes late changes nothing.
type state struct {
	err      error           // why the primary was lost; nil when it is asked
	subjects []limit.Subject // whose charges it could not decide
}

var _ outbound.Limiter = (*Failover)(nil)

// NewFailover gives a limiter that asks the primary first.
func NewFailover(primary, local outbound.Limiter, o FailoverOptions) *Failover {
	f := &Failover{primary: primary, local: local, onChange: o.OnChange, every: o.RetryEvery, lost: make(chan struct{}, 1)}
	if f.onChange == nil {
		f.onChange = func(bool, error) {}
	}
	if f.every <= 0 {
		f.every = time.Second
	}
	f.state.Store(&state{})
	return f
}

// Take asks the primary while it is there, else the local limiter.
func (f *Failover) Take(ctx context.Context, charges []limit.Charge) ([][]limit.Decision, error) {
	s := f.state.Load()
	if s.err == nil {
		decisions, err := f.primary.Take(ctx, charges)
		if err == nil {
			return decisions, nil
		}
		f.lose(s, charges, err)
	}
	return f.local.Take(ctx, charges)
}

// GiveBack asks whoever counts now. What a primary that is lost meanwhile does
// not give back comes back by itself.
func (f *Failover) GiveBack(ctx context.Context, charges []limit.Charge) error {
	s := f.state.Load()
	if s.err != nil {
		return f.local.GiveBack(ctx, charges)
	}
	if err := f.primary.GiveBack(ctx, charges); err != nil {
		f.lose(s, charges, err)
	}
	return nil
}

// Health is the primary's own, and not healthy before its buckets are in use
// again.
func (f *Failover) Health(ctx context.Context) outbound.LimiterHealth {
	h := f.primary.Health(ctx)
	if h.Err == nil {
		h.Err = f.state.Load().err
	}
	return h
}

func (f *Failover) lose(s *state, charges []limit.Charge, err error) {
	lost := &state{err: err}
	for _, c := range charges {
		lost.subjects = append(lost.subjects, c.Subject)
	}
	if f.change(s, lost) {
		select {
		case f.lost <- struct{}{}:
		default:
		}
	}
}

func (f *Failover) change(from, to *state) bool {
	if f.state.Load() != from {
		return false
	}
	f.changing.Lock() // so that the calls of onChange are in order
	defer f.changing.Unlock()
	if !f.state.CompareAndSwap(from, to) {
		return false
	}
	f.onChange(to.err == nil, to.err)
	return true
}

// Run looks whether a lost primary is back, until the context ends. It returns
// nil.
func (f *Failover) Run(ctx context.Context) error {
	for {
		s := f.state.Load()
		if s.err == nil {
			select {
			case <-ctx.Done():
				return nil
			case <-f.lost:
			}
			continue
		}
		pause := time.NewTimer(f.every)
		select {
		case <-ctx.Done():
			pause.Stop()
			return nil
		case <-pause.C:
		}
		if _, err := f.primary.Take(ctx, s.probes()); err == nil {
			f.change(s, &state{})
		}
	}
}

// probes are charges like those that were not decided, so that the node of a
// cluster that failed is the one that has to answer, and has to write. Their
// rule is their own, always allows, and is over in a microsecond.
func (s *state) probes() []limit.Charge {
	rule := []limit.Rule{{Name: "probe", Quota: 1_000_000, Window: time.Second}}
	charges := make([]limit.Charge, len(s.subjects))
	for i, subject := range s.subjects {
		charges[i] = limit.Charge{Subject: subject, Rules: rule}
	}
	return charges
}
