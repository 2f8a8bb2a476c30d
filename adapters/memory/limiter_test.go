package memory_test

import (
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/memory"
	"github.com/plinto/plinto/core/limit"
	"github.com/plinto/plinto/ports/outbound"
	"github.com/plinto/plinto/ports/porttest"
)

func TestLimiter(t *testing.T) {
	porttest.Limiter(t, func(_ *testing.T, clock *porttest.Clock) outbound.Limiter { return memory.NewLimiter(clock) })
}

// charge is one request of an address under the rules that every address has.
func charge(key int) []limit.Charge {
	return []limit.Charge{{
		Subject: limit.Subject{Kind: limit.Address, Key: strconv.Itoa(key)},
		Rules:   []limit.Rule{{Name: "minute", Quota: 60, Window: time.Minute}, {Name: "hour", Quota: 1000, Window: time.Hour}},
	}}
}

func take(t *testing.T, l outbound.Limiter, c []limit.Charge) [][]limit.Decision {
	t.Helper()
	d, err := l.Take(t.Context(), c)
	require.NoError(t, err)
	return d
}

func TestBucketsThatRanOutAreForgotten(t *testing.T) {
	clock := porttest.NewClock()
	l := memory.NewLimiter(clock)
	const clients = 5_000
	for i := range clients {
		take(t, l, charge(i))
	}
	require.Equal(t, 2*clients, l.Buckets())

	clock.Advance(4 * time.Second) // one request is back in both windows
	for i := range clients {
		take(t, l, charge(clients+i))
	}
	require.Equal(t, 2*clients, l.Buckets(), "the first crowd is gone when the second has come")

	clock.Advance(4 * time.Second)
	for range 10_000 {
		take(t, l, charge(0))
		take(t, l, []limit.Charge{{Subject: limit.Subject{Kind: limit.Address, Key: "no rules"}}})
		clock.Advance(time.Millisecond)
	}
	require.Less(t, l.Buckets(), 2*clients, "an ordinary client's requests sweep as well")
}

func TestARefusalMakesNoBucket(t *testing.T) {
	l := memory.NewLimiter(porttest.NewClock())
	c := limit.Charge{Subject: limit.Subject{Kind: limit.Address, Key: "a"}, Rules: []limit.Rule{
		{Name: "never", Quota: 0, Window: time.Minute}, {Name: "minute", Quota: 60, Window: time.Minute},
	}}
	require.False(t, limit.Allowed(take(t, l, []limit.Charge{c})[0]))
	require.Zero(t, l.Buckets())
}

func TestAFullLimiterKeepsWhoIsAtTheLimit(t *testing.T) {
	const perShard = 37
	clock := porttest.NewClock()
	l := memory.NewSmallLimiter(clock, perShard)
	guess := func(account int) bool {
		t.Helper()
		return limit.Allowed(take(t, l, []limit.Charge{{
			Subject: limit.Subject{Kind: limit.Account, Key: strconv.Itoa(account)},
			Rules:   []limit.Rule{{Name: "guess", Quota: 5, Window: 5 * time.Minute}},
		}})[0])
	}
	const accounts = 100
	for account := range accounts {
		for range 5 {
			require.True(t, guess(account))
		}
	}
	for i := range 20_000 {
		require.True(t, limit.Allowed(take(t, l, charge(i))[0]), "a newcomer is let in")
	}
	require.LessOrEqual(t, l.Buckets(), perShard*memory.Shards)
	require.Greater(t, l.Buckets(), perShard*memory.Shards*9/10)
	for account := range accounts {
		require.False(t, guess(account), "a crowd does not wash away a limit that was reached")
	}
}

func BenchmarkLimiter(b *testing.B) {
	l := memory.NewLimiter(porttest.NewClock())
	var next atomic.Int64
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		c := charge(int(next.Add(1)))
		for pb.Next() {
			_, _ = l.Take(b.Context(), c)
		}
	})
}

func BenchmarkLimiterNewClients(b *testing.B) {
	clock := porttest.NewClock()
	l := memory.NewLimiter(clock)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		_, _ = l.Take(b.Context(), charge(i))
		i++
	}
}
