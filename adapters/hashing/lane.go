package hashing

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/plinto/plinto/ports/outbound"
)

// lane bounds how many hashes are made at a time, and how many callers wait
// for one. Those who wait are served in the order they came.
type lane struct {
	workers int
	queue   int
	timeout time.Duration
	slots   *semaphore.Weighted

	mu      sync.Mutex
	working int
	waiting int
	average time.Duration // of a hash; 0 before the first
	refused uint64
}

func newLane(workers, queue int, timeout time.Duration) *lane {
	return &lane{workers: workers, queue: queue, timeout: timeout, slots: semaphore.NewWeighted(int64(workers))}
}

// Stats is how busy a Hasher is.
type Stats struct {
	Working int    // hashes being made
	Waiting int    // callers waiting for a worker
	Refused uint64 // callers refused since the start, at once or after waiting
}

func (l *lane) stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Stats{Working: l.working, Waiting: l.waiting, Refused: l.refused}
}

// do runs work on the caller's goroutine when a worker is free. Work that has
// begun is not given up: there is no stopping a hash.
func (l *lane) do(ctx context.Context, work func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !l.slots.TryAcquire(1) {
		if err := l.wait(ctx); err != nil {
			return err
		}
	}
	defer l.slots.Release(1)
	l.began()
	begin := time.Now() // to measure by, not to tell the time
	defer func() { l.ended(time.Since(begin)) }()
	return work()
}

// wait takes a place in the queue until a worker is free.
func (l *lane) wait(ctx context.Context) error {
	l.mu.Lock()
	if l.waiting >= l.queue {
		l.mu.Unlock()
		return l.busy()
	}
	l.waiting++
	l.mu.Unlock()

	patience, stop := ctx, context.CancelFunc(func() {})
	if l.timeout > 0 {
		patience, stop = context.WithTimeout(ctx, l.timeout)
	}
	defer stop()
	err := l.slots.Acquire(patience, 1)

	l.mu.Lock()
	l.waiting--
	l.mu.Unlock()
	if err == nil {
		return nil
	}
	if ended := ctx.Err(); ended != nil {
		return ended
	}
	return l.busy()
}

// busy refuses a caller, for as long as a full queue takes to empty, in whole
// seconds.
func (l *lane) busy() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused++
	empty := l.average * time.Duration(l.queue) / time.Duration(l.workers)
	return &outbound.BusyError{RetryAfter: max(time.Second, (empty + time.Second - 1).Truncate(time.Second))}
}

func (l *lane) began() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.working++
}

// ended counts a hash into the average, by an eighth: hashes take the same time
// each, but for how busy the machine is.
func (l *lane) ended(took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.working--
	if l.average == 0 {
		l.average = took
		return
	}
	l.average += (took - l.average) / 8
}
