package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/limit"
)

// statuses is the one table from a fault to HTTP.
var statuses = map[fault.Kind]int{
	fault.KindInternal:        http.StatusInternalServerError,
	fault.KindMalformed:       http.StatusBadRequest,
	fault.KindInvalid:         http.StatusUnprocessableEntity,
	fault.KindMistaken:        http.StatusBadRequest,
	fault.KindUnauthenticated: http.StatusUnauthorized,
	fault.KindUnproven:        http.StatusBadRequest,
	fault.KindForbidden:       http.StatusForbidden,
	fault.KindNotFound:        http.StatusNotFound,
	fault.KindMethod:          http.StatusMethodNotAllowed,
	fault.KindPrecondition:    http.StatusPreconditionFailed,
	fault.KindConflict:        http.StatusConflict,
	fault.KindTooLarge:        http.StatusRequestEntityTooLarge,
	fault.KindMediaType:       http.StatusUnsupportedMediaType,
	fault.KindLimited:         http.StatusTooManyRequests,
	fault.KindUnavailable:     http.StatusServiceUnavailable,
	fault.KindTimeout:         http.StatusServiceUnavailable,
}

// statusClientGone is what the log says of an answer that nobody waited for.
// No client sees it.
const statusClientGone = 499

// statusOf gives the status of a refusal on this route. A bad proof is a bad
// request where tokens are handed out (RFC 9449 section 5), and no
// authentication where one is wanted (section 7.1).
func (r *route) statusOf(code fault.Code) int {
	if code.Kind() == fault.KindUnproven && r != nil && r.access != anyone {
		return http.StatusUnauthorized
	}
	return statusOf(code)
}

func statusOf(code fault.Code) int {
	if status, ok := statuses[code.Kind()]; ok {
		return status
	}
	return http.StatusInternalServerError
}

// classify tells what a caller may know of an error. Whatever is not meant for
// callers is internal, except when it comes of the request's end.
func classify(ctx context.Context, err error) (*fault.Error, int) {
	if ctx.Err() != nil && errors.Is(ctx.Err(), context.Canceled) {
		return fault.New(fault.Timeout), statusClientGone
	}
	if errors.Is(err, errMisdirected) {
		return fault.New(fault.MalformedRequest), http.StatusMisdirectedRequest
	}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f, callOf(ctx).route.statusOf(f.Code)
	}
	if e, ok := errors.AsType[*echo.HTTPError](err); ok && e.Code < http.StatusInternalServerError {
		switch e.Code {
		case http.StatusNotFound:
			return fault.New(fault.NotFound), e.Code
		case http.StatusMethodNotAllowed:
			return fault.New(fault.MethodNotAllowed), e.Code
		}
		return fault.New(fault.MalformedRequest), http.StatusBadRequest
	}
	if _, defect := errors.AsType[*panicked](err); !defect && ctx.Err() != nil {
		return fault.New(fault.Timeout), statusOf(fault.Timeout)
	}
	return fault.New(fault.Internal), http.StatusInternalServerError
}

// refuse turns an error into an answer: it logs what is our fault and puts the
// headers that go with it into h. Everything that is refused passes here.
func (s *Server) refuse(ctx context.Context, h http.Header, err error) *errorJSON {
	c := callOf(ctx)
	f, status := classify(ctx, err)
	if limited := s.countRefused(ctx, c, status); limited != nil {
		err = limited
		f, status = classify(ctx, err)
	}
	c.refused = f.Code
	switch {
	case status == http.StatusInternalServerError:
		c.logFailure(ctx, slog.LevelError, err)
	case status > http.StatusInternalServerError:
		c.logFailure(ctx, slog.LevelWarn, err)
	}
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "Accept")
	if after := retryAfter(f, c.limits); after > 0 {
		h.Set("Retry-After", strconv.FormatInt(after, 10))
	}
	for _, challenge := range c.challenges(err, f) {
		h.Add("WWW-Authenticate", challenge)
	}
	return newErrorJSON(c, f, status, s.opts.Now())
}

// countRefused charges a request that its use case was to count and never saw:
// without it, bad input to those routes would cost nothing.
func (s *Server) countRefused(ctx context.Context, c *call, status int) error {
	if c.route == nil || c.route.admission != countedByUseCase || len(c.limits) > 0 || status >= statusClientGone {
		return nil
	}
	return s.services.Limits.Admit(ctx, c.caller)
}

// retryAfter is when to come again, in whole seconds; zero says nothing.
func retryAfter(f *fault.Error, decisions []limit.Decision) int64 {
	switch f.Code.Kind() {
	case fault.KindLimited:
		after := max(seconds(f.RetryAfter), 1)
		if t, ok := limit.Tightest(decisions); ok && !t.Allowed {
			after = max(after, reset(t))
		}
		return after
	case fault.KindUnavailable, fault.KindTimeout:
		return max(seconds(f.RetryAfter), 1)
	}
	return seconds(f.RetryAfter)
}

// logFailure writes down, once, what the caller is not told.
func (c *call) logFailure(ctx context.Context, level slog.Level, err error) {
	attrs := []slog.Attr{
		slog.String("request_id", c.caller.RequestID),
		slog.String("route", c.pattern()),
		slog.String("error", err.Error()),
	}
	if p, ok := errors.AsType[*panicked](err); ok {
		attrs = append(attrs, slog.String("stack", string(p.stack)))
	}
	c.server.opts.Log.LogAttrs(ctx, level, "request failed", attrs...)
}

// answerError writes an error that came to the router: its own, and those of
// the stations before a handler.
func (s *Server) answerError(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	h := c.Response().Header()
	answer := s.refuse(c.Request().Context(), h, err)
	body, err := json.Marshal(answer)
	if err != nil {
		callOf(c.Request().Context()).logFailure(c.Request().Context(), slog.LevelError, err)
		body = nil
	}
	h.Set(echo.HeaderContentType, answer.ContentType("application/json"))
	c.Response().WriteHeader(answer.status)
	// An error here is a client that has gone.
	_, _ = c.Response().Write(append(body, '\n'))
}

// wantsProblem reports whether an Accept prefers application/problem+json to
// application/json, or names it as gladly.
func wantsProblem(accept []string) bool {
	problem, plain := 0.0, 0.0
	for _, line := range accept {
		for part := range strings.SplitSeq(line, ",") {
			kind, params, _ := strings.Cut(part, ";")
			switch strings.ToLower(strings.TrimSpace(kind)) {
			case "application/problem+json":
				problem = max(problem, quality(params))
			case "application/json":
				plain = max(plain, quality(params))
			}
		}
	}
	return problem > 0 && problem >= plain
}

func quality(params string) float64 {
	for p := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		if strings.EqualFold(name, "q") {
			q, err := strconv.ParseFloat(value, 64)
			if err != nil || q < 0 || q > 1 {
				return 0
			}
			return q
		}
	}
	return 1
}

// invalid makes one error of what is wrong with the shape of a body and what is
// wrong with its values. A field of the wrong shape has no value to judge.
func invalid(shape, values []fault.Field) error {
	all := shape
	for _, v := range values {
		if !names(shape, v.Name) {
			all = append(all, v)
		}
	}
	return fault.Invalid(all...)
}

func names(fields []fault.Field, name string) bool {
	for _, f := range fields {
		if located(f.Name) == located(name) {
			return true
		}
	}
	return false
}

// located puts a field where a client finds it. The core names the fields of
// its commands, and commands are made of bodies.
func located(name string) string {
	for _, place := range []string{"body", "query", "path", "header"} {
		if name == place || strings.HasPrefix(name, place+".") {
			return name
		}
	}
	return "body." + name
}
