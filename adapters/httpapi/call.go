package httpapi

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/limit"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
)

// call is what is known of one request while it is answered.
type call struct {
	server  *Server
	method  string // as it was asked, HEAD included
	path    string
	started time.Time
	problem bool // errors are wanted as RFC 9457 problems

	ifMatch, ifNoneMatch []string // the fields of these names

	// connection ends with the connection and not with the time that a request
	// has: it is for streams.
	connection context.Context

	caller inbound.Caller
	limits []limit.Decision
	route  *route // nil when nothing matched
	token  string // the access token, on routes that need one
	who    inbound.Principal

	refused  fault.Code // of the answer; empty when it is no refusal
	concerns user.ID    // whom the answer is about, on routes that make somebody

	aborted bool // the connection must be cut: the answer is not whole
}

type callKey struct{}

// callOf gives the call of a request's context, or nil.
func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

func (s *Server) begin(r *http.Request) *call {
	c := &call{
		server:  s,
		method:  r.Method,
		path:    r.URL.EscapedPath(),
		started: s.opts.Now(),
		problem: wantsProblem(r.Header.Values("Accept")),

		ifMatch: r.Header.Values("If-Match"), ifNoneMatch: r.Header.Values("If-None-Match"),

		connection: r.Context(),
	}
	c.caller = inbound.Caller{
		Tenant:    s.opts.Tenant,
		RequestID: s.requestID(r),
		Address:   s.address(r),
		UserAgent: r.UserAgent(),
		Hints: session.Hints{
			Brands: r.Header.Get("Sec-CH-UA"), Mobile: r.Header.Get("Sec-CH-UA-Mobile"), Platform: r.Header.Get("Sec-CH-UA-Platform"),
		},
		Limits: &c.limits,
	}
	return c
}

// identify finds the route that the router chose.
func (s *Server) identify(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		route := s.routes[r.Method+" "+c.Path()]
		callOf(r.Context()).route = route
		if route == nil {
			c.Response().Before(func() { allowHead(c.Response().Header()) })
		}
		if route != nil && !route.serve.plain {
			// Answers are JSON and nothing else; huma would negotiate.
			r.Header.Del("Accept")
		}
		return next(c)
	}
}

// allowHead names HEAD in Allow wherever GET is served; the router knows of no
// such route.
func allowHead(h http.Header) {
	if allow := h.Get(echo.HeaderAllow); allow != "" {
		h.Set(echo.HeaderAllow, strings.Replace(allow, http.MethodGet, http.MethodGet+", "+http.MethodHead, 1))
	}
}

// pattern names the route for logs and metrics: a bounded set.
func (c *call) pattern() string {
	if c.route == nil {
		return "none"
	}
	return c.route.path
}

// A taken request id is long enough to be told from others and harmless in a
// log line.
const (
	minRequestID = 8
	maxRequestID = 128
)

func (s *Server) requestID(r *http.Request) string {
	if ids := r.Header.Values("X-Request-ID"); len(ids) == 1 && goodRequestID(ids[0]) {
		return ids[0]
	}
	return s.opts.NewRequestID()
}

func goodRequestID(id string) bool {
	return minRequestID <= len(id) && len(id) <= maxRequestID && !strings.ContainsFunc(id, func(r rune) bool {
		return !isAlphanumeric(r) && r != '.' && r != '_' && r != '-'
	})
}

func isAlphanumeric(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}
