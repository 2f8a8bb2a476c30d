package feed

import (
	"sync"
	"time"

	"github.com/plinto/plinto/core/revocation"
)

// tailSize is how many entries are kept for those who follow: who falls further
// behind than that reads the store.
const tailSize = 10_000

// tail is the end of what was read, for those who follow it. Entries are
// numbered in the order in which they were read, from zero.
type tail struct {
	mu      sync.Mutex
	entries []revocation.Entry
	first   int64         // the number of entries[0]
	cursor  string        // goes on behind the last entry; empty before the first reading
	asOf    time.Time     // when the last reading began that was complete
	changed chan struct{} // closed when there is anything new
}

func newTail() *tail { return &tail{changed: make(chan struct{})} }

// add takes in a page of a reading, which ended at a mark.
func (t *tail) add(entries []revocation.Entry, at cursor) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cursor = at.text()
	t.entries = append(t.entries, entries...)
	if over := len(t.entries) - tailSize; over > tailSize {
		// Copied, so that those who still read the old ones may.
		t.entries = append(make([]revocation.Entry, 0, 2*tailSize), t.entries[over:]...)
		t.first += int64(over)
	}
	if len(entries) > 0 {
		t.wake()
	}
}

// complete notes that everything was read that had happened at an instant.
func (t *tail) complete(asOf time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.asOf = asOf
	t.wake()
}

func (t *tail) wake() {
	close(t.changed)
	t.changed = make(chan struct{})
}

// view is what a follower sees of a tail.
type view struct {
	entries []revocation.Entry
	end     int64 // the number of the next entry
	lost    bool  // entries that the follower has not seen are gone
	cursor  string
	asOf    time.Time
	changed <-chan struct{}
}

// since gives the entries from a number on.
func (t *tail) since(number int64) view {
	t.mu.Lock()
	defer t.mu.Unlock()
	v := view{end: t.first + int64(len(t.entries)), lost: number < t.first, cursor: t.cursor, asOf: t.asOf, changed: t.changed}
	if !v.lost {
		n := len(t.entries)
		v.entries = t.entries[number-t.first : n : n]
	}
	return v
}

// end is the number of the next entry.
func (t *tail) end() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.first + int64(len(t.entries))
}
