package redis_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/memory"
	"github.com/plinto/plinto/adapters/redis"
	"github.com/plinto/plinto/core/limit"
	"github.com/plinto/plinto/ports/outbound"
	"github.com/plinto/plinto/ports/porttest"
)

// watched counts what a limiter is asked, and can be made to fail.
type watched struct {
	outbound.Limiter
	asked atomic.Int64
	last  atomic.Pointer[[]limit.Charge]
	fail  atomic.Pointer[error]
	hold  chan struct{} // when set, a call that fails waits for it first
}

func (w *watched) Take(ctx context.Context, charges []limit.Charge) ([][]limit.Decision, error) {
	w.last.Store(&charges)
	w.asked.Add(1)
	if err := w.fail.Load(); err != nil {
		if w.hold != nil {
			<-w.hold
		}
		return nil, *err
	}
	return w.Limiter.Take(ctx, charges)
}

func (w *watched) breakWith(err error) { w.fail.Store(&err) }

// changes remembers what OnChange was called with.
type changes struct {
	mu  sync.Mutex
	all []error
}

func (c *changes) add(healthy bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if healthy != (err == nil) {
		panic("healthy with an error, or lost without")
	}
	c.all = append(c.all, err)
}

func (c *changes) list() []error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]error(nil), c.all...)
}

// run keeps f.Run going until the test ends.
func run(t *testing.T, f *redis.Failover) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
}

func TestFailoverIsALimiter(t *testing.T) {
	porttest.Limiter(t, func(_ *testing.T, clock *porttest.Clock) outbound.Limiter {
		return redis.NewFailover(memory.NewLimiter(clock), nil, redis.FailoverOptions{})
	})
}

func TestTheLocalLimiterTakesOverAndGivesBack(t *testing.T) {
	clock := porttest.NewClock()
	primary := &watched{Limiter: memory.NewLimiter(clock)}
	var seen changes
	f := redis.NewFailover(primary, memory.NewLimiter(clock), redis.FailoverOptions{OnChange: seen.add, RetryEvery: time.Millisecond})
	require.NoError(t, f.Health(t.Context()).Err)
	require.True(t, limit.Allowed(take(t, f, charge("a", once))[0]))

	gone := errors.New("gone")
	primary.breakWith(gone)
	require.True(t, limit.Allowed(take(t, f, charge("a", once))[0]), "the local limiter begins to count")
	require.False(t, limit.Allowed(take(t, f, charge("a", once))[0]), "and is not open")
	require.EqualValues(t, 2, primary.asked.Load(), "the primary is not asked again")
	require.Equal(t, []error{gone}, seen.list())
	require.ErrorIs(t, f.Health(t.Context()).Err, gone)

	run(t, f)
	require.Eventually(t, func() bool { return primary.asked.Load() > 5 }, soon, time.Millisecond, "it is looked for")
	probe := *primary.last.Load()
	require.Len(t, probe, 1)
	require.Equal(t, charge("a").Subject, probe[0].Subject, "where it was lost")
	require.NotEqual(t, once.Name, probe[0].Rules[0].Name, "and at nobody's cost")
	require.Equal(t, []error{gone}, seen.list(), "a look that fails is no change")

	primary.fail.Store(nil)
	require.Eventually(t, func() bool { return len(seen.list()) == 2 }, soon, time.Millisecond)
	require.Equal(t, []error{gone, nil}, seen.list())
	require.NoError(t, f.Health(t.Context()).Err)
	require.False(t, limit.Allowed(take(t, f, charge("a", once))[0]), "the primary remembers")

	primary.breakWith(gone)
	take(t, f, charge("a", once))
	primary.fail.Store(nil)
	require.Eventually(t, func() bool { return len(seen.list()) == 4 }, soon, time.Millisecond, "as often as it takes")
}

