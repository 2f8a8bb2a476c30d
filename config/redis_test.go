package config_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/config"
)

func TestRedis(t *testing.T) {
	const timeout = 100 * time.Millisecond
	for _, c := range []struct {
		address  string
		want     config.Redis
		redacted string
	}{
		{"redis://cache", config.Redis{URL: "redis://cache:6379", Hosts: []string{"cache:6379"}}, "redis://cache:6379"},
		{" redis://cache:6380/ ", config.Redis{URL: "redis://cache:6380/", Hosts: []string{"cache:6380"}}, "redis://cache:6380/"},
		{"REDISS://ann:p%2Fw@cache/3", config.Redis{URL: "rediss://ann:p%2Fw@cache:6379/3", Hosts: []string{"cache:6379"}, TLS: true, Username: "ann", Password: "p/w", Database: 3}, "rediss://cache:6379/3"},
		{"redis://:p@w@[::1]/0", config.Redis{URL: "redis://:p%40w@[::1]:6379/0", Hosts: []string{"[::1]:6379"}, Password: "p@w"}, "redis://[::1]:6379/0"},
		{"redis://ann@h1:1,h2:2,h3", config.Redis{URL: "redis://ann@h1:1,h2:2,h3:6379", Hosts: []string{"h1:1", "h2:2", "h3:6379"}, Username: "ann"}, "redis://h1:1,h2:2,h3:6379"},
		{"redis://h1,h2/0", config.Redis{URL: "redis://h1:6379,h2:6379/0", Hosts: []string{"h1:6379", "h2:6379"}}, "redis://h1:6379,h2:6379/0"},
	} {
		c.want.Timeout = timeout
		got := load(t, "REDIS_URL="+c.address).Redis
		require.Equal(t, c.want, got, c.address)
		require.Equal(t, c.redacted, got.Redacted(), c.address)
		require.True(t, got.Configured())
	}
	require.False(t, load(t).Redis.Configured())
}

func TestRedisRefused(t *testing.T) {
	for _, address := range []string{
		"cache:6379", "memcached://cache", "redis://", "redis:///0", "redis://:hunter2@", "redis://cache/x", "redis://cache/-1", "redis://cache/0/1", "redis://cache/65536",
		"redis://cache?db=1", "redis://cache:port", "redis://h1,,h2", "redis+sentinel://cache", "redis+unix:///run/redis.sock", "redis://:hunter2#x@cache", "redis://:hunt%er2@cache",
	} {
		require.Equal(t, "REDIS_URL: is not the address of a Redis server; write redis://user:password@host:6379/0, rediss:// for TLS, hosts with commas between for a cluster, "+
			"without parameters and with percent-encoding for special characters in the password", refused(t, "REDIS_URL="+address), address)
	}
	require.Equal(t, "REDIS_URL: names a database of a cluster, which has only number 0; leave the number out", refused(t, "REDIS_URL=redis://h1,h2/1"))
}
