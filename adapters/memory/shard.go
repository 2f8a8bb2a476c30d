package memory

import (
	"sync"
	"time"

	"github.com/plinto/plinto/core/limit"
)

// inspected is how many buckets each new one has looked at for having run
// out. More than one, so that a shard is swept faster than it fills.
const inspected = 4

// bucket names a bucket. Rules that share a name but not their numbers count
// apart: an arrival means nothing under another rule.
type bucket struct {
	subject limit.Subject
	rule    limit.Rule
}

type entry struct {
	bucket
	arrival int64 // microseconds since the Unix epoch
}

// shard keeps its buckets in a slice, so that a sweep can go on where the last
// one stopped, and their places in a map.
type shard struct {
	mu      sync.Mutex
	entries []entry
	index   map[bucket]int
	cursor  int
	most    int
}

func (s *shard) take(c limit.Charge, now time.Time) []limit.Decision {
	arrivals := make([]int64, len(c.Rules))
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, r := range c.Rules {
		if at, ok := s.index[bucket{c.Subject, r}]; ok {
			arrivals[i] = s.entries[at].arrival
		}
	}
	next, decisions := limit.Take(c.Rules, arrivals, now)
	s.sweep(inspected*max(len(c.Rules), 1), now)
	if limit.Allowed(decisions) {
		for i, r := range c.Rules {
			s.put(bucket{c.Subject, r}, next[i])
		}
	}
	return decisions
}

func (s *shard) giveBack(c limit.Charge, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range c.Rules {
		if at, ok := s.index[bucket{c.Subject, r}]; ok {
			entry := &s.entries[at]
			entry.arrival = limit.GiveBack([]limit.Rule{r}, []int64{entry.arrival}, now)[0]
		}
	}
}

func (s *shard) put(b bucket, arrival int64) {
	if at, ok := s.index[b]; ok {
		s.entries[at].arrival = arrival
		return
	}
	if len(s.entries) >= s.most {
		s.evict()
	}
	s.index[b] = len(s.entries)
	s.entries = append(s.entries, entry{b, arrival})
}

// sweep looks at the next n buckets, all of them at most, and drops those
// whose quota is back: they are the same as none.
func (s *shard) sweep(n int, now time.Time) {
	at := now.UnixMicro()
	for range min(n, len(s.entries)) {
		if s.cursor >= len(s.entries) {
			s.cursor = 0
		}
		if s.entries[s.cursor].arrival <= at {
			s.drop(s.cursor)
		} else {
			s.cursor++
		}
	}
}

// evict makes room in a full shard, where every bucket is in use. Of the next
// few it drops the one whose quota is back soonest. A crowd of new clients thus
// pushes out its own barely used buckets, while one who is at the limit stays
// there; refusing the newcomers would let a crowd lock everybody out, and
// letting them pass uncounted would let it in.
func (s *shard) evict() {
	const sample = 16
	soonest := s.cursor % len(s.entries)
	for i := range min(sample, len(s.entries)) {
		at := (s.cursor + i) % len(s.entries)
		if s.entries[at].arrival < s.entries[soonest].arrival {
			soonest = at
		}
	}
	s.cursor = (s.cursor + sample) % len(s.entries)
	s.drop(soonest)
}

// drop fills the gap with the last entry.
func (s *shard) drop(at int) {
	last := len(s.entries) - 1
	delete(s.index, s.entries[at].bucket)
	if at != last {
		s.entries[at] = s.entries[last]
		s.index[s.entries[at].bucket] = at
	}
	s.entries[last] = entry{}
	s.entries = s.entries[:last]
}
