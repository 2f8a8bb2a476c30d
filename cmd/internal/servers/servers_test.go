package servers_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/rueidis"
	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/cmd/internal/servers"
)

// needsServers leaves a test out where nobody asked for servers: it starts its
// own, but what it needs for that may not be installed.
func needsServers(t *testing.T) {
	if os.Getenv(servers.PostgresVariable) == "" {
		t.Skip(servers.PostgresVariable + " is unset")
	}
}

func query(ctx context.Context, address, sql string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return "", err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var answer string
	err = conn.QueryRow(ctx, sql).Scan(&answer)
	return answer, err
}

// One server for all of its life, because making one takes a second.
func TestPostgres(t *testing.T) {
	needsServers(t)
	server, err := servers.StartPostgres(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	address := server.Address()
	exec := func(t *testing.T, sql string) {
		_, err := query(t.Context(), address, sql)
		require.ErrorIs(t, err, pgx.ErrNoRows)
	}

	t.Run("demands its password", func(t *testing.T) {
		config, err := pgx.ParseConfig(address)
		require.NoError(t, err)
		config.Password = "guessed"
		_, err = pgx.ConnectConfig(t.Context(), config)
		require.ErrorContains(t, err, "28P01")
	})
	t.Run("as a given one needs a role that may create databases", func(t *testing.T) {
		exec(t, "CREATE ROLE plain LOGIN PASSWORD 'plain'")
		_, host, _ := strings.Cut(address, "@")
		t.Setenv(servers.PostgresVariable, "postgres://plain:plain@"+host)
		_, err = servers.Start(t.Context(), servers.Wanted{Postgres: true})
		require.ErrorContains(t, err, servers.PostgresVariable)
		require.ErrorContains(t, err, "may not create databases")
	})
	t.Run("comes back with its data after a stop", func(t *testing.T) {
		exec(t, "CREATE TABLE kept AS SELECT 'still here' AS what")
		require.NoError(t, server.Stop())
		_, err = query(t.Context(), address, "SELECT 'up'")
		require.ErrorContains(t, err, "refused")
		require.NoError(t, server.Start(t.Context()))
		require.Equal(t, address, server.Address())
		what, err := query(t.Context(), address, "SELECT what FROM kept")
		require.NoError(t, err)
		require.Equal(t, "still here", what)
	})
	t.Run("freezes open connections while it is paused", func(t *testing.T) {
		conn, err := pgx.Connect(t.Context(), address)
		require.NoError(t, err)
		defer conn.Close(context.Background())
		require.NoError(t, server.Pause())
		answered := make(chan error, 1)
		go func() {
			_, err := conn.Exec(t.Context(), "SELECT 1")
			answered <- err
		}()
		select {
		case err := <-answered:
			t.Fatalf("a paused server answered: %v", err)
		case <-time.After(200 * time.Millisecond):
		}
		require.NoError(t, server.Resume())
		require.NoError(t, <-answered)
	})
	t.Run("leaves nothing behind, even when it was paused", func(t *testing.T) {
		dir, err := query(t.Context(), address, "SHOW data_directory")
		require.NoError(t, err)
		require.DirExists(t, dir)
		require.NoError(t, server.Pause())
		require.NoError(t, server.Close())
		require.NoDirExists(t, strings.TrimSuffix(dir, "/data"))
		require.NoError(t, server.Close(), "closing twice does nothing")
		require.Error(t, server.Start(t.Context()))
	})
}

func TestRedisStopsAndComesBackEmpty(t *testing.T) {
	needsServers(t)
	server, err := servers.StartRedis(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	option, err := rueidis.ParseURL(server.Address())
	require.NoError(t, err)
	option.DisableCache = true
	connect := func() rueidis.Client {
		client, err := rueidis.NewClient(option)
		require.NoError(t, err)
		return client
	}
	client := connect()
	require.NoError(t, client.Do(t.Context(), client.B().Set().Key("k").Value("v").Build()).Error())
	client.Close()

	require.NoError(t, server.Stop())
	_, err = rueidis.NewClient(option)
	require.ErrorContains(t, err, "refused")

	require.NoError(t, server.Start(t.Context()))
	client = connect()
	defer client.Close()
	require.True(t, rueidis.IsRedisNil(client.Do(t.Context(), client.B().Get().Key("k").Build()).Error()))
}

func TestRedisClusterServesAllSlots(t *testing.T) {
	needsServers(t)
	server, err := servers.StartRedisCluster(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	nodes := strings.Split(server.Address(), ",")
	require.Len(t, nodes, 3)

	spread := func() {
		client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: nodes[:1], DisableCache: true})
		require.NoError(t, err)
		defer client.Close()
		for _, key := range strings.Split("abcdefghijklmnopqrstuvwxyz", "") {
			require.NoError(t, client.Do(t.Context(), client.B().Set().Key(key).Value("v").Build()).Error())
		}
		require.Len(t, client.Nodes(), 3)
	}
	spread()
	require.NoError(t, server.Stop())
	require.NoError(t, server.Start(t.Context()))
	spread()
}

func TestStartUsesGivenAddressesAndLeavesThemRunning(t *testing.T) {
	needsServers(t)
	set, err := servers.Start(t.Context(), servers.Wanted{Postgres: true, Redis: true, RedisCluster: true})
	require.NoError(t, err)
	for _, variable := range []string{servers.PostgresVariable, servers.RedisVariable, servers.RedisClusterVariable} {
		if given := os.Getenv(variable); given != "" {
			require.Contains(t, set.Environ(), variable+"="+given)
		}
	}
	require.Len(t, set.Environ(), 3)
	require.ErrorIs(t, set.Postgres.Stop(), servers.ErrNotOurs)
	require.ErrorIs(t, set.Postgres.Start(t.Context()), servers.ErrNotOurs)
	require.ErrorIs(t, set.Postgres.Pause(), servers.ErrNotOurs)
	require.ErrorIs(t, set.Postgres.Resume(), servers.ErrNotOurs)
	require.NoError(t, set.Stop())
	_, err = query(t.Context(), os.Getenv(servers.PostgresVariable), "SELECT 'up'")
	require.NoError(t, err)
}

func TestGivenAddressThatDoesNotAnswer(t *testing.T) {
	t.Setenv(servers.PostgresVariable, "postgres://127.0.0.1:1/postgres")
	t.Setenv(servers.RedisVariable, "redis://127.0.0.1:1")
	t.Setenv(servers.RedisClusterVariable, "127.0.0.1:1")
	_, err := servers.Start(t.Context(), servers.Wanted{Postgres: true, Redis: true, RedisCluster: true})
	for _, variable := range []string{servers.PostgresVariable, servers.RedisVariable, servers.RedisClusterVariable} {
		require.ErrorContains(t, err, variable)
	}
	t.Setenv(servers.RedisVariable, "ftp://127.0.0.1:1")
	_, err = servers.Start(t.Context(), servers.Wanted{Redis: true})
	require.ErrorContains(t, err, servers.RedisVariable)
}

func TestCancelledStartLeavesNothing(t *testing.T) {
	needsServers(t)
	t.Setenv(servers.PostgresVariable, "")
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("stopped")
	cancel(stopped)
	_, err := servers.Start(ctx, servers.Wanted{Postgres: true})
	require.ErrorIs(t, err, context.Canceled)
}
