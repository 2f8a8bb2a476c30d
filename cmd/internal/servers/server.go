package servers

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrNotOurs says that a server whose address was given cannot be stopped or
// paused from here.
var ErrNotOurs = errors.New("this server was given by its address and is not ours to stop")

// patience bounds how long a server may take until it answers.
const patience = time.Minute

// Server is one running server, or one cluster of them. Its methods may be
// called from several goroutines; they wait for one another.
type Server struct {
	address string
	ready   func(context.Context) error
	mu      sync.Mutex
	runner  runner
}

// runner is what carries a server: processes of this machine, a container, or
// nothing when the server was given.
type runner interface {
	start(context.Context) error // also again, on the same ports and data
	stop() error
	pause() error
	resume() error
	close() error   // stop, and remove the data
	trouble() error // why it will never be ready, when that is known
	tail() string   // the end of what it logged
}

// Address says where the server answers: a URL, or for a Redis Cluster a
// comma-separated list of host:port. It does not change.
func (s *Server) Address() string { return s.address }

// Stop ends the server in good order and keeps its port and, for PostgreSQL,
// its data for [Server.Start]. Clients are cut off.
func (s *Server) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.runner.stop()
}

// Start starts a stopped server again where it was and returns when it
// answers.
func (s *Server) Start(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.begin(ctx)
}

// Pause freezes the server: connections stay open, or are even accepted by the
// kernel, and no answer comes. [Server.Resume] wakes it.
func (s *Server) Pause() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.runner.pause()
}

// Resume wakes a paused server.
func (s *Server) Resume() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.runner.resume()
}

// Close ends the server for good and removes its data. A server that was given
// is left alone. A second Close does nothing.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.runner.close()
}

// begin starts the runner and waits until it is ready.
func (s *Server) begin(ctx context.Context) error {
	if err := s.runner.start(ctx); err != nil {
		return err
	}
	return s.settle(ctx)
}

// settle waits until the server is ready, or never will be.
func (s *Server) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("no answer within %s", patience))
	defer cancel()
	poll := time.NewTicker(25 * time.Millisecond)
	defer poll.Stop()
	for {
		err := s.ready(ctx)
		if err == nil {
			return nil
		}
		if trouble := s.runner.trouble(); trouble != nil {
			return fmt.Errorf("%w; it logged:\n%s", trouble, s.runner.tail())
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w; it logged:\n%s", context.Cause(ctx), err, s.runner.tail())
		case <-poll.C:
		}
	}
}

// given is the runner of a server that somebody else runs.
type given struct{}

func (given) start(context.Context) error { return ErrNotOurs }
func (given) stop() error                 { return ErrNotOurs }
func (given) pause() error                { return ErrNotOurs }
func (given) resume() error               { return ErrNotOurs }
func (given) close() error                { return nil }
func (given) trouble() error              { return nil }
func (given) tail() string                { return "" }

// useGiven takes a server at an address a person gave, once it proves fit.
func useGiven(ctx context.Context, variable, address string, ready func(context.Context) error) (*Server, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := ready(ctx); err != nil {
		return nil, fmt.Errorf("the server named by %s: %w", variable, err)
	}
	return &Server{address: address, ready: ready, runner: given{}}, nil
}
