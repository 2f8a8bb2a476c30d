package app_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/client"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/revocation"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// revoke writes that sessions ended, as another instance would.
func (w *world) revoke(numbers ...int) {
	w.t.Helper()
	var events []event.Event
	for _, n := range numbers {
		id := session.ID{byte(n >> 8), byte(n), 0xff}
		events = append(events, event.Ended(event.Origin{Tenant: tenant.Default}, event.Operator, id, user.ID{1}, session.Revoked, w.clock.Now()))
	}
	require.NoError(w.t, w.store.Store.Events().Append(w.t.Context(), events...))
}

func (w *world) page(cursor string, limit int) inbound.RevocationPage {
	w.t.Helper()
	page, err := w.RevocationLog.Page(w.t.Context(), cursor, limit)
	require.NoError(w.t, err)
	require.NotEmpty(w.t, page.Next)
	return page
}

func asFault(err error) *fault.Error {
	f, _ := errors.AsType[*fault.Error](err)
	return f
}

func numbers(entries []revocation.Entry) []int {
	var out []int
	for _, e := range entries {
		out = append(out, int(e.Session[0])<<8|int(e.Session[1]))
	}
	return out
}

func upTo(n int) []int {
	var out []int
	for i := range n {
		out = append(out, i+1)
	}
	return out
}

func TestPagesOfRevocations(t *testing.T) {
	w := newWorld(t)
	w.revoke(900)
	w.clock.Advance(15*time.Minute + 47*time.Second + time.Minute) // no token of then lives
	empty := w.page("", 10)
	require.Empty(t, empty.Entries)
	require.False(t, empty.More)
	require.Equal(t, w.clock.Now(), empty.AsOf)
	require.Equal(t, 15*time.Minute+45*time.Second+time.Minute, empty.MaxAge)

	w.revoke(upTo(5)...)
	first := w.page(empty.Next, 2)
	require.Equal(t, []int{1, 2}, numbers(first.Entries))
	require.True(t, first.More)
	rest := w.page(first.Next, 10)
	require.Equal(t, []int{3, 4, 5}, numbers(rest.Entries))
	require.False(t, rest.More)
	require.Empty(t, w.page(rest.Next, 10).Entries)
	require.Equal(t, upTo(5), numbers(w.page("", 10).Entries), "without a cursor, what still matters")

	for _, wrong := range []string{"x", "~", "~x", "1/2/3", "-"} {
		_, err := w.RevocationLog.Page(t.Context(), wrong, 10)
		if wrong == "~" {
			require.NoError(t, err, "the beginning")
			continue
		}
		requireCode(t, fault.ValidationError, err)
		require.Equal(t, "invalid_cursor", asFault(err).Fields[0].Type)
	}
	w.store.away.Store(true)
	_, err := w.RevocationLog.Page(t.Context(), "", 10)
	requireCode(t, fault.Unavailable, err)
}

// fixedFeed reads what there was when a reading began, as a store does that
// tells transactions apart: what comes meanwhile is for the next reading.
type fixedFeed struct {
	events []event.Recorded
	during int // how many there were when the reading under way began
}

func (f *fixedFeed) Revocations(_ context.Context, _ tenant.ID, _ time.Time, mark outbound.Mark, limit int) (outbound.FeedPage, error) {
	place, amidst := strings.CutSuffix(string(mark), "+")
	from, _ := strconv.Atoi(place)
	if !amidst {
		f.during = len(f.events)
	}
	to := min(from+limit, f.during)
	page := outbound.FeedPage{Events: f.events[from:to], Next: outbound.Mark(strconv.Itoa(to)), More: to-from == limit}
	if page.More {
		page.Next += "+"
	}
	return page, nil
}

// The end of a reading that began earlier is not all there is by now.
func TestAPageThatSaysThereIsNoMoreHasEverything(t *testing.T) {
	w := newWorld(t)
	feed := &fixedFeed{}
	w.store.feed = feed
	add := func(n byte) {
		e := event.Ended(event.Origin{Tenant: tenant.Default}, event.Operator, session.ID{0, n, 0xff}, user.ID{1}, session.Revoked, w.clock.Now())
		feed.events = append(feed.events, event.Recorded{Event: e})
	}
	add(1)
	add(2)
	add(3)
	first := w.page("", 2)
	require.True(t, first.More)
	add(4)
	add(5)
	w.clock.Advance(time.Second)
	second := w.page(first.Next, 10)
	require.False(t, second.More)
	require.Equal(t, []int{3, 4, 5}, numbers(second.Entries))
	require.Equal(t, w.clock.Now(), second.AsOf)
	add(6)
	require.Equal(t, []int{6}, numbers(w.page(second.Next, 10).Entries))
}

