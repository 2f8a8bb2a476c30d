package feed

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/client"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/revocation"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

var _ inbound.RevocationLog = (*Service)(nil)

// cursor is a mark of the store's, and whether it stands in the middle of a
// reading: what such a reading has left is not yet all there is.
type cursor struct {
	mark   outbound.Mark
	amidst bool
}

// amidst begins the text of a cursor that stands in the middle. No mark does.
const amidst = "~"

func (c cursor) text() string {
	if c.amidst {
		return amidst + string(c.mark)
	}
	return string(c.mark)
}

func readCursor(text string) cursor {
	mark, within := strings.CutPrefix(text, amidst)
	return cursor{outbound.Mark(mark), within}
}

// Page implements inbound.RevocationLog.
func (s *Service) Page(ctx context.Context, text string, limit int) (inbound.RevocationPage, error) {
	limit = min(max(limit, 1), inbound.MaxRevocationPage)
	at := readCursor(text)
	var out inbound.RevocationPage
	for {
		out.AsOf = s.world.Clock.Now()
		page, err := s.world.Store.SharedFeed().Revocations(ctx, s.policy.Tenant, out.AsOf.Add(-s.policy.Life), at.mark, limit)
		if errors.Is(err, outbound.ErrMark) {
			return inbound.RevocationPage{}, fault.Invalid(fault.CursorInvalid.In("query.cursor"))
		}
		if err != nil {
			return inbound.RevocationPage{}, failure.Of(err)
		}
		entries, err := entriesOf(page.Events)
		if err != nil {
			return inbound.RevocationPage{}, err
		}
		out.Entries = append(out.Entries, entries...)
		// The rest of an earlier reading says nothing of what has happened
		// since that began.
		rest := at.amidst && !page.More
		at = cursor{page.Next, page.More}
		if !rest {
			break
		}
		limit = max(limit-len(page.Events), 1)
	}
	out.Next, out.More, out.MaxAge = at.text(), at.amidst, s.policy.Life
	return out, nil
}

func entriesOf(events []event.Recorded) ([]revocation.Entry, error) {
	var out []revocation.Entry
	for _, e := range events {
		entry, tell, err := revocation.EntryOf(e.Event)
		if err != nil {
			return nil, err
		}
		if tell {
			out = append(out, entry)
		}
	}
	return out, nil
}

// Follow implements inbound.RevocationLog.
func (s *Service) Follow(ctx context.Context, who client.ID, from string) (inbound.RevocationStream, error) {
	if err := s.streams.enter(who, s.policy); err != nil {
		return nil, err
	}
	f := &follower{feed: s, who: who}
	// Whatever comes to the tail from here on is found there, and whatever came
	// before is found in the store.
	f.next = s.tail.end()
	if err := f.read(ctx, from); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// follower implements inbound.RevocationStream.
type follower struct {
	feed   *Service
	who    client.ID
	next   int64                   // the number of the next entry of the tail
	cursor string                  // of what was given last
	held   *inbound.RevocationPage // what was read from the store and not given yet
	behind bool                    // there is more in the store that is not in the tail
	close  sync.Once
}

// read takes a page from the store.
func (f *follower) read(ctx context.Context, from string) error {
	page, err := f.feed.Page(ctx, from, pageSize)
	if err == nil {
		f.held = &page
	}
	return err
}

// Next implements inbound.RevocationStream.
func (f *follower) Next(ctx context.Context) (inbound.RevocationPage, error) {
	beat := time.NewTimer(inbound.Heartbeat)
	defer beat.Stop()
	for due := false; ; {
		if f.behind && f.held == nil {
			if err := f.read(ctx, f.cursor); err != nil {
				return inbound.RevocationPage{}, err
			}
		}
		if page := f.held; page != nil {
			f.held, f.cursor, f.behind = nil, page.Next, page.More
			return *page, nil
		}
		v := f.feed.tail.since(f.next)
		if f.next = v.end; v.lost {
			f.behind = true
			continue
		}
		if len(v.entries) > 0 || due {
			if v.cursor != "" {
				f.cursor = v.cursor
			}
			return inbound.RevocationPage{Entries: v.entries, Next: f.cursor, AsOf: v.asOf, MaxAge: f.feed.policy.Life}, nil
		}
		select {
		case <-ctx.Done():
			return inbound.RevocationPage{}, ctx.Err()
		case <-v.changed:
		case <-beat.C:
			due = true
		}
	}
}

// Close implements inbound.RevocationStream.
func (f *follower) Close() { f.close.Do(func() { f.feed.streams.leave(f.who) }) }

// streams counts those who follow.
type streams struct {
	mu    sync.Mutex
	open  map[client.ID]int
	total int
}

// comeBack is how long those have to wait for whom there is no room.
const comeBack = 5 * time.Second

func (s *streams) enter(who client.ID, p Policy) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.open[who] >= p.StreamsPerClient:
		return fault.New(fault.RateLimited).After(comeBack)
	case s.total >= p.Streams:
		return fault.New(fault.Unavailable).After(comeBack)
	case s.open == nil:
		s.open = map[client.ID]int{}
	}
	s.open[who]++
	s.total++
	return nil
}

func (s *streams) leave(who client.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total--
	if s.open[who]--; s.open[who] == 0 {
		delete(s.open, who)
	}
}
