package redis_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/redis"
)

func TestAddresses(t *testing.T) {
	for url, want := range map[string]struct {
		hosts          []string
		user, password string
		database       int
		tls            bool
	}{
		"redis://localhost":                       {hosts: []string{"localhost:6379"}},
		"redis://localhost/":                      {hosts: []string{"localhost:6379"}},
		"redis://localhost:7000/15":               {hosts: []string{"localhost:7000"}, database: 15},
		"redis://[2001:db8::1]:7000":              {hosts: []string{"[2001:db8::1]:7000"}},
		"redis://[2001:db8::1]":                   {hosts: []string{"[2001:db8::1]:6379"}},
		"rediss://ann:p%40s%3As%2F%25@r.example/": {hosts: []string{"r.example:6379"}, user: "ann", password: "p@s:s/%", tls: true},
		"redis://:secret@r.example":               {hosts: []string{"r.example:6379"}, password: "secret"},
		"redis://ann@r.example":                   {hosts: []string{"r.example:6379"}, user: "ann"},
		"redis://a:pw@one:1,two,[::1]:3/0":        {hosts: []string{"one:1", "two:6379", "[::1]:3"}, user: "a", password: "pw"},
	} {
		t.Run(url, func(t *testing.T) {
			o, err := redis.Options{URL: url}.ClientOption()
			require.NoError(t, err)
			require.Equal(t, want.hosts, o.InitAddress)
			require.Equal(t, want.user, o.Username)
			require.Equal(t, want.password, o.Password)
			require.Equal(t, want.database, o.SelectDB)
			require.Equal(t, want.tls, o.TLSConfig != nil)
		})
	}
}

func TestWrongAddressesAreRefusedWithoutRepeatingThem(t *testing.T) {
	for _, url := range []string{
		"", "localhost:6379", "http://:hunter2@localhost", "redis://", "redis://:hunter2@", "redis://:hunter2@/0",
		"redis://:hunter2@a,,b", "redis://:hunter2@a:port", "redis://:hunter2@a:99999", "redis://:hunter2@2001:db8::1",
		"redis://:hunter2@a/one", "redis://:hunter2@a/-1", "redis://:hunter2@a/0/0", "redis://:hunter2@a?db=1", "redis://:hunter2@a/0?x=1",
		"redis://:hunter2%zz@a", "redis://:hunter2@a,b/1", "redis://:hunter2@a b",
	} {
		_, err := redis.Open(t.Context(), redis.Options{URL: url})
		require.Error(t, err, url)
		require.NotContains(t, err.Error(), "hunter2")
	}
}
