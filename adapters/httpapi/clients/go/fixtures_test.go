package plinto_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	plinto "github.com/plinto/plinto/adapters/httpapi/clients/go"
)

const (
	issuer  = "https://auth.example.com"
	session = "019f0000-0000-7000-8000-000000000001" // opened in July 2026
	userID  = "019f0000-0000-7000-8000-000000000002"
)

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// signer is a key pair of one algorithm.
type signer struct {
	kid, algorithm string
	private        crypto.Signer
}

func newSigner(t testing.TB, kid, algorithm string) signer {
	t.Helper()
	var private crypto.Signer
	var err error
	switch algorithm {
	case "RS256":
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	case "ES256":
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	default:
		_, private, err = ed25519.GenerateKey(rand.Reader)
	}
	require.NoError(t, err)
	return signer{kid, algorithm, private}
}

// jwk is the public half.
func (s signer) jwk() map[string]string {
	out := map[string]string{"kid": s.kid, "alg": s.algorithm, "use": "sig"}
	switch public := s.private.Public().(type) {
	case *rsa.PublicKey:
		maps.Copy(out, map[string]string{"kty": "RSA", "n": encode(public.N.Bytes()), "e": encode(big.NewInt(int64(public.E)).Bytes())})
	case *ecdsa.PublicKey:
		point, _ := public.Bytes()
		maps.Copy(out, map[string]string{"kty": "EC", "crv": "P-256", "x": encode(point[1:33]), "y": encode(point[33:])})
	case ed25519.PublicKey:
		maps.Copy(out, map[string]string{"kty": "OKP", "crv": "Ed25519", "x": encode(public)})
	}
	return out
}

func (s signer) sign(t testing.TB, signed string) []byte {
	t.Helper()
	if s.algorithm == "EdDSA" {
		signature, err := s.private.Sign(rand.Reader, []byte(signed), crypto.Hash(0))
		require.NoError(t, err)
		return signature
	}
	sum := sha256.Sum256([]byte(signed))
	if private, ok := s.private.(*ecdsa.PrivateKey); ok {
		r, v, err := ecdsa.Sign(rand.Reader, private, sum[:])
		require.NoError(t, err)
		return append(r.FillBytes(make([]byte, 32)), v.FillBytes(make([]byte, 32))...)
	}
	signature, err := s.private.Sign(rand.Reader, sum[:], crypto.SHA256)
	require.NoError(t, err)
	return signature
}

// token signs a good token with some of it changed; nil takes a member out.
func (s signer) token(t testing.TB, header, claims map[string]any) string {
	t.Helper()
	now := time.Now().Unix()
	h := map[string]any{"typ": "at+jwt", "alg": s.algorithm, "kid": s.kid}
	c := map[string]any{
		"iss": issuer, "aud": []string{"api"}, "sub": userID, "client_id": "plinto", "sid": session, "tid": "t", "jti": "j",
		"iat": now, "nbf": now, "exp": now + 900, "type": "access", "auth_time": now, "amr": []string{"pwd"},
	}
	for of, changed := range map[*map[string]any]map[string]any{&h: header, &c: claims} {
		for name, value := range changed {
			if value == nil {
				delete(*of, name)
			} else {
				(*of)[name] = value
			}
		}
	}
	rawHeader, err := json.Marshal(h)
	require.NoError(t, err)
	rawClaims, err := json.Marshal(c)
	require.NoError(t, err)
	return s.compact(t, rawHeader, rawClaims)
}

func (s signer) compact(t testing.TB, header, claims []byte) string {
	signed := encode(header) + "." + encode(claims)
	return signed + "." + encode(s.sign(t, signed))
}

// service is what a Verifier sees of Plinto.
type service struct {
	*httptest.Server
	t       testing.TB
	fetches atomic.Int32 // of the key set
	polls   atomic.Int32

	mu         sync.Mutex
	keys       []map[string]string
	keysFail   int // a status instead of the keys
	maxAge     string
	feedFail   int
	feedType   string
	introspect func(form map[string][]string) (int, any)

	events chan string   // what the stream says
	from   chan string   // the cursors that the feed was asked from
	drop   chan struct{} // ends the stream
}

