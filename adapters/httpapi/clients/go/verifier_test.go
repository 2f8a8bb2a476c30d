package plinto_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	plinto "github.com/plinto/plinto/adapters/httpapi/clients/go"
)

// open is for tests of tokens alone: no feed is needed.
func open(o *plinto.Options) { o.Late = plinto.FailOpen }

func TestTokensOfEveryAlgorithm(t *testing.T) {
	for _, algorithm := range []string{"RS256", "ES256", "EdDSA"} {
		k := newSigner(t, "k", algorithm)
		v := newService(t, k).verifier(open)
		c, err := v.Verify(t.Context(), k.token(t, nil, nil))
		require.NoError(t, err, algorithm)
		require.Equal(t, userID, c.Subject)
		require.Equal(t, session, c.Session)
		require.Equal(t, []string{"api"}, c.Audience)
		require.Equal(t, []string{"pwd"}, c.Methods)
		require.WithinDuration(t, time.Now().Add(15*time.Minute), c.ExpiresAt, time.Minute)
		for _, typ := range []string{"AT+JWT", "application/at+jwt"} {
			_, err = v.Verify(t.Context(), k.token(t, map[string]any{"typ": typ}, nil))
			require.NoError(t, err, typ)
		}
	}
}

func TestTokensThatAreRefused(t *testing.T) {
	k, ec, foreign := newSigner(t, "k", "RS256"), newSigner(t, "ec", "ES256"), newSigner(t, "k", "RS256")
	s := newService(t, k, ec)
	v := s.verifier(open)
	now := time.Now().Unix()
	good := k.token(t, nil, nil)
	parts := strings.Split(good, ".")
	refused := map[string]string{
		"nothing": "", "one part": parts[0], "two parts": parts[0] + "." + parts[1], "four parts": good + ".x", "no signature": parts[0] + "." + parts[1] + ".",
		"padding": good + "=", "a space": " " + good, "a line end": parts[0] + "\n." + parts[1] + "." + parts[2], "another's key": foreign.token(t, nil, nil),
		"changed claims":   parts[0] + "." + encode([]byte(`{"sub":"x"}`)) + "." + parts[2],
		"another alg":      k.token(t, map[string]any{"alg": "ES256"}, nil),
		"none":             encode([]byte(`{"typ":"at+jwt","alg":"none","kid":"k"}`)) + "." + parts[1] + ".",
		"HS256 by the key": k.token(t, map[string]any{"alg": "HS256"}, nil),
		"ALG in capitals":  k.compact(t, []byte(`{"typ":"at+jwt","ALG":"RS256","kid":"k"}`), mustDecode(t, parts[1])),
		"the key of EC":    k.token(t, map[string]any{"kid": "ec"}, nil),
		"DER in ES256":     strings.Join(strings.Split(ec.token(t, nil, nil), ".")[:2], ".") + "." + encode(make([]byte, 70)),
		"no kid":           k.token(t, map[string]any{"kid": nil}, nil),
		"a number for kid": k.token(t, map[string]any{"kid": 1}, nil),
		"unknown kid":      k.token(t, map[string]any{"kid": "other"}, nil),
		"crit":             k.token(t, map[string]any{"crit": []string{"exp"}}, nil),
		"typ JWT":          k.token(t, map[string]any{"typ": "JWT"}, nil),
		"no typ":           k.token(t, map[string]any{"typ": nil}, nil),
		"type id":          k.token(t, nil, map[string]any{"type": "id"}),
		"issuer":           k.token(t, nil, map[string]any{"iss": issuer + "/"}),
		"audience":         k.token(t, nil, map[string]any{"aud": []string{"apis"}}),
		"no audience":      k.token(t, nil, map[string]any{"aud": []string{}}),
		"expired":          k.token(t, nil, map[string]any{"exp": now - 6}),
		"not yet":          k.token(t, nil, map[string]any{"nbf": now + 10}),
		"from the future":  k.token(t, nil, map[string]any{"iat": now + 10}),
		"from long ago":    k.token(t, nil, map[string]any{"iat": now - 25*60*60}),
		"a fraction":       k.token(t, nil, map[string]any{"exp": float64(now) + 100.5}),
		"a text for exp":   k.token(t, nil, map[string]any{"exp": "9999999999"}),
		"an empty sid":     k.token(t, nil, map[string]any{"sid": ""}),
		"a null sub":       k.compact(t, mustDecode(t, parts[0]), []byte(strings.Replace(string(mustDecode(t, parts[1])), `"`+userID+`"`, "null", 1))),
		"very long":        k.token(t, nil, map[string]any{"x": strings.Repeat("x", 9000)}),
	}
	for _, claim := range []string{"iss", "aud", "sub", "client_id", "sid", "tid", "jti", "iat", "nbf", "exp", "type", "auth_time", "amr"} {
		refused["no "+claim] = k.token(t, nil, map[string]any{claim: nil})
	}
	for name, text := range refused {
		_, err := v.Verify(t.Context(), text)
		require.ErrorIs(t, err, plinto.ErrInvalidToken, name)
		require.NotErrorIs(t, err, plinto.ErrRevoked, name)
	}
	_, err := v.Verify(t.Context(), good)
	require.NoError(t, err)
	for name, claims := range map[string]map[string]any{"expired a moment ago": {"exp": now - 3}, "made a moment from now": {"nbf": now + 3, "iat": now + 3}} {
		_, err := v.Verify(t.Context(), k.token(t, nil, claims))
		require.NoError(t, err, name)
	}
}

