package httpapi_test

import (
	"crypto/tls"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/httpapi"
	"github.com/plinto/plinto/core/fault"
)

func TestRequestIDs(t *testing.T) {
	s := start(t, newFakes())
	for given, taken := range map[string]bool{
		"12345678": true, strings.Repeat("a", 128): true, "A-z_0.9-abc": true,
		"": false, "1234567": false, strings.Repeat("a", 129): false, "with space": false, "line\nbreak1": false, "ümlaut-id": false, "a/b/c/d/e": false,
	} {
		want := "made-0001"
		if taken {
			want = given
		}
		s.log.Reset()
		w := s.do(ask("GET", "/nowhere", "", "X-Request-ID", "", "X-Request-ID", given))
		e, _ := refused(t, w, 404, fault.NotFound)
		require.Equal(t, []string{want}, w.Header().Values("X-Request-ID"))
		require.Equal(t, want, e.Error.RequestID)
		require.Equal(t, want, s.lines(t)[0]["request_id"])
	}
	w := s.do(ask("GET", "/health", "", "X-Request-ID", "another-0002"))
	require.Equal(t, "made-0001", w.Header().Get("X-Request-ID"), "two are none")
}

func TestStrictTransport(t *testing.T) {
	const want = "max-age=63072000; includeSubDomains; preload"
	s := start(t, newFakes())
	require.Empty(t, s.do(ask("GET", "/health", "")).Header().Get("Strict-Transport-Security"))
	r := ask("GET", "/nowhere", "")
	r.TLS = &tls.ConnectionState{}
	require.Equal(t, want, s.do(r).Header().Get("Strict-Transport-Security"))
	always := start(t, newFakes(), func(o *httpapi.Options) { o.HSTS = true })
	require.Equal(t, want, always.do(ask("GET", "/health", "")).Header().Get("Strict-Transport-Security"))
}

func TestOtherHostsAreMisdirected(t *testing.T) {
	s := start(t, newFakes(), func(o *httpapi.Options) { o.AllowedHosts = []string{"auth.example.com", "::1"} })
	for host, served := range map[string]bool{
		"auth.example.com": true, "AUTH.example.com:8000": true, "auth.example.com.": true, "[::1]:8000": true, "[::1]": true,
		"evil.example": false, "auth.example.com.evil.example": false, "": false, "xauth.example.com": false, "auth.example.com:80:80": false,
	} {
		r := ask("GET", "/api/status", "")
		r.Host = host
		w := s.do(r)
		if served {
			require.Equal(t, 200, w.Code, host)
			continue
		}
		refused(t, w, http.StatusMisdirectedRequest, fault.MalformedRequest)
		for _, probe := range []string{"/health", "/ready", "/health/"} {
			r := ask("GET", probe, "")
			r.Host = host
			require.Equal(t, 200, s.do(r).Code, probe)
		}
	}
	for _, any := range [][]string{nil, {"*"}, {"a.example", "*"}} {
		s := start(t, newFakes(), func(o *httpapi.Options) { o.AllowedHosts = any })
		require.Equal(t, 200, s.do(ask("GET", "/api/status", "")).Code)
	}
}