func TestAnAnswerThatComesLateChangesNothing(t *testing.T) {
	clock := porttest.NewClock()
	primary := &watched{Limiter: memory.NewLimiter(clock), hold: make(chan struct{})}
	var seen changes
	f := redis.NewFailover(primary, memory.NewLimiter(clock), redis.FailoverOptions{OnChange: seen.add, RetryEvery: time.Millisecond})
	primary.breakWith(errors.New("gone"))
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() { _, _ = f.Take(context.Background(), []limit.Charge{charge("a", once)}) })
	}
	require.Eventually(t, func() bool { return primary.asked.Load() == 2 }, soon, time.Millisecond)
	primary.hold <- struct{}{} // the first of them learns that the primary is gone
	require.Eventually(t, func() bool { return len(seen.list()) == 1 }, soon, time.Millisecond)
	primary.fail.Store(nil)
	run(t, f)
	require.Eventually(t, func() bool { return len(seen.list()) == 2 }, soon, time.Millisecond)
	primary.hold <- struct{}{} // the second learns it when that is no longer so
	group.Wait()
	require.Len(t, seen.list(), 2)
	require.NoError(t, f.Health(t.Context()).Err)
}

func TestOneChangeForACrowd(t *testing.T) {
	clock := porttest.NewClock()
	primary := &watched{Limiter: memory.NewLimiter(clock), hold: make(chan struct{})}
	var seen changes
	f := redis.NewFailover(primary, memory.NewLimiter(clock), redis.FailoverOptions{OnChange: seen.add})
	primary.breakWith(errors.New("gone"))
	const crowd = 32
	ten := limit.Rule{Name: "ten", Quota: 10, Window: time.Hour}
	var allowed atomic.Int64
	var group sync.WaitGroup
	for range crowd {
		group.Go(func() {
			d, err := f.Take(context.Background(), []limit.Charge{charge("a", ten)})
			if err == nil && limit.Allowed(d[0]) {
				allowed.Add(1)
			}
		})
	}
	require.Eventually(t, func() bool { return primary.asked.Load() == crowd }, soon, time.Millisecond)
	close(primary.hold)
	group.Wait()
	require.EqualValues(t, 10, allowed.Load())
	require.Len(t, seen.list(), 1)
}

func TestANetworkThatFails(t *testing.T) {
	for name, trouble := range map[string]func(p *proxy){"cut": (*proxy).cut, "silent": (*proxy).silence} {
		t.Run(name, func(t *testing.T) {
			proxy := startProxy(t, standalone(t))
			clock := porttest.NewClock()
			const timeout = 2 * time.Second
			primary := &watched{Limiter: redis.NewLimiter(open(t, proxy.url(), timeout), redis.LimiterOptions{Prefix: prefix(), Clock: clock})}
			var seen changes
			f := redis.NewFailover(primary, memory.NewLimiter(clock), redis.FailoverOptions{OnChange: seen.add, RetryEvery: 10 * time.Millisecond})
			run(t, f)
			for round := range 2 {
				key := string(rune('a' + round))
				crowd := func(quota int64) {
					t.Helper()
					var allowed atomic.Int64
					var group sync.WaitGroup
					rule := limit.Rule{Name: "quota", Quota: 10, Window: time.Hour}
					for range 32 {
						group.Go(func() {
							d, err := f.Take(context.Background(), []limit.Charge{charge(key, rule), charge("other", limit.Rule{Name: "many", Quota: 1000, Window: time.Hour})})
							if err == nil && limit.Allowed(d[0]) {
								allowed.Add(1)
							}
						})
					}
					group.Wait()
					require.Equal(t, quota, allowed.Load())
				}
				crowd(10)
				require.Len(t, seen.list(), 2*round)
				require.NoError(t, f.Health(t.Context()).Err)

				trouble(proxy)
				began := time.Now()
				crowd(10)
				require.Less(t, time.Since(began), soon)
				crowd(0)
				require.Len(t, seen.list(), 2*round+1)
				require.ErrorIs(t, seen.list()[2*round], outbound.ErrUnavailable)
				h := f.Health(t.Context())
				require.True(t, h.Shared)
				require.ErrorIs(t, h.Err, outbound.ErrUnavailable)

				proxy.restore()
				require.Eventually(t, func() bool { return len(seen.list()) == 2*round+2 }, soon, time.Millisecond)
				require.NoError(t, seen.list()[2*round+1])
				crowd(0)
				require.NoError(t, f.Health(t.Context()).Err)
				require.Len(t, seen.list(), 2*round+2)
			}
		})
	}
}
