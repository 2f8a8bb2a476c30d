package httpapi

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"
)

// errMisdirected says that a request names a host that is not served here
// (RFC 9110 section 15.5.20).
var errMisdirected = errors.New("the host is not served here")

// checkHost refuses requests for other hosts, so that no name but our own gets
// into anything made from it. Probes ask by address, so they may.
func (s *Server) checkHost(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if s.hosts != nil && !s.hosts[hostname(r.Host)] && r.URL.Path != "/health" && r.URL.Path != "/ready" {
			return errMisdirected
		}
		return next(c)
	}
}

func hostSet(names []string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, name := range names {
		if name == "*" {
			return nil
		}
		set[hostname(name)] = true
	}
	if len(set) == 0 {
		return nil
	}
	return set
}

// hostname gives the name in a Host field, without port, brackets, the dot of
// the root, or capital letters.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// What pages of other origins may use, where their origin is listed.
const (
	corsMethods  = "GET, HEAD, POST, PUT, PATCH, DELETE"
	corsRequest  = "Authorization, Content-Type, DPoP, Idempotency-Key, If-Match, If-None-Match, X-Request-ID"
	corsResponse = "Content-Disposition, DPoP-Nonce, ETag, Idempotency-Replayed, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, " +
		"X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-ID"
	corsMaxAge = "600"
)

// crossOrigin lets pages of the listed origins call the API (the Fetch
// standard, section 3.3). A preflight is answered here: it carries no
// credentials and reaches no handler.
func (s *Server) crossOrigin(next echo.HandlerFunc) echo.HandlerFunc {
	if len(s.origins) == 0 {
		return next
	}
	return func(c echo.Context) error {
		r, h := c.Request(), c.Response().Header()
		origin := r.Header.Get("Origin")
		preflight := r.Method == http.MethodOptions && origin != "" && r.Header.Get("Access-Control-Request-Method") != ""
		h.Add("Vary", "Origin")
		if s.origins[origin] {
			h.Set("Access-Control-Allow-Origin", origin)
			h.Set("Access-Control-Allow-Credentials", "true")
			h.Set("Access-Control-Expose-Headers", corsResponse)
		}
		if !preflight {
			return next(c)
		}
		h.Add("Vary", "Access-Control-Request-Method")
		h.Add("Vary", "Access-Control-Request-Headers")
		if s.origins[origin] {
			h.Del("Access-Control-Expose-Headers")
			h.Set("Access-Control-Allow-Methods", corsMethods)
			h.Set("Access-Control-Allow-Headers", corsRequest)
			h.Set("Access-Control-Max-Age", corsMaxAge)
		}
		return c.NoContent(http.StatusNoContent)
	}
}

func originSet(origins []string) (map[string]bool, error) {
	set := make(map[string]bool, len(origins))
	for _, o := range origins {
		u, err := url.Parse(o)
		if err != nil || u.Scheme+"://"+u.Host != o || u.Host == "" || strings.Contains(o, "*") {
			return nil, fmt.Errorf("%q is not an origin such as https://app.example.com", o)
		}
		set[o] = true
	}
	return set, nil
}