func TestCrossOrigin(t *testing.T) {
	const app = "https://app.example.com"
	s := start(t, newFakes(), func(o *httpapi.Options) { o.CORSOrigins = []string{app, "http://localhost:3000"} })

	w := s.do(ask("POST", "/api/v1/auth/signin", signInOK, "Origin", app))
	require.Equal(t, 200, w.Code)
	require.Equal(t, app, w.Header().Get("Access-Control-Allow-Origin"))
	require.Equal(t, "true", w.Header().Get("Access-Control-Allow-Credentials"))
	require.Contains(t, w.Header().Get("Access-Control-Expose-Headers"), "X-Request-ID")
	require.Contains(t, w.Header().Values("Vary"), "Origin")

	w = s.do(ask("GET", "/nowhere", "", "Origin", app))
	refused(t, w, 404, fault.NotFound)
	require.Equal(t, app, w.Header().Get("Access-Control-Allow-Origin"), "errors can be read too")

	preflight := func(origin string) http.Header {
		w := s.do(ask("OPTIONS", "/api/v1/auth/signin", "", "Origin", origin,
			"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization"))
		require.Equal(t, 204, w.Code)
		secure(t, w.Header())
		require.Equal(t, []string{"Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"}, w.Header().Values("Vary"))
		return w.Header()
	}
	h := preflight(app)
	require.Equal(t, app, h.Get("Access-Control-Allow-Origin"))
	require.Equal(t, "600", h.Get("Access-Control-Max-Age"))
	require.Contains(t, h.Get("Access-Control-Allow-Methods"), "POST")
	require.Contains(t, h.Get("Access-Control-Allow-Headers"), "Authorization")

	for _, origin := range []string{
		"https://evil.example", "null", "https://app.example.com.evil.example", "http://app.example.com",
		"https://app.example.com:444", "https://APP.example.com", app + "/", "https://xapp.example.com",
	} {
		require.Empty(t, preflight(origin).Get("Access-Control-Allow-Origin"), origin)
		w := s.do(ask("GET", "/health", "", "Origin", origin))
		require.Empty(t, w.Header().Get("Access-Control-Allow-Origin"), origin)
		require.Empty(t, w.Header().Get("Access-Control-Allow-Credentials"), origin)
		require.Contains(t, w.Header().Values("Vary"), "Origin")
	}
	w = start(t, newFakes()).do(ask("GET", "/health", "", "Origin", app))
	require.Empty(t, w.Header().Get("Access-Control-Allow-Origin"))
}

func TestTheAccessLogNamesNoSecrets(t *testing.T) {
	s := start(t, newFakes(), func(o *httpapi.Options) {
		now := instant
		o.Now = func() time.Time { now = now.Add(time.Millisecond); return now }
	})
	r := ask("POST", "/api/v1/auth/signin/?token=hunter2", `{"email":"hunter2@example.com","password":"hunter2"}`,
		"Authorization", "Bearer hunter2", "User-Agent", "hunter2", "Cookie", "hunter2")
	r.RemoteAddr = "192.0.2.7:1"
	w := s.do(r)
	require.Equal(t, 200, w.Code)
	s.do(ask("GET", "/api/v1/sessions/hunter2?hunter2", "", "Authorization", "Bearer "+goodToken))
	s.do(ask("hunter2", "/hunter2", ""))
	require.NotContains(t, s.log.String(), "hunter2")
	lines := s.lines(t)
	require.Len(t, lines, 3)
	delete(lines[0], "time")
	require.Equal(t, map[string]any{
		"level": "INFO", "msg": "request", "request_id": requestID, "method": "POST", "route": "/api/v1/auth/signin",
		"status": 200.0, "duration": float64(time.Millisecond), "bytes": float64(w.Body.Len()), "address": "192.0.2.7",
	}, lines[0])
	require.Equal(t, "/api/v1/sessions/{id}", lines[1]["route"])
	require.Equal(t, "none", lines[2]["route"])
	require.Equal(t, "other", lines[2]["method"])
}

func TestTheObserverSeesPatterns(t *testing.T) {
	type seen struct {
		method, route string
		status        int
	}
	var all []seen
	s := start(t, newFakes(), func(o *httpapi.Options) {
		o.Observe = func(method, route string, status int, _ time.Duration) {
			all = append(all, seen{method, route, status})
		}
	})
	s.do(asAnn("GET", "/api/v1/sessions/x"))
	s.do(asAnn("GET", "/api/v1/users/me/"))
	s.do(ask("GET", "/x/y", ""))
	s.do(ask("BREW", "/health", ""))
	s.do(ask("HEAD", "/health", ""))
	require.Equal(t, []seen{
		{"GET", "/api/v1/sessions/{id}", 404}, {"GET", "/api/v1/users/me", 200}, {"GET", "none", 404}, {"other", "none", 405}, {"HEAD", "/health", 200},
	}, all)
}
