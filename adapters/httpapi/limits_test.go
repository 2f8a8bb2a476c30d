package httpapi_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/limit"
	"github.com/plinto/plinto/ports/inbound"
)

// countingAdmissions makes the limiter count.
func countingAdmissions(f *fakes) *int {
	n := 0
	f.admit = func(context.Context, inbound.Caller) error {
		n++
		return nil
	}
	return &n
}

func TestWhoCountsARequest(t *testing.T) {
	f := newFakes()
	n := countingAdmissions(f)
	s := start(t, f)
	for _, c := range []struct {
		r    *http.Request
		want int
	}{
		{ask("POST", "/api/v1/auth/signup", signUpOK), 0},
		{ask("POST", "/api/v1/auth/register/", signUpOK), 0},
		{ask("POST", "/api/v1/auth/signin", signInOK), 0},
		{ask("POST", "/api/v1/auth/login", signInOK), 0},
		{ask("POST", "/api/v1/auth/refresh", refreshOK), 0},
		{introspecting("token=x", "Authorization", goodBasic), 0},
		{ask("GET", revokedPath, "", "Authorization", goodBasic), 0},
		{ask("GET", "/health", ""), 0},
		{ask("GET", "/ready", ""), 0},
		{ask("GET", "/metrics", ""), 0},
		{asAnn("GET", "/api/v1/auth/me"), 1},
		{asAnn("HEAD", "/api/v1/auth/me"), 1},
		{ask("GET", "/api/v1/auth/me", ""), 1},
		{asAnn("POST", "/api/v1/auth/signout"), 1},
		{asAnn("GET", "/api/v1/sessions"), 1},
		{asAnn("GET", "/api/v1/sessions/x"), 1},
		{ask("GET", "/.well-known/jwks.json", ""), 1},
		{ask("GET", "/api/status", ""), 1},
		{ask("GET", "/docs", ""), 1},
		{ask("GET", "/nowhere", ""), 1},
		{ask("PUT", "/api/v1/auth/signin", "{}"), 1},
		{ask("OPTIONS", "/api/v1/auth/signin", ""), 1},
		// Refused before the use case, which was to count it.
		{ask("POST", "/api/v1/auth/signin", "{"), 1},
		{ask("POST", "/api/v1/auth/signup", "{}"), 1},
		{ask("POST", "/api/v1/auth/refresh", refreshOK, "Content-Type", ""), 1},
		{introspecting("token=x"), 1},
		{ask("POST", introspectPath, "{}"), 1},
		{ask("GET", revokedPath, ""), 1},
	} {
		*n = 0
		s.do(c.r)
		require.Equal(t, c.want, *n, "%s %s", c.r.Method, c.r.URL)
	}
}

func TestARefusalThatTheUseCaseCountedIsNotCountedTwice(t *testing.T) {
	f := newFakes()
	n := countingAdmissions(f)
	f.signIn = func(_ context.Context, c inbound.Caller, _ inbound.SignIn) (inbound.SignedIn, error) {
		*c.Limits = append(*c.Limits, decision("signin", 10, 9, true, time.Second))
		return inbound.SignedIn{}, fault.New(fault.InvalidCredentials)
	}
	refused(t, start(t, f).do(signIn()), 401, fault.InvalidCredentials)
	require.Zero(t, *n)
}

func TestTooManyRequests(t *testing.T) {
	f := newFakes()
	f.authenticate = nil
	f.admit = func(_ context.Context, c inbound.Caller) error {
		*c.Limits = append(*c.Limits, decision("minute", 60, 0, false, 1100*time.Millisecond), decision("hour", 1000, 7, true, time.Minute))
		return fault.New(fault.RateLimited).After(1100 * time.Millisecond)
	}
	s := start(t, f)
	for _, r := range []*http.Request{asAnn("GET", "/api/v1/auth/me"), ask("GET", "/nowhere", ""), ask("POST", "/api/v1/auth/signin", "{")} {
		w := s.do(r)
		refused(t, w, 429, fault.RateLimited)
		require.Equal(t, "2", w.Header().Get("Retry-After"), "rounded up")
		require.Equal(t, "60", w.Header().Get("X-RateLimit-Limit"))
		require.Equal(t, "0", w.Header().Get("X-RateLimit-Remaining"))
		require.Equal(t, "2", w.Header().Get("X-RateLimit-Reset"))
		require.Equal(t, `"minute";q=60;w=300, "hour";q=1000;w=300`, w.Header().Get("RateLimit-Policy"))
		require.Equal(t, `"minute";r=0;t=2, "hour";r=7;t=60`, w.Header().Get("RateLimit"))
	}
}

func TestRetryAfterIsNeverTooEarly(t *testing.T) {
	f := newFakes()
	f.signIn = func(_ context.Context, c inbound.Caller, _ inbound.SignIn) (inbound.SignedIn, error) {
		*c.Limits = []limit.Decision{decision("a", 5, 0, false, 90*time.Second)}
		return inbound.SignedIn{}, fault.New(fault.RateLimited)
	}
	w := start(t, f).do(signIn())
	require.Equal(t, "90", w.Header().Get("Retry-After"))
	require.Equal(t, "1", start(t, failing(fault.New(fault.Overloaded))).do(signIn()).Header().Get("Retry-After"))
}

func TestLimitsAreToldOnSuccess(t *testing.T) {
	f := newFakes()
	answer := f.signIn
	f.signIn = func(ctx context.Context, c inbound.Caller, cmd inbound.SignIn) (inbound.SignedIn, error) {
		*c.Limits = []limit.Decision{
			decision("signin", 10, 9, true, 296500*time.Millisecond), decision(`odd"na\me`+"\n", 5, 1, true, 12*time.Second),
		}
		return answer(ctx, c, cmd)
	}
	w := start(t, f).do(signIn())
	require.Equal(t, 200, w.Code)
	require.Equal(t, `"signin";q=10;w=300, "odd\"na\\me";q=5;w=300`, w.Header().Get("RateLimit-Policy"))
	require.Equal(t, `"signin";r=9;t=297, "odd\"na\\me";r=1;t=12`, w.Header().Get("RateLimit"))
	require.Equal(t, []string{"5", "1", "12"}, []string{
		w.Header().Get("X-RateLimit-Limit"), w.Header().Get("X-RateLimit-Remaining"), w.Header().Get("X-RateLimit-Reset"),
	})
	require.Empty(t, w.Header().Get("Retry-After"))

	// An answer without a body, and none at all.
	f.admit = func(_ context.Context, c inbound.Caller) error {
		*c.Limits = []limit.Decision{decision("minute", 60, 59, true, time.Second)}
		return nil
	}
	s := start(t, f)
	require.Equal(t, "59", s.do(asAnn("POST", "/api/v1/auth/signout")).Header().Get("X-RateLimit-Remaining"))
	require.Equal(t, "59", s.do(ask("GET", "/nowhere", "")).Header().Get("X-RateLimit-Remaining"))
	require.Empty(t, s.do(ask("GET", "/health", "")).Header().Get("RateLimit"))
}

func TestALimiterThatFailsIsNotAnOpenDoor(t *testing.T) {
	f := newFakes()
	f.authenticate = nil
	f.admit = func(context.Context, inbound.Caller) error { return fault.New(fault.Unavailable) }
	refused(t, start(t, f).do(asAnn("GET", "/api/v1/auth/me")), 503, fault.Unavailable)
}
