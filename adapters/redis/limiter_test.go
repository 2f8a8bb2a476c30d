package redis_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/redis"
	"github.com/plinto/plinto/core/limit"
	"github.com/plinto/plinto/ports/outbound"
	"github.com/plinto/plinto/ports/porttest"
)

func TestLimiterOnAServer(t *testing.T) { testLimiter(t, standalone(t)) }

func TestLimiterOnACluster(t *testing.T) { testLimiter(t, cluster(t)) }

func TestLimiterOnAClusterKnownByOneNode(t *testing.T) {
	first, _, _ := strings.Cut(cluster(t), ",")
	testLimiter(t, first)
}

func testLimiter(t *testing.T, url string) {
	porttest.Limiter(t, func(t *testing.T, clock *porttest.Clock) outbound.Limiter {
		return redis.NewLimiter(open(t, url, generous), redis.LimiterOptions{Prefix: prefix(), Clock: clock})
	})
}

func TestTheServersClockAndTheEndOfABucket(t *testing.T) {
	server := bare(t, standalone(t))
	p := prefix()
	l := redis.NewLimiter(open(t, standalone(t), generous), redis.LimiterOptions{Prefix: p})
	hour := limit.Rule{Name: "hour", Quota: 2, Window: time.Hour}
	c := charge("2001:db8::1", hour, limit.Rule{Name: "day", Quota: 5, Window: 24 * time.Hour})
	require.Equal(t, 1, take(t, l, c)[0][0].Remaining)
	d := take(t, l, c)[0][0]
	require.True(t, d.Allowed)
	require.Zero(t, d.Remaining)
	require.LessOrEqual(t, d.ResetAfter, time.Hour)
	refused := take(t, l, c)[0][0]
	require.False(t, refused.Allowed)
	require.LessOrEqual(t, refused.RetryAfter, 30*time.Minute)
	require.Positive(t, refused.RetryAfter)

	name := p + "{address:2001:db8::1}:hour:2:1h0m0s"
	lives, err := server.Do(t.Context(), server.B().Pttl().Key(name).Build()).AsInt64()
	require.NoError(t, err)
	require.Positive(t, lives)
	require.LessOrEqual(t, time.Duration(lives)*time.Millisecond, d.ResetAfter+time.Millisecond, "a bucket goes when it is empty")
	require.Greater(t, time.Duration(lives)*time.Millisecond, 30*time.Minute, "and not before")
	arrival, err := server.Do(t.Context(), server.B().Get().Key(name).Build()).ToString()
	require.NoError(t, err)
	require.Regexp(t, `^\d{16}$`, arrival, "an instant to the microsecond")
}

func TestAServerThatForgotTheScript(t *testing.T) {
	server := bare(t, standalone(t))
	l := redis.NewLimiter(open(t, standalone(t), generous), redis.LimiterOptions{Prefix: prefix()})
	rule := limit.Rule{Name: "r", Quota: 10, Window: time.Hour}
	for left := 9; left >= 0; left -= 2 {
		require.NoError(t, server.Do(t.Context(), server.B().ScriptFlush().Build()).Error())
		d := take(t, l, charge("a", rule), charge("b", rule), charge("a", rule))
		require.Equal(t, []int{left, left - 1}, []int{d[0][0].Remaining, d[2][0].Remaining})
	}
}

func TestThreeSubjectsAreOneRoundTrip(t *testing.T) {
	proxy := startProxy(t, standalone(t))
	l := redis.NewLimiter(open(t, proxy.url(), generous), redis.LimiterOptions{Prefix: prefix()})
	rules := []limit.Rule{{Name: "a", Quota: 100, Window: time.Hour}, {Name: "b", Quota: 100, Window: time.Minute}}
	charges := []limit.Charge{charge("192.0.2.1", rules...), charge("018f-account", rules...), charge("018f-session", rules...)}
	take(t, l, charges...) // now the script is loaded
	for range 20 {
		before := proxy.turns.Load()
		take(t, l, charges...)
		require.EqualValues(t, 1, proxy.turns.Load()-before)
	}
	before := proxy.turns.Load()
	take(t, l)
	take(t, l, charge("no rules"))
	require.Equal(t, before, proxy.turns.Load(), "nothing to decide, nothing to ask")
}

func TestKeysOfAnotherKindAreNoDecision(t *testing.T) {
	server := bare(t, standalone(t))
	p := prefix()
	l := redis.NewLimiter(open(t, standalone(t), generous), redis.LimiterOptions{Prefix: p})
	rule := limit.Rule{Name: "r", Quota: 1, Window: time.Hour}
	require.NoError(t, server.Do(t.Context(), server.B().Set().Key(p+"{address:a}:r:1:1h0m0s").Value("not a number").ExSeconds(60).Build()).Error())
	require.True(t, limit.Allowed(take(t, l, charge("a", rule))[0]), "what is no arrival is none")
	require.False(t, limit.Allowed(take(t, l, charge("a", rule))[0]))
}

func TestAServerThatRefusesWritesDecidesNothing(t *testing.T) {
	url := standalone(t)
	server := bare(t, url)
	name := "plinto-" + rand.Text()
	require.NoError(t, server.Do(t.Context(), server.B().Arbitrary("ACL", "SETUSER", name, "on", ">p@ss/word", "~*", "+@all", "-set").Build()).Error())
	t.Cleanup(func() {
		server.Do(context.Background(), server.B().Arbitrary("ACL", "DELUSER", name).Build())
	})
	with := strings.Replace(url, "://", "://"+name+":p%40ss%2Fword@", 1)
	l := redis.NewLimiter(open(t, with, generous), redis.LimiterOptions{Prefix: prefix()})
	require.NoError(t, l.Health(t.Context()).Err, "the user and the password are right")
	_, err := l.Take(t.Context(), []limit.Charge{charge("a", limit.Rule{Name: "r", Quota: 1, Window: time.Hour})})
	require.ErrorIs(t, err, outbound.ErrUnavailable)
	var answered *rueidis.RedisError
	require.ErrorAs(t, err, &answered)
}

func BenchmarkLimiter(b *testing.B) {
	c, err := redis.Open(b.Context(), redis.Options{URL: standalone(b), Timeout: generous})
	require.NoError(b, err)
	defer c.Close()
	l := redis.NewLimiter(c, redis.LimiterOptions{Prefix: prefix()})
	rules := []limit.Rule{{Name: "minute", Quota: 60, Window: time.Minute}, {Name: "hour", Quota: 1000, Window: time.Hour}}
	charges := []limit.Charge{charge("192.0.2.1", rules...), charge("account", rules[:1]...)}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			_, _ = l.Take(b.Context(), charges)
		}
	})
}
