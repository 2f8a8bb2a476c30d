package memory

import "github.com/plinto/plinto/ports/outbound"

// NewSmallLimiter gives a limiter with room for so many buckets a shard.
func NewSmallLimiter(clock outbound.Clock, perShard int) *Limiter { return newLimiter(clock, perShard) }

// Shards is how many shards there are.
const Shards = shards

// Buckets counts the buckets that are kept.
func (l *Limiter) Buckets() int {
	n := 0
	for i := range l.shards {
		s := &l.shards[i]
		s.mu.Lock()
		if len(s.index) != len(s.entries) {
			panic("the index does not match the entries")
		}
		n += len(s.entries)
		s.mu.Unlock()
	}
	return n
}
