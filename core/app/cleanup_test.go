package app_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/app/cleanup"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

const retention = 30 * 24 * time.Hour

// cleaner is a cleanup of the world's, with batches of three, that calls before
// with the number of each batch before it is begun.
func (w *world) cleaner(before func(batch int) error) *cleanup.Service {
	world := w.world
	world.Store = &steppedStore{Store: w.store, before: before}
	return cleanup.New(world, cleanup.Policy{Tenant: tenant.Default, Sessions: retention}, cleanup.Pace{Every: time.Hour, Batch: 3})
}

// steppedStore tells of each transaction before it begins, and can fail it.
type steppedStore struct {
	outbound.Store
	mu     sync.Mutex
	begun  int
	before func(batch int) error
}

func (s *steppedStore) Atomically(ctx context.Context, fn func(context.Context, outbound.Repositories) error) error {
	s.mu.Lock()
	s.begun++
	n := s.begun
	s.mu.Unlock()
	if s.before != nil {
		if err := s.before(n); err != nil {
			return err
		}
	}
	return s.Store.Atomically(ctx, fn)
}

func (w *world) sessionsLeft(of inbound.SignedIn, ended []inbound.SignedIn) (left int) {
	w.t.Helper()
	for _, in := range append(ended, of) {
		_, err := w.store.Store.Sessions().ByID(w.t.Context(), tenant.Default, in.Session.ID)
		if err == nil {
			left++
		} else {
			require.ErrorIs(w.t, err, outbound.ErrNotFound)
		}
	}
	return left
}

// endedSessions gives a live session and eight that have ended.
func (w *world) endedSessions() (live inbound.SignedIn, ended []inbound.SignedIn) {
	w.t.Helper()
	live = w.signUp("ann@example.com")
	for range 8 {
		in := w.signIn("ann@example.com")
		require.NoError(w.t, w.Tokens.SignOut(w.t.Context(), w.caller(), in.Tokens.Access))
		ended = append(ended, in)
	}
	return live, ended
}

func TestSessionsAreRemovedWhenTheyWereOverForLong(t *testing.T) {
	w := newWorld(t)
	live, ended := w.endedSessions()
	c := w.cleaner(nil)
	text := live.Tokens.Refresh
	for w.clock.Now().Before(live.Session.CreatedAt.Add(retention - 2*time.Hour)) {
		text = w.mustRefresh(text).Refresh
		w.clock.Advance(24*time.Hour - time.Second)
		require.NoError(t, c.Sweep(t.Context()))
		require.Equal(t, 9, w.sessionsLeft(live, ended))
	}
	happened, _ := w.happened()

	w.clock.Set(live.Session.CreatedAt.Add(retention - time.Microsecond))
	require.NoError(t, c.Sweep(t.Context()))
	require.Equal(t, 9, w.sessionsLeft(live, ended), "not before its time")
	w.mustRefresh(text)

	w.clock.Set(live.Session.CreatedAt.Add(retention))
	require.NoError(t, c.Sweep(t.Context()))
	require.Equal(t, 1, w.sessionsLeft(live, ended))
	for what, n := range c.Removed() {
		require.Equal(t, map[string]int64{"sessions": 8, "guesses": 2}[what], n, "%s: of nothing else was anything over", what)
	}
	require.EqualValues(t, 8, c.Removed()["sessions"])

	w.clock.Set(live.Session.EndsAt.Add(retention - time.Microsecond))
	require.NoError(t, c.Sweep(t.Context()))
	require.Equal(t, 1, w.sessionsLeft(live, ended), "it could have lived to its end")
	w.clock.Advance(time.Microsecond)
	require.NoError(t, c.Sweep(t.Context()))
	require.Zero(t, w.sessionsLeft(live, ended))

	after, _ := w.happened()
	require.Equal(t, happened, after, "events stay, and removal is none")
	_, err := w.refresh(text)
	requireCode(t, fault.InvalidRefreshToken, err)
}

