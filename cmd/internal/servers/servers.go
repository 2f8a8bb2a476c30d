package servers

import (
	"context"
	"errors"
	"io"
	"sync"
)

// The environment variables that carry the addresses: given by a person they
// replace a server of our own, and [Set.Environ] sets them for tests.
const (
	PostgresVariable     = "PLINTO_TEST_POSTGRES"
	RedisVariable        = "PLINTO_TEST_REDIS"
	RedisClusterVariable = "PLINTO_TEST_REDIS_CLUSTER"
)

// Wanted says which servers to start.
type Wanted struct {
	Postgres     bool
	Redis        bool
	RedisCluster bool
	// Notes receives a line when something slow is done, such as installing
	// packages. Nil is silence.
	Notes io.Writer
}

// Set is a group of running servers. A server that was not wanted is nil.
type Set struct {
	Postgres     *Server
	Redis        *Server
	RedisCluster *Server
}

// Start returns when every wanted server answers its protocol. They start side
// by side; when one fails, those that did start are ended before it returns.
// The caller owes the Set a Stop.
func Start(ctx context.Context, wanted Wanted) (*Set, error) {
	set := &Set{}
	slots := map[kind]**Server{}
	if wanted.Postgres {
		slots[postgres] = &set.Postgres
	}
	if wanted.Redis {
		slots[redis] = &set.Redis
	}
	if wanted.RedisCluster {
		slots[redisCluster] = &set.RedisCluster
	}
	sources, err := thisHost().plan(ctx, kindsOf(slots), true, notes(wanted.Notes))
	if err != nil {
		return nil, err
	}
	var group sync.WaitGroup
	errs := make(chan error, len(slots))
	for k, slot := range slots {
		group.Go(func() {
			server, err := open(ctx, k, sources[k])
			*slot = server
			errs <- err
		})
	}
	group.Wait()
	close(errs)
	for e := range errs {
		err = errors.Join(err, e)
	}
	if err != nil {
		return nil, errors.Join(err, set.Stop())
	}
	return set, nil
}

// Environ lists the servers' addresses as NAME=value, under the names tests
// read.
func (s *Set) Environ() []string {
	var environ []string
	for _, v := range []struct {
		name   string
		server *Server
	}{
		{PostgresVariable, s.Postgres},
		{RedisVariable, s.Redis},
		{RedisClusterVariable, s.RedisCluster},
	} {
		if v.server != nil {
			environ = append(environ, v.name+"="+v.server.Address())
		}
	}
	return environ
}

// Stop ends every server and removes its data. Servers whose address was given
// are left as they are. A second Stop does nothing.
func (s *Set) Stop() error {
	var err error
	for _, server := range []*Server{s.Postgres, s.Redis, s.RedisCluster} {
		if server != nil {
			err = errors.Join(err, server.Close())
		}
	}
	return err
}

// StartPostgres starts a PostgreSQL server of the caller's own, whatever the
// environment gives, so that it may be stopped and started again. Its address
// is the URL of a superuser.
func StartPostgres(ctx context.Context) (*Server, error) { return own(ctx, postgres) }

// StartRedis starts a Redis server of the caller's own, like [StartPostgres].
// Its address is a redis:// URL; it forgets everything when it stops.
func StartRedis(ctx context.Context) (*Server, error) { return own(ctx, redis) }

// StartRedisCluster starts a Redis Cluster of three masters, like
// [StartRedis]. Its address is a comma-separated list of host:port.
func StartRedisCluster(ctx context.Context) (*Server, error) { return own(ctx, redisCluster) }

func own(ctx context.Context, k kind) (*Server, error) {
	sources, err := thisHost().plan(ctx, []kind{k}, false, notes(nil))
	if err != nil {
		return nil, err
	}
	return open(ctx, k, sources[k])
}

func open(ctx context.Context, k kind, from source) (*Server, error) {
	switch k {
	case postgres:
		return openPostgres(ctx, from)
	case redis:
		return openRedis(ctx, from)
	default:
		return openRedisCluster(ctx, from)
	}
}
