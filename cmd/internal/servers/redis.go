package servers

import (
	"context"
	"fmt"
	"os"
	"os/user"
	"strconv"
	"time"

	"github.com/redis/rueidis"
)

func openRedis(ctx context.Context, from source) (*Server, error) {
	switch {
	case from.given != "":
		return useGiven(ctx, RedisVariable, from.given, answersPing(from.given))
	case from.docker:
		return dockerRedis(ctx, thisHost())
	default:
		return localRedis(ctx, from.local)
	}
}

func localRedis(ctx context.Context, program string) (*Server, error) {
	run, err := newRedisProcesses(program, "redis")
	if err != nil {
		return nil, err
	}
	return retryPorts(run, false, func(port int) (*Server, error) {
		run.list[0].args = redisArgs(run.dir, port)
		s := newRedis(port, run)
		return s, s.begin(ctx)
	})
}

// newRedisProcesses prepares one process for each name, in one new directory.
func newRedisProcesses(program string, names ...string) (*processes, error) {
	owner, err := ordinaryUser(os.Geteuid() == 0, user.Lookup)
	if err != nil {
		return nil, err
	}
	dir, err := newDir("redis", owner)
	if err != nil {
		return nil, err
	}
	var list []*process
	for _, name := range names {
		list = append(list, &process{name: name, path: program, dir: dir, owner: owner})
	}
	return newProcesses(dir, list...)
}

func redisArgs(dir string, port int) []string {
	return []string{"--bind", "127.0.0.1", "--port", strconv.Itoa(port), "--dir", dir, "--save", "", "--appendonly", "no"}
}

func dockerRedis(ctx context.Context, h host) (*Server, error) {
	return onFreePort(func(port int) (*Server, error) {
		run, err := newContainer(h, "redis", "--publish", loopback(port)+":6379", redisImage,
			"redis-server", "--save", "", "--appendonly", "no")
		if err != nil {
			return nil, err
		}
		s := newRedis(port, run)
		return s, s.begin(ctx)
	})
}

func newRedis(port int, run runner) *Server {
	address := "redis://" + loopback(port)
	return &Server{address: address, ready: answersPing(address), runner: run}
}

// answersPing is the readiness of a Redis server.
func answersPing(address string) func(context.Context) error {
	return func(ctx context.Context) error {
		option, err := rueidis.ParseURL(address)
		if err != nil {
			return err
		}
		return withRedis(option, func(c rueidis.Client) error {
			ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
			defer cancel()
			return c.Do(ctx, c.B().Ping().Build()).Error()
		})
	}
}

// withRedis lends a connection to one server, not to the cluster it may be
// part of.
func withRedis(option rueidis.ClientOption, use func(rueidis.Client) error) error {
	option.ForceSingleClient = true
	option.DisableCache = true
	option.Dialer.Timeout = 5 * time.Second
	option.ConnWriteTimeout = 5 * time.Second
	client, err := rueidis.NewClient(option)
	if err != nil {
		return fmt.Errorf("redis: %w", err)
	}
	defer client.Close()
	return use(client)
}
