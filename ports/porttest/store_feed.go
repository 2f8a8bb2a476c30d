package porttest

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

func testFeed(t *testing.T, h StoreHarness) {
	ctx, store := t.Context(), h.Store
	origin := event.Origin{Tenant: tenant.Default}
	ended := func(when time.Time) event.Event {
		return event.Ended(origin, event.Operator, session.ID(newID()), user.ID(newID()), session.Revoked, when)
	}
	// follow reads on to the end, and gives the subjects of what it met.
	follow := func(mark outbound.Mark, since time.Time, limit int) ([]string, outbound.Mark) {
		t.Helper()
		subjects := []string{}
		for more := true; more; {
			page, err := store.Feed().Revocations(ctx, tenant.Default, since, mark, limit)
			require.NoError(t, err)
			require.LessOrEqual(t, len(page.Events), limit)
			for _, e := range page.Events {
				subjects = append(subjects, e.Subject)
			}
			mark, more = page.Next, page.More
			for _, c := range mark {
				require.True(t, ' ' < c && c <= '~', "a mark is printable ASCII: %q", mark)
			}
		}
		return subjects, mark
	}

	empty, mark := follow("", at, 10)
	require.Empty(t, empty)
	again, _ := follow(mark, at, 10)
	require.Empty(t, again, "nothing happened")

	t.Run("a place in it is one in the shared feed", func(t *testing.T) {
		e := ended(at)
		require.NoError(t, store.Events().Append(ctx, e))
		shared, err := store.SharedFeed().Revocations(ctx, tenant.Default, at, mark, 10)
		require.NoError(t, err)
		require.Len(t, shared.Events, 1)
		require.Equal(t, e, shared.Events[0].Event)
		got, _ := follow(shared.Next, at, 10)
		require.Empty(t, got)
		_, err = store.SharedFeed().Revocations(ctx, tenant.Default, at, "x", 10)
		require.ErrorIs(t, err, outbound.ErrMark)
		mark = shared.Next
	})
	t.Run("it is of the names that matter and of no others", func(t *testing.T) {
		for name, matters := range map[event.Name]bool{
			event.SessionRevoked: true, event.AllSessionsRevoked: true, event.KeyRotated: true, event.KeyRevoked: true,
			event.UserCreated: false, event.SessionCreated: false, event.SessionReuseDetected: false, event.SignInFailed: false,
		} {
			require.NoError(t, store.Events().Append(ctx, event.Event{Tenant: tenant.Default, Name: name, Actor: event.System, Subject: string(name), At: at}))
			got, next := follow(mark, at, 10)
			if matters {
				require.Equal(t, []string{string(name)}, got)
			} else {
				require.Empty(t, got)
			}
			mark = next
		}
	})
	t.Run("everything of an event comes with it", func(t *testing.T) {
		e := ended(at)
		require.NoError(t, store.Events().Append(ctx, e))
		page, err := store.Feed().Revocations(ctx, tenant.Default, at, mark, 10)
		require.NoError(t, err)
		require.Len(t, page.Events, 1)
		require.Equal(t, e, page.Events[0].Event)
		mark = page.Next
	})
	t.Run("reading on in pages misses none and repeats none", func(t *testing.T) {
		for _, limit := range []int{1, 3, 7, 8} {
			var want []string
			var list []event.Event
			for range 7 {
				e := ended(at)
				want, list = append(want, e.Subject), append(list, e)
			}
			require.NoError(t, store.Events().Append(ctx, list[:4]...))
			require.NoError(t, store.Events().Append(ctx, list[4:]...))
			got, next := follow(mark, at, limit)
			require.Equal(t, want, got)
			mark = next
		}
	})
	t.Run("what is committed between two pages comes as well", func(t *testing.T) {
		var want []string
		for range 3 {
			e := ended(at)
			want = append(want, e.Subject)
			require.NoError(t, store.Events().Append(ctx, e))
		}
		page, err := store.Feed().Revocations(ctx, tenant.Default, at, mark, 2)
		require.NoError(t, err)
		require.Len(t, page.Events, 2)
		require.True(t, page.More)
		late := ended(at)
		require.NoError(t, store.Events().Append(ctx, late))
		rest, next := follow(page.Next, at, 2)
		last, next := follow(next, at, 2)
		require.Equal(t, append(want[2:], late.Subject), append(rest, last...))
		mark = next
	})
	t.Run("it begins with a time", func(t *testing.T) {
		old, edge := ended(at.Add(time.Hour-time.Microsecond)), ended(at.Add(time.Hour))
		recent := ended(at.Add(2 * time.Hour))
		require.NoError(t, store.Events().Append(ctx, old, edge, recent))
		got, next := follow("", at.Add(time.Hour), 10)
		require.Contains(t, got, edge.Subject)
		require.Contains(t, got, recent.Subject)
		require.NotContains(t, got, ended(at).Subject)
		nothing, _ := follow(next, at.Add(time.Hour), 10)
		require.Empty(t, nothing)
		nothing, next = follow("", at.Add(3*time.Hour), 10)
		require.Empty(t, nothing)
		e := ended(at.Add(3 * time.Hour))
		require.NoError(t, store.Events().Append(ctx, e))
		got, mark = follow(next, at.Add(3*time.Hour), 10)
		require.Equal(t, []string{e.Subject}, got)
	})
	t.Run("another tenant has a feed of its own", func(t *testing.T) {
		page, err := store.Feed().Revocations(ctx, tenant.ID{9}, at.Add(-time.Hour), "", 10)
		require.NoError(t, err)
		require.Empty(t, page.Events)
	})
	t.Run("a mark that was never given", func(t *testing.T) {
		for _, text := range []string{
			"x", "/", "1", "//", "1/2/3", "////", "-/1:1:/1:1:/0/0", "1/1:1/1:1:/0/0", "1/2:1:/1:1:/0/0", "1/1:1:x//0/0", "1/0:1://0/0",
			"1/1:9:5,4//0/0", "1/1:4294967296://0/0", "1/4294967296:4294967297://0/0", "1/1:3:3//0/0", "1/1:1://x/0", "1/1:1://0/x", "' OR 1=1", strings.Repeat("9", 1<<17), string(mark) + "x", "x" + string(mark),
		} {
			_, err := store.Feed().Revocations(ctx, tenant.Default, at, outbound.Mark(text), 10)
			require.ErrorIs(t, err, outbound.ErrMark, "%.40q", text)
		}
	})
	t.Run("what a session's end writes", func(t *testing.T) {
		ann := register(t, store, "ann@example.com", "")
		require.NoError(t, store.Sessions().End(ctx, ending(ann.Session, session.SignedOut)))
		got, _ := follow(mark, at, 10)
		require.Equal(t, []string{event.OfSession(ann.Session.ID)}, got)
	})
}
