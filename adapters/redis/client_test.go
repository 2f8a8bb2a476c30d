package redis_test

import (
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/redis"
	"github.com/plinto/plinto/core/limit"
	"github.com/plinto/plinto/ports/outbound"
)

const (
	// short is a timeout that a silent server is meant to exceed.
	short = 50 * time.Millisecond
	// soon is far above any timeout here, and far below waiting for ever.
	soon = 20 * time.Second
)

var once = limit.Rule{Name: "once", Quota: 1, Window: time.Hour}

// refusing is an address where nobody listens.
func refusing(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return "redis://" + l.Addr().String()
}

// silent is an address where somebody listens and says nothing.
func silent(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	return "redis://" + l.Addr().String()
}

func TestARedisThatIsAwayHoldsNothingUp(t *testing.T) {
	for name, away := range map[string]struct{ url, reason string }{
		"refusing":        {refusing(t), "refused"},
		"silent":          {silent(t), "no answer within 50ms"},
		"silent cluster":  {silent(t) + ",127.0.0.1:1", "no answer within 50ms"},
		"nobody's domain": {"redis://plinto.invalid", ""},
	} {
		t.Run(name, func(t *testing.T) {
			l := redis.NewLimiter(open(t, away.url, short), redis.LimiterOptions{})
			var group sync.WaitGroup
			errs := make(chan error, 40)
			for range cap(errs) / 2 {
				group.Go(func() {
					_, err := l.Take(t.Context(), []limit.Charge{charge("a", once)})
					errs <- err
					errs <- l.Health(t.Context()).Err
				})
			}
			group.Wait()
			close(errs)
			for err := range errs {
				require.ErrorIs(t, err, outbound.ErrUnavailable)
				require.ErrorContains(t, err, away.reason)
			}
			require.True(t, l.Health(t.Context()).Shared)
		})
	}
}

func TestAClientThatBeganWithoutRedisFindsIt(t *testing.T) {
	proxy := startProxy(t, standalone(t))
	proxy.cut()
	l := redis.NewLimiter(open(t, proxy.url(), generous), redis.LimiterOptions{Prefix: prefix()})
	_, err := l.Take(t.Context(), []limit.Charge{charge("a", once)})
	require.ErrorIs(t, err, outbound.ErrUnavailable)
	proxy.restore()
	require.Eventually(t, func() bool { return l.Health(t.Context()).Err == nil }, soon, time.Millisecond)
	require.True(t, limit.Allowed(take(t, l, charge("a", once))[0]))
	require.False(t, limit.Allowed(take(t, l, charge("a", once))[0]))
}

func TestAClosedClientRefuses(t *testing.T) {
	url := standalone(t)
	c := open(t, url, generous)
	require.NoError(t, c.Health(t.Context()).Err)
	c.Close()
	c.Close()
	require.ErrorIs(t, c.Health(t.Context()).Err, outbound.ErrUnavailable)
}

func TestADatabaseOfItsOwn(t *testing.T) {
	url := standalone(t)
	first := redis.LimiterOptions{Prefix: prefix()}
	zero, seven := redis.NewLimiter(open(t, url, generous), first), redis.NewLimiter(open(t, url+"/7", generous), first)
	require.True(t, limit.Allowed(take(t, zero, charge("a", once))[0]))
	require.True(t, limit.Allowed(take(t, seven, charge("a", once))[0]))
	require.False(t, limit.Allowed(take(t, zero, charge("a", once))[0]))
}