func newService(t testing.TB, keys ...signer) *service {
	t.Helper()
	s := &service{t: t, maxAge: "max-age=300", feedType: "text/event-stream", events: make(chan string), from: make(chan string, 1000), drop: make(chan struct{})}
	s.publish(keys...)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/jwks.json", s.serveKeys)
	mux.HandleFunc("GET /api/v1/revocations", s.serveFeed)
	mux.HandleFunc("POST /api/v1/auth/introspect", s.serveIntrospection)
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func (s *service) publish(keys ...signer) {
	s.set(func() {
		s.keys = nil
		for _, k := range keys {
			s.keys = append(s.keys, k.jwk())
		}
	})
}

func (s *service) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func (s *service) serveKeys(w http.ResponseWriter, _ *http.Request) {
	s.fetches.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Cache-Control", s.maxAge)
	if s.keysFail != 0 {
		w.WriteHeader(s.keysFail)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"keys": s.keys})
}

func (s *service) serveFeed(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	if id != "client%3A1" || secret != "pcs_a%2Bb" {
		s.t.Errorf("credential %s:%s", id, secret)
	}
	s.mu.Lock()
	status, kind := s.feedFail, s.feedType
	s.mu.Unlock()
	if status != 0 {
		w.Header().Set("Retry-After", "0")
		w.WriteHeader(status)
		return
	}
	s.from <- r.URL.Query().Get("cursor")
	if r.Header.Get("Accept") == "application/json" {
		s.polls.Add(1)
		_, _ = fmt.Fprint(w, <-s.events)
		return
	}
	w.Header().Set("Content-Type", kind)
	_ = http.NewResponseController(w).Flush()
	for {
		select {
		case <-r.Context().Done():
			return
		case <-s.drop:
			return
		case text := <-s.events:
			_, _ = fmt.Fprint(w, text)
			_ = http.NewResponseController(w).Flush()
		}
	}
}

func (s *service) serveIntrospection(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		s.t.Error(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	status, body := s.introspect(r.PostForm)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// say sends on the stream, when somebody listens.
func (s *service) say(text string) {
	s.t.Helper()
	select {
	case s.events <- text:
	case <-time.After(10 * time.Second):
		s.t.Fatal("nobody follows the feed")
	}
}

// heartbeat says that everything is told up to an age ago.
func heartbeat(cursor string, age time.Duration) string {
	now := time.Now()
	return fmt.Sprintf("event: heartbeat\nid: %s\ndata: {\"as_of\":%q,\"sent_at\":%q,\"access_token_max_age\":1005}\n\n",
		cursor, now.Add(-age).Format(time.RFC3339Nano), now.Format(time.RFC3339Nano))
}

func (s *service) options() plinto.Options {
	return plinto.Options{Issuer: issuer, Audience: "api", BaseURL: s.URL, ClientID: "client:1", ClientSecret: "pcs_a+b"}
}

// verifier makes a Verifier and runs it until the test ends.
func (s *service) verifier(change ...func(*plinto.Options)) *plinto.Verifier {
	s.t.Helper()
	o := s.options()
	for _, c := range change {
		c(&o)
	}
	v, err := plinto.New(o)
	require.NoError(s.t, err)
	return v
}

// running runs a Verifier until the test ends.
func running(t *testing.T, v *plinto.Verifier) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- v.Run(t.Context()) }()
	t.Cleanup(func() { require.NoError(t, <-done) })
}

// inStep waits until the feed is not late.
func inStep(t *testing.T, v *plinto.Verifier) {
	t.Helper()
	require.Eventually(t, func() bool { return !v.Late() }, 10*time.Second, time.Millisecond)
}

// clock is a clock that tests move. It begins at the present.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Now()} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func decoded(t testing.TB, text string) string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(text)
	require.NoError(t, err)
	return string(raw)
}
