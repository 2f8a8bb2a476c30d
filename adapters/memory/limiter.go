package memory

import (
	"context"
	"hash/maphash"

	"github.com/plinto/plinto/core/limit"
	"github.com/plinto/plinto/ports/outbound"
)

const (
	// shards is how many parts the buckets are split into, each with a lock of
	// its own, so that callers seldom meet.
	shards = 64
	// bucketsPerShard bounds the memory: about 260,000 buckets in all, some 60
	// MiB at their usual size. A bucket lives only until its quota is back, so
	// this takes tens of thousands of clients at a time.
	bucketsPerShard = 4096
)

// Limiter keeps the buckets of one process. It never fails, waits for nothing
// but a short lock, and forgets a bucket soon after its quota is back.
type Limiter struct {
	clock  outbound.Clock
	seed   maphash.Seed
	shards [shards]shard
}

var _ outbound.Limiter = (*Limiter)(nil)

// NewLimiter gives a limiter without buckets.
func NewLimiter(clock outbound.Clock) *Limiter { return newLimiter(clock, bucketsPerShard) }

func newLimiter(clock outbound.Clock, perShard int) *Limiter {
	l := &Limiter{clock: clock, seed: maphash.MakeSeed()}
	for i := range l.shards {
		l.shards[i] = shard{index: map[bucket]int{}, most: perShard}
	}
	return l
}

// Take decides every charge; the error is always nil. All buckets of a subject
// are in one shard, so its windows are taken together under one lock.
func (l *Limiter) Take(_ context.Context, charges []limit.Charge) ([][]limit.Decision, error) {
	now := l.clock.Now()
	decisions := make([][]limit.Decision, len(charges))
	for i, c := range charges {
		s := &l.shards[maphash.Comparable(l.seed, c.Subject)%shards]
		decisions[i] = s.take(c, now)
	}
	return decisions, nil
}

// GiveBack undoes charges; the error is always nil.
func (l *Limiter) GiveBack(_ context.Context, charges []limit.Charge) error {
	now := l.clock.Now()
	for _, c := range charges {
		l.shards[maphash.Comparable(l.seed, c.Subject)%shards].giveBack(c, now)
	}
	return nil
}

// Health says that there is no shared home, and so nothing that could be away.
func (l *Limiter) Health(context.Context) outbound.LimiterHealth { return outbound.LimiterHealth{} }