func TestACrashBetweenBatchesLosesNothing(t *testing.T) {
	w := newWorld(t)
	live, ended := w.endedSessions()
	w.clock.Advance(retention)
	crashed := errors.New("crashed")
	c := w.cleaner(func(batch int) error {
		if batch == 2 {
			return crashed
		}
		return nil
	})
	require.ErrorIs(t, c.Sweep(t.Context()), crashed)
	require.Equal(t, 6, w.sessionsLeft(live, ended), "one batch is gone and two are left")
	require.NoError(t, w.cleaner(nil).Sweep(t.Context()), "another goes on at once: the lease was given back")
	require.Equal(t, 1, w.sessionsLeft(live, ended))
}

func TestOneCleansUpAtATime(t *testing.T) {
	w := newWorld(t)
	live, ended := w.endedSessions()
	w.clock.Advance(retention)
	var asked int
	other := w.cleaner(nil)
	first := w.cleaner(func(batch int) error {
		if batch < 2 {
			return nil
		}
		asked++
		left := w.sessionsLeft(live, ended)
		require.NoError(t, other.Sweep(t.Context()), "it is not its turn, and that is no error")
		require.Equal(t, left, w.sessionsLeft(live, ended))
		return nil
	})
	require.NoError(t, first.Sweep(t.Context()))
	require.Equal(t, 1+len(first.Removed()), asked, "two more batches of sessions, and one of each other job")
	require.EqualValues(t, 8, first.Removed()["sessions"])
	require.Zero(t, other.Removed()["sessions"])
	require.Equal(t, 1, w.sessionsLeft(live, ended))
}

// One that stood still for longer than its lease finds it taken, and removes
// nothing any more.
func TestWhoeverLostTheLeaseStops(t *testing.T) {
	w := newWorld(t)
	live, ended := w.endedSessions()
	w.clock.Advance(retention)
	taken := outbound.Lease{Tenant: tenant.Default, Name: "cleanup", Holder: "another"}
	slow := w.cleaner(func(batch int) error {
		if batch == 2 {
			taken.Now = w.clock.Advance(time.Minute)
			taken.Until = taken.Now.Add(time.Minute)
			require.NoError(t, w.store.Store.Leases().Hold(t.Context(), taken))
		}
		return nil
	})
	require.NoError(t, slow.Sweep(t.Context()))
	require.EqualValues(t, 3, slow.Removed()["sessions"])
	require.Equal(t, 6, w.sessionsLeft(live, ended))
	require.NoError(t, w.cleaner(nil).Sweep(t.Context()))
	require.Equal(t, 6, w.sessionsLeft(live, ended), "the other has it still")
	w.clock.Advance(time.Minute)
	require.NoError(t, w.cleaner(nil).Sweep(t.Context()), "a holder that died is waited for no longer than its lease")
	require.Equal(t, 1, w.sessionsLeft(live, ended))
}

func TestCleanupRunsUntilItIsStopped(t *testing.T) {
	w := newWorld(t)
	live, ended := w.endedSessions()
	w.clock.Advance(retention)
	world := w.world
	again := make(chan struct{})
	world.Store = &steppedStore{Store: w.store, before: func(batch int) error {
		if batch == 8 {
			close(again)
		}
		return nil
	}}
	c := cleanup.New(world, cleanup.Policy{Tenant: tenant.Default, Sessions: retention}, cleanup.Pace{Every: time.Millisecond, Batch: 3})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	<-again
	cancel()
	require.NoError(t, <-done)
	require.Equal(t, 1, w.sessionsLeft(live, ended))

	w.store.away.Store(true)
	requireCode(t, fault.Unavailable, c.Run(t.Context()))
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, c.Run(stopped))
}

func TestASessionThatWasRemovedIsGoneForItsOwner(t *testing.T) {
	w := newWorld(t)
	live, ended := w.endedSessions()
	w.clock.Advance(6 * 24 * time.Hour)
	w.mustRefresh(live.Tokens.Refresh)
	require.Equal(t, session.SignedOut, w.stored(ended[0].Session.ID).EndReason)
	require.NoError(t, w.Cleanup.Sweep(t.Context()), "as the application has it, with no retention in this test")
	_, err := w.Sessions.Get(t.Context(), w.principal(w.signIn("ann@example.com")), ended[0].Session.ID)
	requireCode(t, fault.NotFound, err)
}
