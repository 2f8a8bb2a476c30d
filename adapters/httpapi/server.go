package httpapi

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/ports/inbound"
)

// Options is what the API is told about its surroundings. The zero value
// serves everything that needs no address, strictly and without documents.
type Options struct {
	Version     string // of the program, as /health and /api/status tell it
	Environment string
	Tenant      tenant.ID // zero is tenant.Default

	Features map[string]bool // every ENABLE_ setting, for /api/status
	Database string          // the engine's name, for /api/status
	Cache    string          // the limiter's engine, for /api/status

	Docs              bool     // serve /openapi.json and /docs
	CORSOrigins       []string // exact origins, as browsers write them
	AllowedHosts      []string // names without ports; empty, or "*", is any
	TrustedProxies    []netip.Prefix
	HiddenSignUps     bool   // whether a sign-up tells nobody if there is an account already
	PublicURL         string // where clients reach the API, without a slash at the end; empty: as they ask
	HSTS              bool   // send Strict-Transport-Security over plain HTTP too
	PasswordMinLength int    // for the documents; zero is 12

	Metrics http.Handler // nil: /metrics is not served here

	// Observe is told of every answer. Route is a pattern of the document, or
	// "none"; method is a standard one, or "other".
	Observe func(method, route string, status int, took time.Duration)

	Log            *slog.Logger     // nil logs nothing
	Now            func() time.Time // nil is time.Now
	NewRequestID   func() string    // nil is random
	RequestTimeout time.Duration    // zero is 30 seconds; streams have none

	StreamWriteTimeout time.Duration // of one write to a stream; zero is 5 seconds
}

// Server is the API as an http.Handler.
type Server struct {
	services inbound.Services
	opts     Options
	hosts    map[string]bool // nil allows any
	origins  map[string]bool
	routes   map[string]*route // by method and the router's path
	echo     *echo.Echo
	document document

	streaming  context.Context // while there may be streams
	endStreams context.CancelFunc
}

// defaults of Options.
const (
	defaultTimeout           = 30 * time.Second
	defaultStreamTimeout     = 5 * time.Second
	defaultPasswordMinLength = 12
)

// New builds the API over the core. It fails on options that contradict
// themselves and on a service that is missing.
func New(services inbound.Services, opts Options) (*Server, error) {
	if err := complete(services); err != nil {
		return nil, err
	}
	if services.Mailbox != nil && opts.Environment != "development" && opts.Environment != "test" {
		return nil, fmt.Errorf("httpapi shows no mailbox in %q", opts.Environment)
	}
	claimHuma()
	s := &Server{services: services, opts: withDefaults(opts), routes: map[string]*route{}}
	s.streaming, s.endStreams = context.WithCancel(context.Background())
	s.hosts = hostSet(opts.AllowedHosts)
	var err error
	if s.origins, err = originSet(opts.CORSOrigins); err != nil {
		return nil, err
	}
	s.opts.TrustedProxies = canonical(opts.TrustedProxies)
	s.echo = s.newEcho()
	if err := s.mount(); err != nil {
		return nil, err
	}
	return s, nil
}

func complete(s inbound.Services) error {
	var missing []string
	for name, absent := range map[string]bool{
		"Accounts":      s.Accounts == nil,
		"Passwords":     s.Passwords == nil,
		"Profiles":      s.Profiles == nil,
		"Tokens":        s.Tokens == nil,
		"Sessions":      s.Sessions == nil,
		"Proofs":        s.Proofs == nil,
		"Idempotency":   s.Idempotency == nil,
		"Activity":      s.Activity == nil,
		"Keys":          s.Keys == nil,
		"Limits":        s.Limits == nil,
		"Health":        s.Health == nil,
		"RevocationLog": s.RevocationLog == nil,
		"Introspection": s.Introspection == nil,
		"Clients":       s.Clients == nil,
	} {
		if absent {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("httpapi needs the services %s", strings.Join(missing, ", "))
	}
	return nil
}

func withDefaults(o Options) Options {
	if o.Tenant.IsZero() {
		o.Tenant = tenant.Default
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.NewRequestID == nil {
		o.NewRequestID = rand.Text
	}
	if o.RequestTimeout == 0 {
		o.RequestTimeout = defaultTimeout
	}
	if o.StreamWriteTimeout == 0 {
		o.StreamWriteTimeout = defaultStreamTimeout
	}
	if o.PasswordMinLength == 0 {
		o.PasswordMinLength = defaultPasswordMinLength
	}
	if o.Observe == nil {
		o.Observe = func(string, string, int, time.Duration) {}
	}
	return o
}

// newEcho builds the router with the stations of a request, in order.
func (s *Server) newEcho() *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.IPExtractor = s.address
	e.HTTPErrorHandler = s.answerError
	e.Pre(s.record, s.recover, s.checkHost, s.crossOrigin)
	e.Use(s.identify, s.admit, s.checkBody, s.prove, s.authenticate, s.repeat)
	return e
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := s.begin(r)
	s.setHeaders(w.Header(), r, c)
	ctx, cancel := context.WithTimeout(context.WithValue(r.Context(), callKey{}, c), s.opts.RequestTimeout)
	defer cancel()
	r = r.WithContext(ctx)
	if r.Method == http.MethodHead {
		r.Method, w = http.MethodGet, bodiless{w}
	}
	trimSlash(r)
	s.echo.ServeHTTP(w, r)
	if c.aborted {
		panic(http.ErrAbortHandler)
	}
}

// trimSlash makes a path and the same with a slash behind it one. WithContext
// has copied the request but not its URL.
func trimSlash(r *http.Request) {
	if len(r.URL.Path) < 2 || !strings.HasSuffix(r.URL.Path, "/") {
		return
	}
	u := *r.URL
	u.Path = strings.TrimSuffix(u.Path, "/")
	u.RawPath = strings.TrimSuffix(u.RawPath, "/")
	r.URL = &u
}

// bodiless drops what is written: a HEAD is answered as a GET without its body
// (RFC 9110 section 9.3.2).
type bodiless struct{ http.ResponseWriter }

func (b bodiless) Write(p []byte) (int, error) { return len(p), nil }

// Unwrap lets http.ResponseController find the connection.
func (b bodiless) Unwrap() http.ResponseWriter { return b.ResponseWriter }
