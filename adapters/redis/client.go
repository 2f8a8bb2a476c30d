package redis

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/redis/rueidis"

	"github.com/plinto/plinto/ports/outbound"
)

// How long no call tries to connect again after one could not: twice as long
// each time.
const (
	shortestPause = 50 * time.Millisecond
	longestPause  = 500 * time.Millisecond
)

var errClosed = errors.New("redis: the client is closed")

// Client is a server or a cluster, and the connections to it. They are made
// when they are needed, so that a Redis that is away holds nothing up.
type Client struct {
	option  rueidis.ClientOption
	timeout time.Duration

	mu      sync.Mutex
	conn    rueidis.Client // nil until the first connection is made
	attempt *attempt       // the present one, or a failed one for as long as its pause
	pause   time.Duration
	closed  bool
}

// attempt is one try to connect. Its result may be read when done is closed.
type attempt struct {
	done chan struct{}
	conn rueidis.Client
	err  error
}

// Open gives a client, and waits for its first connection for as long as one
// call may take. A Redis that is away is no error: the connection is made when
// there is something to ask. An error says that the options are wrong.
func Open(ctx context.Context, o Options) (*Client, error) {
	option, err := o.clientOption()
	if err != nil {
		return nil, err
	}
	c := &Client{option: option, timeout: o.Timeout, pause: shortestPause}
	if c.timeout <= 0 {
		c.timeout = defaultTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	_, _ = c.connection(ctx)
	return c, nil
}

// Close ends the connections. Calls that are under way fail, and so does every
// later one.
func (c *Client) Close() {
	c.mu.Lock()
	conn := c.conn
	c.conn, c.closed = nil, true
	c.mu.Unlock()
	if conn != nil {
		conn.Close()
	}
}

// connection gives the connection, or waits for the attempt to make it. After
// a failed attempt its error is the answer until the pause is over.
func (c *Client) connection(ctx context.Context) (rueidis.Client, error) {
	c.mu.Lock()
	if c.closed || c.conn != nil {
		defer c.mu.Unlock()
		if c.closed {
			return nil, errClosed
		}
		return c.conn, nil
	}
	a := c.attempt
	if a == nil {
		a = &attempt{done: make(chan struct{})}
		c.attempt = a
		go c.connect(a) // the library dials without a context; its own bounds end this
	}
	c.mu.Unlock()
	select {
	case <-a.done:
		return a.conn, a.err
	case <-ctx.Done():
		return nil, fmt.Errorf("connecting: %w", ctx.Err())
	}
}

func (c *Client) connect(a *attempt) {
	conn, err := rueidis.NewClient(c.option)
	c.mu.Lock()
	defer c.mu.Unlock()
	defer close(a.done)
	switch {
	case err != nil:
		a.err = fmt.Errorf("connecting: %w", err)
		time.AfterFunc(c.pause, func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.attempt = nil
		})
		c.pause = min(2*c.pause, longestPause)
	case c.closed:
		a.err = errClosed
		go conn.Close() // it may wait for the server
	default:
		a.conn, c.conn = conn, conn
	}
}

// within runs fn and waits for its result for the client's timeout and no
// longer. The library waits for a connection that another call is making
// without looking at the context, so the bound is kept here. The caller's own
// end is no end of the call: a client that hangs up must not get its charges
// for nothing, nor break a connection that others use.
func within[T any](ctx context.Context, c *Client, fn func(context.Context, rueidis.Client) (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), max(c.timeout, patience))
	done := make(chan result, 1)
	go func() {
		defer cancel()
		conn, err := c.connection(ctx)
		if err != nil {
			done <- result{err: err}
			return
		}
		value, err := fn(ctx, conn)
		done <- result{value, err}
	}()
	timer := time.NewTimer(c.timeout)
	defer timer.Stop()
	select {
	case r := <-done:
		if r.err != nil {
			return r.value, fmt.Errorf("%w: redis: %w", outbound.ErrUnavailable, r.err)
		}
		return r.value, nil
	case <-timer.C:
		var none T
		return none, fmt.Errorf("%w: redis: no answer within %s", outbound.ErrUnavailable, c.timeout)
	}
}

// Health asks the server for a sign of life, or a node of the cluster whether
// all slots are served.
func (c *Client) Health(ctx context.Context) outbound.LimiterHealth {
	began := time.Now() // to measure by, not to tell the time
	_, err := within(ctx, c, func(ctx context.Context, conn rueidis.Client) (struct{}, error) {
		if conn.Mode() != rueidis.ClientModeCluster {
			return struct{}{}, conn.Do(ctx, conn.B().Ping().Build()).Error()
		}
		info, err := conn.Do(ctx, conn.B().ClusterInfo().Build()).ToString()
		if err == nil && !strings.Contains(info, "cluster_state:ok") {
			err = errClusterState
		}
		return struct{}{}, err
	})
	return outbound.LimiterHealth{Shared: true, Err: err, ResponseTime: time.Since(began)}
}

var errClusterState = errors.New("the cluster does not serve all its slots")
