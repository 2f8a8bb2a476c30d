package servers

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"time"
)

// The images Docker runs when nothing else gives the servers.
const (
	postgresImage = "postgres:17-alpine"
	redisImage    = "redis:7-alpine"
)

// container is the runner of a server inside one Docker container. Its port on
// this machine is chosen by us and not by Docker, so that it is the same after
// a stop and a start.
type container struct {
	name  string
	args  []string // of docker run, after the name
	run   func(ctx context.Context, program string, args ...string) (string, error)
	guard *guardian
	made  bool
}

func newContainer(h host, name string, args ...string) (*container, error) {
	name = "plinto-" + name + "-" + strings.ToLower(rand.Text()[:8])
	guard, err := newGuardian("", name)
	if err != nil {
		return nil, err
	}
	return &container{name: name, args: args, run: h.run, guard: guard}, nil
}

func (c *container) start(ctx context.Context) error {
	if c.guard == nil {
		return errors.New("the server has been closed")
	}
	if c.made {
		_, err := c.run(ctx, "docker", "start", c.name)
		return err
	}
	_, err := c.run(ctx, "docker", append([]string{"run", "--detach", "--name", c.name}, c.args...)...)
	c.made = err == nil
	return err
}

func (c *container) stop() error   { return c.docker("stop", "--time", "10", c.name) }
func (c *container) pause() error  { return c.docker("pause", c.name) }
func (c *container) resume() error { return c.docker("unpause", c.name) }

func (c *container) close() error {
	if c.guard == nil {
		return nil
	}
	// Also when docker run failed: it may have left a container behind.
	err := c.docker("rm", "--force", "--volumes", c.name)
	if !c.made {
		err = nil
	}
	c.guard.dismiss()
	c.guard = nil
	return err
}

func (c *container) trouble() error { return nil }

func (c *container) tail() string {
	ctx, cancel := context.WithTimeout(context.Background(), stopPatience)
	defer cancel()
	out, err := c.run(ctx, "docker", "logs", "--tail", "20", c.name)
	if err != nil {
		return err.Error()
	}
	return out
}

// docker runs a command that must also work when the caller's context has
// ended.
func (c *container) docker(args ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	_, err := c.run(ctx, "docker", args...)
	return err
}