func mustDecode(t *testing.T, text string) json.RawMessage {
	t.Helper()
	var raw json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(decoded(t, text)), &raw))
	return raw
}

func TestATokenThatIsBoundToAKeyIsNoBearers(t *testing.T) {
	k := newSigner(t, "k", "EdDSA")
	s := newService(t, k)
	for _, cnf := range []map[string]any{{"jkt": "thumb"}, {"x5t#S256": "x"}, {}} {
		_, err := s.verifier(open).Verify(t.Context(), k.token(t, nil, map[string]any{"cnf": cnf}))
		require.ErrorIs(t, err, plinto.ErrKeyBound)
		require.ErrorIs(t, err, plinto.ErrInvalidToken)
	}
	_, err := s.verifier(open).Verify(t.Context(), k.token(t, nil, map[string]any{"cnf": "x"}))
	require.ErrorIs(t, err, plinto.ErrInvalidToken)
}

func TestKeysAreFetchedWhenTheyAreNeeded(t *testing.T) {
	old, next := newSigner(t, "old", "ES256"), newSigner(t, "next", "EdDSA")
	s := newService(t, old)
	v := s.verifier(open)
	clock := newClock()
	v.SetClock(clock.now)
	verify := func(k signer) error {
		_, err := v.Verify(t.Context(), k.token(t, nil, map[string]any{"exp": time.Now().Add(10 * time.Hour).Unix()}))
		return err
	}
	var together sync.WaitGroup
	for range 8 {
		together.Go(func() {
			if err := verify(old); err != nil {
				t.Error(err)
			}
		})
	}
	together.Wait()
	require.EqualValues(t, 1, s.fetches.Load(), "once for all")

	// A key that is not known is looked for, but not more than once a second.
	require.ErrorIs(t, verify(next), plinto.ErrInvalidToken)
	require.EqualValues(t, 1, s.fetches.Load())
	s.publish(old, next)
	clock.advance(time.Second)
	require.NoError(t, verify(next))
	require.EqualValues(t, 2, s.fetches.Load())
	for range 10 {
		_, err := v.Verify(t.Context(), old.token(t, map[string]any{"kid": "forged"}, nil))
		require.ErrorIs(t, err, plinto.ErrInvalidToken)
	}
	require.EqualValues(t, 2, s.fetches.Load())

	// When they are too old they are fetched again, beside the request.
	clock.advance(5 * time.Minute)
	require.NoError(t, verify(old))
	clock.advance(time.Second)
	require.Eventually(t, func() bool { return verify(old) == nil && s.fetches.Load() >= 3 }, 10*time.Second, time.Millisecond)

	// A key that is published no more verifies no more.
	s.publish(next)
	clock.advance(5*time.Minute + time.Second)
	require.Eventually(t, func() bool { return verify(old) != nil }, 10*time.Second, time.Millisecond)
	require.ErrorIs(t, verify(old), plinto.ErrInvalidToken)
	require.NoError(t, verify(next))
}