func (w *world) follow(who client.ID, cursor string) inbound.RevocationStream {
	w.t.Helper()
	s, err := w.RevocationLog.Follow(w.t.Context(), who, cursor)
	require.NoError(w.t, err)
	w.t.Cleanup(s.Close)
	return s
}

// next gives the next page that has entries, and the pages before it.
func (w *world) next(s inbound.RevocationStream) inbound.RevocationPage {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 10*time.Second)
	defer cancel()
	for {
		page, err := s.Next(ctx)
		require.NoError(w.t, err)
		if len(page.Entries) > 0 {
			return page
		}
	}
}

func TestAStreamTellsWhatTheInstanceReads(t *testing.T) {
	w := newWorld(t)
	w.revoke(1)
	require.NoError(t, w.Revocations.Load(t.Context()))
	a, b := w.follow(client.ID{1}, ""), w.follow(client.ID{2}, "")
	require.Equal(t, []int{1}, numbers(w.next(a).Entries), "what was before, from the store")
	require.Equal(t, []int{1}, numbers(w.next(b).Entries))
	asked := w.store.asked.Load()
	w.revoke(2, 3)
	w.clock.Advance(time.Second)
	require.NoError(t, w.Revocations.Load(t.Context()))
	for _, s := range []inbound.RevocationStream{a, b} {
		page := w.next(s)
		require.Equal(t, []int{2, 3}, numbers(page.Entries))
		require.False(t, page.More)
		require.Empty(t, w.page(page.Next, 10).Entries, "its cursor goes on behind it")
	}
	require.EqualValues(t, 1+2, w.store.asked.Load()-asked, "one reading for both, and the two pages above")

	beat, err := a.Next(t.Context())
	require.NoError(t, err)
	require.Empty(t, beat.Entries)
	require.Equal(t, w.clock.Now(), beat.AsOf)
	require.NotEmpty(t, beat.Next)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = a.Next(ctx)
	require.ErrorIs(t, err, context.Canceled)
}

func TestAStreamGoesOnFromACursor(t *testing.T) {
	w := newWorld(t)
	w.revoke(1, 2)
	cursor := w.page("", 10).Next
	w.revoke(3, 4)
	require.Equal(t, []int{3, 4}, numbers(w.next(w.follow(client.ID{1}, cursor)).Entries))
	_, err := w.RevocationLog.Follow(t.Context(), client.ID{1}, "x")
	requireCode(t, fault.ValidationError, err)
	w.store.away.Store(true)
	_, err = w.RevocationLog.Follow(t.Context(), client.ID{1}, cursor)
	requireCode(t, fault.Unavailable, err)
}

// What lies behind the part that is kept in memory is read from the store.
func TestAStreamThatFellBehindMissesNothing(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.Revocations.Load(t.Context()))
	s := w.follow(client.ID{1}, "")
	_, err := s.Next(t.Context())
	require.NoError(t, err)
	const many = 21_000 // more than an instance holds in memory
	w.revoke(upTo(many)...)
	require.NoError(t, w.Revocations.Load(t.Context()))
	w.revoke(many + 1)
	seen := map[int]bool{}
	for len(seen) < many {
		for _, n := range numbers(w.next(s).Entries) {
			seen[n] = true
		}
	}
	require.NoError(t, w.Revocations.Load(t.Context()))
	for !seen[many+1] {
		for _, n := range numbers(w.next(s).Entries) {
			seen[n] = true
		}
	}
	for n := range many {
		require.True(t, seen[n+1], n)
	}
}

func TestStreamsAreBounded(t *testing.T) {
	w := newWorld(t)
	var open []inbound.RevocationStream
	for range 100 {
		open = append(open, w.follow(client.ID{1}, ""))
	}
	_, err := w.RevocationLog.Follow(t.Context(), client.ID{1}, "")
	requireCode(t, fault.RateLimited, err)
	require.Positive(t, asFault(err).RetryAfter)
	for n := range 9 {
		for range 100 {
			w.follow(client.ID{byte(2 + n)}, "")
		}
	}
	_, err = w.RevocationLog.Follow(t.Context(), client.ID{99}, "")
	requireCode(t, fault.Unavailable, err)
	open[0].Close()
	open[0].Close()
	w.follow(client.ID{99}, "")
	_, err = w.RevocationLog.Follow(t.Context(), client.ID{99}, "")
	requireCode(t, fault.Unavailable, err) // a place is given back once
}

// A stream that could not begin takes no place.
func TestAStreamThatFailsTakesNoPlace(t *testing.T) {
	w := newWorld(t)
	for range 200 {
		_, err := w.RevocationLog.Follow(t.Context(), client.ID{1}, "x")
		requireCode(t, fault.ValidationError, err)
	}
	w.follow(client.ID{1}, "")
}
