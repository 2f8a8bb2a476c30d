package plinto_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	plinto "github.com/plinto/plinto/adapters/httpapi/clients/go"
)

func TestRequire(t *testing.T) {
	k := newSigner(t, "k", "EdDSA")
	var log bytes.Buffer
	v := newService(t, k).verifier(open, func(o *plinto.Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	h := v.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, ok := plinto.FromContext(r.Context())
		if !ok {
			t.Error("no claims")
		}
		_, _ = w.Write([]byte(c.Subject))
	}))
	good, bound := k.token(t, nil, nil), k.token(t, nil, map[string]any{"cnf": map[string]string{"jkt": "x"}})
	ask := func(fields ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header["Authorization"] = fields
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	for _, field := range []string{"Bearer " + good, "bearer " + good, "BEARER  " + good} {
		w := ask(field)
		require.Equal(t, 200, w.Code, w.Body)
		require.Equal(t, userID, w.Body.String())
	}
	for _, none := range [][]string{nil, {""}, {"Basic x"}, {good}, {"Bearer " + good, "Bearer " + good}} {
		w := ask(none...)
		require.Equal(t, 401, w.Code)
		require.Equal(t, "Bearer", w.Header().Get("WWW-Authenticate"))
		require.JSONEq(t, `{"error":{"code":"not_authenticated","message":"A good access token is required."}}`, w.Body.String())
	}
	for _, bad := range []string{"Bearer", "Bearer x", "Bearer " + good + "x", "Bearer " + bound, "DPoP " + bound, "DPoP " + good} {
		w := ask(bad)
		require.Equal(t, 401, w.Code, bad)
		scheme := "Bearer"
		if strings.HasSuffix(bad, bound) {
			scheme = "DPoP" // the one under which such a token may be good (RFC 9449 section 7.1)
		}
		require.Equal(t, scheme+` error="invalid_token"`, w.Header().Get("WWW-Authenticate"))
		require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
		require.JSONEq(t, `{"error":{"code":"invalid_token","message":"A good access token is required."}}`, w.Body.String())
	}
	_, ok := plinto.FromContext(t.Context())
	require.False(t, ok)
	require.NotContains(t, log.String(), good)
}

func TestRequireWhileNothingIsKnown(t *testing.T) {
	k := newSigner(t, "k", "EdDSA")
	for name, change := range map[string]func(*service, *plinto.Options){
		"of revocations": func(*service, *plinto.Options) {},
		"of keys":        func(s *service, o *plinto.Options) { s.keysFail, o.Late = 500, plinto.FailOpen },
		"by asking": func(s *service, o *plinto.Options) {
			o.Late = plinto.Introspect
			s.introspect = func(map[string][]string) (int, any) { return 500, nil }
		},
	} {
		s := newService(t, k)
		v := s.verifier(func(o *plinto.Options) { change(s, o) })
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", "Bearer "+k.token(t, nil, nil))
		w := httptest.NewRecorder()
		v.Require(http.NotFoundHandler()).ServeHTTP(w, r)
		require.Equal(t, 503, w.Code, name)
		require.Equal(t, "1", w.Header().Get("Retry-After"))
		require.Empty(t, w.Header().Get("WWW-Authenticate"))
		require.Contains(t, w.Body.String(), `"code":"service_unavailable"`)
	}
}

func TestAProofOfTheKey(t *testing.T) {
	k := newSigner(t, "k", "EdDSA")
	plain, bound := k.token(t, nil, nil), k.token(t, nil, map[string]any{"cnf": map[string]string{"jkt": "thumb"}})
	var proven error
	v := newService(t, k).verifier(open, func(o *plinto.Options) {
		o.CheckProof = func(r *http.Request, token string, c plinto.Claims) error {
			require.Equal(t, bound, token)
			require.Equal(t, "thumb", c.KeyThumbprint)
			require.Equal(t, "proof", r.Header.Get("DPoP"))
			return proven
		}
	})
	ask := func(field string) int {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", field)
		r.Header.Set("DPoP", "proof")
		w := httptest.NewRecorder()
		v.Require(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(w, r)
		return w.Code
	}
	require.Equal(t, 200, ask("DPoP "+bound))
	require.Equal(t, 200, ask("Bearer "+plain))
	require.Equal(t, 401, ask("Bearer "+bound), "a proof makes no bearer")
	require.Equal(t, 401, ask("DPoP "+plain))
	require.Equal(t, 401, ask("DPoP "+k.token(t, nil, map[string]any{"cnf": map[string]string{"x5t#S256": "x"}})), "it names no key that a proof could be of")
	proven = errors.New("not proven")
	require.Equal(t, 401, ask("DPoP "+bound))
	_, err := v.Verify(t.Context(), bound)
	require.ErrorIs(t, err, plinto.ErrKeyBound, "Verify sees no proof")
}
