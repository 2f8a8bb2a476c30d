package httpapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/labstack/echo/v4"
)

// record writes one line a request, and tells the observer. It names the
// route's pattern and never what was sent: no query, header, or body.
func (s *Server) record(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		err := next(c)
		call := callOf(c.Request().Context())
		took := s.opts.Now().Sub(call.started)
		status := c.Response().Status
		s.opts.Observe(knownMethod(call.method), call.pattern(), status, took)
		level := slog.LevelInfo
		if status >= http.StatusInternalServerError {
			level = slog.LevelWarn
		}
		s.opts.Log.LogAttrs(c.Request().Context(), level, "request",
			slog.String("request_id", call.caller.RequestID),
			slog.String("method", knownMethod(call.method)),
			slog.String("route", call.pattern()),
			slog.Int("status", status),
			slog.Duration("duration", took),
			slog.Int64("bytes", c.Response().Size),
			slog.String("address", call.caller.Address))
		return err
	}
}

// knownMethod keeps what a client invents out of metrics.
func knownMethod(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodOptions, http.MethodConnect, http.MethodTrace:
		return m
	}
	return "other"
}

// panicked is a panic as an error.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// Unwrap gives the error that was panicked with, if it was one.
func (p *panicked) Unwrap() error {
	err, _ := p.value.(error)
	return err
}

// recover answers errors, and turns a panic into an internal one. When part of an answer is on
// its way already the connection is cut, so that it cannot pass for a whole.
func (s *Server) recover(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		defer func() {
			value := recover()
			if value == nil {
				return
			}
			call := callOf(c.Request().Context())
			p := &panicked{value: value, stack: debug.Stack()}
			switch {
			case errors.Is(p, http.ErrAbortHandler):
				call.aborted = true
			case c.Response().Committed:
				call.aborted = true
				if ctx := c.Request().Context(); !errors.Is(ctx.Err(), context.Canceled) {
					call.logFailure(ctx, slog.LevelError, p)
				}
			default:
				c.Error(p)
			}
		}()
		if err := next(c); err != nil {
			c.Error(err)
		}
		return nil
	}
}
