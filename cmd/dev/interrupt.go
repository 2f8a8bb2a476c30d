package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// interrupt is the cause of a context that a signal has ended.
type interrupt struct{ signal syscall.Signal }

func (i interrupt) Error() string { return fmt.Sprintf("stopped by signal: %s", i.signal) }

// exitCode follows the shells.
func (i interrupt) exitCode() int { return 128 + int(i.signal) }

// interruptible returns a context that the first Ctrl-C, SIGTERM or SIGHUP
// ends, and a function that forgets about it. A second signal ends the process
// at once.
//
// `go run` passes Ctrl-C on but dies of a SIGTERM without a word to the
// program it has started, so that its end counts as a signal too.
func interruptible() (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		orphaned := make(<-chan time.Time)
		if underGoRun() {
			poll := time.NewTicker(500 * time.Millisecond)
			defer poll.Stop()
			orphaned = poll.C
		}
		parent := os.Getppid()
		for {
			select {
			case s := <-signals:
				signal.Reset()
				if s, ok := s.(syscall.Signal); ok {
					cancel(interrupt{s})
				}
				return
			case <-orphaned:
				if os.Getppid() != parent {
					cancel(interrupt{syscall.SIGTERM})
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel(nil)
	}
}

// underGoRun tells a program that `go run` has built for this one run.
func underGoRun() bool {
	path, err := os.Executable()
	return err == nil && strings.Contains(path, "/go-build")
}
