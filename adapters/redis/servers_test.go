package redis_test

import (
	"crypto/rand"
	"os"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/redis"
	"github.com/plinto/plinto/core/limit"
	"github.com/plinto/plinto/ports/outbound"
)

// generous is a timeout that no healthy server exceeds, however busy the
// machine.
const generous = 10 * time.Second

func standalone(t testing.TB) string {
	t.Helper()
	url := os.Getenv("PLINTO_TEST_REDIS")
	if url == "" {
		t.Skip("PLINTO_TEST_REDIS, the redis:// address of a server, is not set")
	}
	return url
}

func cluster(t *testing.T) string {
	t.Helper()
	hosts := os.Getenv("PLINTO_TEST_REDIS_CLUSTER")
	if hosts == "" {
		t.Skip("PLINTO_TEST_REDIS_CLUSTER, the host:port of nodes with commas between, is not set")
	}
	return "redis://" + hosts
}

func open(t *testing.T, url string, timeout time.Duration) *redis.Client {
	t.Helper()
	c, err := redis.Open(t.Context(), redis.Options{URL: url, Timeout: timeout})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// prefix is where a test has Redis for itself.
func prefix() string { return "plinto:test:" + rand.Text() + ":" }

// bare is a connection beside the adapter's, to look at what it did.
func bare(t *testing.T, url string) rueidis.Client {
	t.Helper()
	option, err := rueidis.ParseURL(url)
	require.NoError(t, err)
	option.DisableCache = true
	c, err := rueidis.NewClient(option)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func charge(key string, rules ...limit.Rule) limit.Charge {
	return limit.Charge{Subject: limit.Subject{Kind: limit.Address, Key: key}, Rules: rules}
}

func take(t *testing.T, l outbound.Limiter, charges ...limit.Charge) [][]limit.Decision {
	t.Helper()
	d, err := l.Take(t.Context(), charges)
	require.NoError(t, err)
	return d
}
