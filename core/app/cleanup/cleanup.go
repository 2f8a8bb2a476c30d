// Package cleanup removes what nobody needs any more, in small batches and
// beside the requests, on one instance at a time. What is to go and when is a
// list of jobs; who is at work is a lease.
package cleanup

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/id"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// Policy is what the cleanup obeys.
type Policy struct {
	Tenant tenant.ID
	// Sessions is how long a session is kept after it was over, for its owner
	// and for operators to look at.
	Sessions time.Duration
	// DeadMails is how long a mail that was given up is kept, for operators to
	// look at.
	DeadMails time.Duration
	// Guesses is how long wrong passwords may count after the last one.
	Guesses time.Duration
}

// Pace is how the cleanup goes about its work.
type Pace struct {
	Every time.Duration // from one sweep to the next, give or take a tenth
	Batch int           // rows that one transaction removes
	Pause time.Duration // between two transactions
}

// Usual takes milliseconds a batch, and leaves the store to others in between.
var Usual = Pace{Every: 10 * time.Minute, Batch: 500, Pause: 100 * time.Millisecond}

const (
	// leaseName is what the instances that clean one store up contend for.
	leaseName = "cleanup"
	// leaseTime is how long the others wait for an instance that died. It is
	// held on with every batch.
	leaseTime = time.Minute
	// farewell is how long giving the lease back may take when the program ends.
	farewell = 2 * time.Second
)

// Service implements inbound.Cleanup.
type Service struct {
	world  outbound.World
	policy Policy
	pace   Pace
	jobs   []*job
}

var _ inbound.Cleanup = (*Service)(nil)

// New makes a Service.
func New(w outbound.World, p Policy, pace Pace) *Service {
	return &Service{world: w, policy: p, pace: pace, jobs: jobs(p)}
}

// Removed implements inbound.Cleanup.
func (s *Service) Removed() map[string]int64 {
	out := make(map[string]int64, len(s.jobs))
	for _, j := range s.jobs {
		out[j.name] = j.removed.Load()
	}
	return out
}

// Run implements inbound.Cleanup.
func (s *Service) Run(ctx context.Context) error {
	for {
		if err := s.Sweep(ctx); err != nil {
			return err
		}
		// Not all instances at one time, whenever they started.
		wait := time.Duration(float64(s.pace.Every) * (0.9 + 0.2*s.world.Random.Fraction()))
		if !sleep(ctx, wait) {
			return nil
		}
	}
}

// Sweep implements inbound.Cleanup.
func (s *Service) Sweep(ctx context.Context) error {
	holder := id.Of[Service](s.world.Identifiers.New()).String()
	var err error
	for _, j := range s.jobs {
		failed := s.sweep(ctx, j, holder)
		if errors.Is(failed, outbound.ErrConflict) {
			return failure.Of(err) // somebody else is at it
		}
		// A job that fails does not keep the others from theirs.
		err = errors.Join(err, failed)
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	err = errors.Join(err, s.world.Store.Leases().Release(ending, s.lease(holder)))
	if ctx.Err() != nil {
		return nil // what is left is for the next time, and so is a lease that could not be given back
	}
	return failure.Of(err)
}

// sweep does a job until nothing is left of it.
func (s *Service) sweep(ctx context.Context, j *job, holder string) error {
	for {
		removed, err := s.batch(ctx, j, holder)
		if err != nil {
			return fmt.Errorf("remove %s: %w", j.name, err)
		}
		j.removed.Add(int64(removed))
		if removed < s.pace.Batch {
			return nil
		}
		if !sleep(ctx, s.pace.Pause) {
			return ctx.Err()
		}
	}
}

// batch removes a few rows, in a transaction that holds the lease: an instance
// that has lost it to another, by being slow, removes nothing.
func (s *Service) batch(ctx context.Context, j *job, holder string) (removed int, err error) {
	err = s.world.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
		lease := s.lease(holder)
		if err := tx.Leases().Hold(ctx, lease); err != nil {
			return err
		}
		removed, err = j.remove(ctx, tx, lease.Now, s.pace.Batch)
		return err
	})
	return removed, err
}

func (s *Service) lease(holder string) outbound.Lease {
	now := s.world.Clock.Now()
	return outbound.Lease{Tenant: s.policy.Tenant, Name: leaseName, Holder: holder, Now: now, Until: now.Add(leaseTime)}
}

// sleep waits, and tells whether there is a reason to go on.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// job is something to remove.
type job struct {
	name    string // what it is, for metrics and errors
	remove  func(ctx context.Context, tx outbound.Repositories, now time.Time, limit int) (int, error)
	removed atomic.Int64
}