func TestAKeySetThatCannotBeFetched(t *testing.T) {
	k := newSigner(t, "k", "EdDSA")
	s := newService(t, k)
	v := s.verifier(open)
	clock := newClock()
	v.SetClock(clock.now)
	good := k.token(t, nil, map[string]any{"exp": time.Now().Add(time.Hour).Unix()})
	s.set(func() { s.keysFail = 500 })
	for range 3 {
		_, err := v.Verify(t.Context(), good)
		require.ErrorIs(t, err, plinto.ErrKeys)
		require.NotErrorIs(t, err, plinto.ErrInvalidToken)
	}
	require.EqualValues(t, 1, s.fetches.Load(), "not again at once")
	s.set(func() { s.keysFail = 0 })
	clock.advance(time.Second)
	_, err := v.Verify(t.Context(), good)
	require.NoError(t, err)

	// It is away: whether there is another key by now is not known, also not a
	// moment after it was tried.
	s.set(func() { s.keysFail = 503 })
	clock.advance(time.Second)
	for range 3 {
		_, err = v.Verify(t.Context(), newSigner(t, "made in a hurry", "EdDSA").token(t, nil, nil))
		require.ErrorIs(t, err, plinto.ErrKeys)
		require.NotErrorIs(t, err, plinto.ErrInvalidToken)
	}

	// The keys at hand are of use for a while, and then not.
	clock.advance(5*time.Minute + 9*time.Minute)
	_, err = v.Verify(t.Context(), good)
	require.NoError(t, err)
	clock.advance(2 * time.Minute)
	require.Eventually(t, func() bool {
		clock.advance(time.Second)
		_, err = v.Verify(t.Context(), good)
		return err != nil
	}, 10*time.Second, time.Millisecond)
	require.ErrorIs(t, err, plinto.ErrKeys)
}

func TestKeySetsThatCannotBeUsed(t *testing.T) {
	k, ec, ed := newSigner(t, "k", "RS256").jwk(), newSigner(t, "k", "ES256").jwk(), newSigner(t, "k", "EdDSA").jwk()
	with := func(of map[string]string, changes ...string) map[string]string {
		out := map[string]string{}
		for name, value := range of {
			out[name] = value
		}
		for i := 0; i < len(changes); i += 2 {
			out[changes[i]] = changes[i+1]
		}
		return out
	}
	for name, keys := range map[string][]map[string]string{
		"none":                 {},
		"twice":                {k, k},
		"of encryption":        {with(k, "use", "enc")},
		"without an id":        {with(k, "kid", "")},
		"of another algorithm": {with(k, "alg", "RS512")},
		"without one":          {with(k, "alg", "")},
		"a short modulus":      {with(k, "n", k["n"][:100])},
		"not base64url":        {with(k, "n", "!")},
		"an even exponent":     {with(k, "e", "AA")},
		"an exponent of one":   {with(k, "e", "AQ")},
		"a huge exponent":      {with(k, "e", "AQAAAAAB")},
		"off the curve":        {with(ec, "x", ec["y"])},
		"another curve":        {with(ec, "crv", "P-384")},
		"a short coordinate":   {with(ec, "x", ec["x"][:40])},
		"a short Ed25519 key":  {with(ed, "x", ed["x"][:40])},
		"Ed448":                {with(ed, "crv", "Ed448")},
	} {
		s := newService(t)
		s.set(func() { s.keys = keys })
		_, err := s.verifier(open).Verify(t.Context(), newSigner(t, "k", "EdDSA").token(t, nil, nil))
		require.ErrorIs(t, err, plinto.ErrKeys, name)
	}
	// What is not known is passed over, so that others can be used.
	other := newSigner(t, "good", "EdDSA")
	s := newService(t)
	s.set(func() { s.keys = []map[string]string{with(k, "alg", "PS256"), {"kty": "oct", "kid": "x"}, other.jwk()} })
	_, err := s.verifier(open).Verify(t.Context(), other.token(t, nil, nil))
	require.NoError(t, err)
}

func TestOptionsThatAreRefused(t *testing.T) {
	_, err := plinto.New(plinto.Options{})
	for _, name := range []string{"Issuer", "Audience", "ClientID", "ClientSecret", "BaseURL"} {
		require.ErrorContains(t, err, name)
	}
	for want, change := range map[string]func(*plinto.Options){
		"MaxStaleness": func(o *plinto.Options) { o.MaxStaleness = time.Second },
		"Poll":         func(o *plinto.Options) { o.Poll = 3 * time.Second },
		"Leeway":       func(o *plinto.Options) { o.Leeway = -1 },
		"Late":         func(o *plinto.Options) { o.Late = 7 },
		"BaseURL":      func(o *plinto.Options) { o.BaseURL = "ftp://x" },
		"no TLS":       func(o *plinto.Options) { o.BaseURL = "http://auth.example.com" },
		"Timeout":      func(o *plinto.Options) { o.HTTP = &http.Client{Timeout: time.Second} },
	} {
		o := plinto.Options{Issuer: issuer, Audience: "api", ClientID: "c", ClientSecret: "pcs_hunter2"}
		_, err := plinto.New(o)
		require.NoError(t, err)
		change(&o)
		_, err = plinto.New(o)
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "hunter2")
	}
	_, err = plinto.New(plinto.Options{Issuer: issuer, Audience: "api", ClientID: "c", ClientSecret: "s", BaseURL: "http://auth.internal", PlainHTTP: true})
	require.NoError(t, err)
}
