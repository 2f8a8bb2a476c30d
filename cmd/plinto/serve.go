package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/plinto/plinto/config"
	"github.com/plinto/plinto/core/token"
)

func newServe(s surroundings) *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Serve the API (the default)",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, log, err := s.load()
			if err != nil {
				return err
			}
			listener, err := net.Listen("tcp", cfg.Server.Address())
			if err != nil {
				return fmt.Errorf("listen: %w", err)
			}
			if at, ok := listener.Addr().(*net.TCPAddr); ok {
				cfg.ListensOn(at.Port)
			}
			p, err := compose(cmd.Context(), cfg, log)
			if err != nil {
				return errors.Join(err, listener.Close())
			}
			return errors.Join(p.serve(cmd.Context(), s.stdout, listener), p.close())
		},
	}
}

// Bounds on what one connection may take. What a request may take altogether
// is the API's to bound.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 20 * time.Second
	writeTimeout      = 40 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 16 << 10
)

// serve takes requests before everything is there, so that /health and /ready
// answer from the start, and drains when ctx ends: /ready turns 503 first, then
// nothing new is accepted, then what is under way finishes.
func (p *program) serve(ctx context.Context, stdout io.Writer, listener net.Listener) error {
	handler, err := p.api()
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	server := p.server(handler)
	server.RegisterOnShutdown(handler.EndStreams)
	p.log.InfoContext(ctx, "listening", slog.String("address", listener.Addr().String()))
	metrics, metricsListener, err := p.metricsServer()
	if err != nil {
		return errors.Join(err, listener.Close())
	}

	// What runs beside goes on through the draining, for the requests under
	// way need it, and has an end of its own before the store is closed.
	besideCtx, stopBeside := context.WithCancel(context.WithoutCancel(ctx))
	preparing, stopPreparing := context.WithCancel(ctx)
	var beside sync.WaitGroup
	defer func() {
		stopPreparing()
		stopBeside()
		beside.Wait()
	}()
	failed := make(chan error, 3)
	serving := func(s *http.Server, l net.Listener) {
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			failed <- fmt.Errorf("serve: %w", err)
		}
	}
	go serving(server, listener)
	if metrics != nil {
		go serving(metrics, metricsListener)
	}
	beside.Go(func() {
		if err := p.prepareWhenever(preparing); err != nil {
			failed <- err
			return
		}
		if preparing.Err() == nil {
			p.announce(preparing, stdout, listener.Addr())
		}
		for _, run := range p.beside {
			beside.Go(func() { p.keepRunning(besideCtx, run) })
		}
	})

	select {
	case err = <-failed:
		err = errors.Join(err, server.Close())
	case <-ctx.Done():
		err = p.drain(context.WithoutCancel(ctx), server)
	}
	if metrics != nil {
		err = errors.Join(err, metrics.Close())
	}
	return err
}

// keepRunning runs what serves beside the requests, and again when it fails: an
// instance that answers with what it knows is better than none. It tells of it
// each time.
func (p *program) keepRunning(ctx context.Context, run func(context.Context) error) {
	for ctx.Err() == nil {
		err := run(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		p.log.ErrorContext(ctx, "something beside the requests failed and is tried again", slog.Any("error", err))
		select {
		case <-ctx.Done():
		case <-time.After(restartAfter):
		}
	}
}

// restartAfter is how long what failed beside the requests rests.
const restartAfter = 30 * time.Second

func (p *program) server(handler http.Handler) *http.Server {
	return &http.Server{
		Handler: handler, ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes,
		DisableGeneralOptionsHandler: true, // OPTIONS * is answered like everything else
		ErrorLog:                     slog.NewLogLogger(p.log.Handler(), slog.LevelDebug),
	}
}

func (p *program) metricsServer() (*http.Server, net.Listener, error) {
	address := p.config.Server.MetricsAddress
	if !p.config.Features.Metrics || address == "" {
		return nil, nil, nil
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, nil, fmt.Errorf("listen for metrics: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", p.metrics.Handler())
	return p.server(mux), l, nil
}

func (p *program) drain(ctx context.Context, server *http.Server) error {
	p.services.Health.Drain()
	p.log.InfoContext(ctx, "draining", slog.Duration("delay", p.config.Server.ShutdownDelay), slog.Duration("timeout", p.config.Server.ShutdownTimeout))
	time.Sleep(p.config.Server.ShutdownDelay)
	ctx, cancel := context.WithTimeout(ctx, p.config.Server.ShutdownTimeout)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("requests under way did not finish: %w", err), server.Close())
	}
	p.log.InfoContext(ctx, "stopped")
	return nil
}

// announce says that the service is ready: to a developer with what to try
// first, to everybody else in one line of the log.
func (p *program) announce(ctx context.Context, stdout io.Writer, address net.Addr) {
	store, limiter := p.redacted()
	key := "none"
	keys, err := p.services.Keys.List(ctx)
	for _, k := range keys {
		if k.State == token.KeyActive {
			key = fmt.Sprintf("%s (%s)", k.KID, k.Algorithm)
		}
	}
	if err != nil {
		p.log.WarnContext(ctx, "list keys", slog.Any("error", err))
	}
	p.log.InfoContext(ctx, "ready", slog.String("address", address.String()), slog.String("version", programVersion()),
		slog.String("database", store), slog.String("limits", limiter), slog.String("key", key))
	if p.config.Environment != config.Development {
		return
	}
	at := "http://" + reachable(address.String())
	fmt.Fprintf(stdout, `
Plinto %s listens on %s

  database  %s
  limits    %s
  key       %s
  mail      %s

Try it:

  curl -s %s/api/v1/auth/signup -H 'Content-Type: application/json' -d '{"email":"ann@example.com","password":"correct horse battery staple"}'
  TOKEN=$(curl -s %s/api/v1/auth/signin -H 'Content-Type: application/json' -d '{"email":"ann@example.com","password":"correct horse battery staple"}' | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
  curl -s %s/api/v1/auth/me -H "Authorization: Bearer $TOKEN"

`, programVersion(), at, store, limiter, key, p.whereMailGoes(at), at, at, at)
}

// reachable turns the address of a listener into one to connect to.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}
