package httpapi_test

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/httpapi"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/proof"
	"github.com/plinto/plinto/ports/inbound"
)

const algs = `algs="ES256 EdDSA"`

// sees gives fakes that remember the proofs they are called with.
func sees(got *[]inbound.Proof) *fakes {
	f := newFakes()
	note := func(c inbound.Caller) { *got = append(*got, c.Proof) }
	authenticate, signIn, signUp, refresh := f.authenticate, f.signIn, f.signUp, f.refresh
	f.authenticate = func(ctx context.Context, c inbound.Caller, text string) (inbound.Principal, error) {
		note(c)
		return authenticate(ctx, c, text)
	}
	f.signIn = func(ctx context.Context, c inbound.Caller, cmd inbound.SignIn) (inbound.SignedIn, error) {
		note(c)
		return signIn(ctx, c, cmd)
	}
	f.signUp = func(ctx context.Context, c inbound.Caller, cmd inbound.SignUp) (inbound.SignedIn, error) {
		note(c)
		return signUp(ctx, c, cmd)
	}
	f.refresh = func(ctx context.Context, c inbound.Caller, text string) (inbound.TokenPair, error) {
		note(c)
		pair, err := refresh(ctx, c, text)
		pair.KeyBound = c.Proof.Text != ""
		return pair, err
	}
	f.signOut = func(_ context.Context, c inbound.Caller, _ string) error { note(c); return nil }
	return f
}

func TestProofsArePassedOnWithTheirRequest(t *testing.T) {
	var got []inbound.Proof
	s := start(t, sees(&got))
	for _, c := range []struct {
		method, path, body string
		presented          bool
	}{
		{"POST", "/api/v1/auth/signup", signUpOK, false},
		{"POST", "/api/v1/auth/register", signUpOK, false},
		{"POST", "/api/v1/auth/signin", signInOK, false},
		{"POST", "/api/v1/auth/login", signInOK, false},
		{"POST", "/api/v1/auth/refresh", refreshOK, false},
		{"POST", "/api/v1/auth/refresh/", refreshOK, false},
		{"GET", "/api/v1/auth/me", "", true},
		{"HEAD", "/api/v1/users/me", "", true},
		{"GET", "/api/v1/sessions?limit=3", "", true},
		{"POST", "/api/v1/auth/signout", "", true},
		{"DELETE", "/api/v1/sessions/03000000-0000-0000-0000-000000000000", "", true},
	} {
		got = nil
		headers := []string{"DPoP", "a.b.c"}
		if c.presented {
			headers = append(headers, "Authorization", "DPoP "+goodToken)
		}
		r := ask(c.method, c.path, c.body, headers...)
		w := s.do(r)
		require.Less(t, w.Code, 300, "%s %s", c.path, w.Body)
		require.Equal(t, []inbound.Proof{{
			Text: "a.b.c", Method: c.method, URI: "http://example.com" + r.URL.EscapedPath(), Presented: c.presented,
		}}, got)
		require.Equal(t, []string{"nonce-1"}, w.Header().Values("DPoP-Nonce"))
	}
}

func TestWithoutAProofNothingIsToldOfThem(t *testing.T) {
	var got []inbound.Proof
	s := start(t, sees(&got))
	for _, r := range []*http.Request{
		ask("POST", "/api/v1/auth/refresh", refreshOK), asAnn("GET", "/api/v1/auth/me"),
	} {
		w := s.do(r)
		require.Equal(t, 200, w.Code)
		require.Empty(t, w.Header().Get("DPoP-Nonce"))
	}
	require.Equal(t, []inbound.Proof{{}, {}}, got)
	// Where a proof has no meaning it is passed over.
	w := s.do(ask("GET", "/health", "", "DPoP", "a", "DPoP", "b"))
	require.Equal(t, 200, w.Code)
	require.Empty(t, w.Header().Get("DPoP-Nonce"))
}

func TestTheKindOfTokenIsTold(t *testing.T) {
	var got []inbound.Proof
	s := start(t, sees(&got))
	require.Contains(t, s.do(ask("POST", "/api/v1/auth/refresh", refreshOK)).Body.String(), `"token_type":"bearer"`)
	require.Contains(t, s.do(ask("POST", "/api/v1/auth/refresh", refreshOK, "DPoP", "x")).Body.String(), `"token_type":"DPoP"`)
}

func TestThereIsOneProofOrNone(t *testing.T) {
	f := guarded()
	f.signIn, f.signUp, f.refresh = nil, nil, nil
	s := start(t, f)
	for _, headers := range [][]string{{"DPoP", "a.b.c", "DPoP", "a.b.c"}, {"DPoP", "a.b.c", "dpop", ""}} {
		for _, c := range []struct {
			method, path, body string
			status             int
		}{
			{"POST", "/api/v1/auth/signup", signUpOK, 400},
			{"POST", "/api/v1/auth/signin", signInOK, 400},
			{"POST", "/api/v1/auth/refresh", refreshOK, 400},
			{"GET", "/api/v1/auth/me", "", 401},
			{"POST", "/api/v1/auth/signout", "", 401},
		} {
			r := ask(c.method, c.path, c.body, "Authorization", "DPoP "+goodToken)
			for i := 0; i < len(headers); i += 2 {
				r.Header.Add(headers[i], headers[i+1])
			}
			w := s.do(r)
			refused(t, w, c.status, fault.InvalidProof)
			require.Equal(t, []string{`DPoP error="invalid_dpop_proof", ` + algs}, w.Header().Values("WWW-Authenticate"))
			require.Equal(t, "nonce-1", w.Header().Get("DPoP-Nonce"))
		}
	}
	r := ask("POST", "/api/v1/auth/refresh", refreshOK)
	r.Header["Dpop"] = []string{""}
	refused(t, s.do(r), 400, fault.InvalidProof)
}

func TestChallengesSayWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		err       error
		scheme    string
		challenge string
	}{
		"a bad bearer token":    {fault.New(fault.InvalidToken), "Bearer ", `Bearer error="invalid_token"`},
		"a bound bearer token":  {fault.New(fault.InvalidToken).Because(proof.ErrBearer), "Bearer ", `DPoP error="invalid_token", ` + algs},
		"a bad bound token":     {fault.New(fault.InvalidToken), "DPoP ", `DPoP error="invalid_token", ` + algs},
		"in small letters":      {fault.New(fault.InvalidToken), "dpop ", `DPoP error="invalid_token", ` + algs},
		"a bad proof":           {fault.New(fault.InvalidProof), "DPoP ", `DPoP error="invalid_dpop_proof", ` + algs},
		"a nonce that is asked": {fault.New(fault.ProofNonceNeeded), "DPoP ", `DPoP error="use_dpop_nonce", ` + algs},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakes()
			f.authenticate = func(context.Context, inbound.Caller, string) (inbound.Principal, error) {
				return inbound.Principal{}, c.err
			}
			f.signOut = func(context.Context, inbound.Caller, string) error { return c.err }
			s := start(t, f)
			for _, r := range [][2]string{{"GET", "/api/v1/auth/me"}, {"POST", "/api/v1/auth/signout"}} {
				w := s.do(ask(r[0], r[1], "", "Authorization", c.scheme+goodToken, "DPoP", "a.b.c"))
				refused(t, w, 401, fault.CodeOf(c.err))
				require.Equal(t, []string{c.challenge}, w.Header().Values("WWW-Authenticate"))
				require.Equal(t, "nonce-1", w.Header().Get("DPoP-Nonce"))
				require.NotContains(t, s.log.String(), "a.b.c")
			}
		})
	}
	f := newFakes()
	f.refresh = func(context.Context, inbound.Caller, string) (inbound.TokenPair, error) {
		return inbound.TokenPair{}, fault.New(fault.ProofNonceNeeded)
	}
	w := start(t, f).do(ask("POST", "/api/v1/auth/refresh", refreshOK, "DPoP", "a.b.c"))
	refused(t, w, 400, fault.ProofNonceNeeded)
	require.Equal(t, []string{`DPoP error="use_dpop_nonce", ` + algs}, w.Header().Values("WWW-Authenticate"))
	require.Equal(t, "nonce-1", w.Header().Get("DPoP-Nonce"))
}

// What a client called is what the edge knows of it, and no more of it than
// can be believed.
func TestTheAddressIsTheOneTheClientCalled(t *testing.T) {
	behind := func(o *httpapi.Options) { o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} }
	public := func(o *httpapi.Options) { o.PublicURL = "https://auth.example.com/base" }
	for name, c := range map[string]struct {
		change func(*httpapi.Options)
		spoil  func(*http.Request)
		want   string
	}{
		"plain":                       {func(*httpapi.Options) {}, func(*http.Request) {}, "http://example.com"},
		"by TLS":                      {func(*httpapi.Options) {}, func(r *http.Request) { r.TLS = &tls.ConnectionState{} }, "https://example.com"},
		"another host":                {func(*httpapi.Options) {}, func(r *http.Request) { r.Host = "auth.example.com:8000" }, "http://auth.example.com:8000"},
		"a stranger's word":           {func(*httpapi.Options) {}, func(r *http.Request) { r.Header.Set("X-Forwarded-Proto", "https") }, "http://example.com"},
		"a proxy's word":              {behind, func(r *http.Request) { r.Header.Set("X-Forwarded-Proto", "https") }, "https://example.com"},
		"a host that is not believed": {behind, func(r *http.Request) { r.Header.Set("X-Forwarded-Host", "evil.example.com") }, "http://example.com"},
		"a public URL":                {public, func(r *http.Request) { r.Host = "10.0.0.1:8000" }, "https://auth.example.com/base"},
	} {
		var got []inbound.Proof
		r := ask("POST", "/api/v1/auth/refresh?x=y", refreshOK, "DPoP", "a.b.c")
		c.spoil(r)
		require.Equal(t, 200, start(t, sees(&got), c.change).do(r).Code, name)
		require.Equal(t, c.want+"/api/v1/auth/refresh", got[0].URI, name)
	}
}

func TestPagesOfOtherOriginsMayProve(t *testing.T) {
	s := start(t, newFakes(), func(o *httpapi.Options) { o.CORSOrigins = []string{"https://app.example.com"} })
	var w *httptest.ResponseRecorder
	w = s.do(ask("OPTIONS", "/api/v1/auth/refresh", "", "Origin", "https://app.example.com", "Access-Control-Request-Method", "POST"))
	require.Contains(t, w.Header().Get("Access-Control-Allow-Headers"), "DPoP")
	w = s.do(ask("POST", "/api/v1/auth/refresh", refreshOK, "Origin", "https://app.example.com", "DPoP", "a.b.c"))
	require.Contains(t, w.Header().Get("Access-Control-Expose-Headers"), "DPoP-Nonce")
	require.Contains(t, w.Header().Get("Access-Control-Expose-Headers"), "WWW-Authenticate")
}
