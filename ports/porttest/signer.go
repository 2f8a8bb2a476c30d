package porttest

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/ports/outbound"
)

var algorithms = []token.Algorithm{token.RS256, token.ES256, token.EdDSA}

// Signer is the contract of outbound.Signer, with keys that it makes itself. Open
// gives a signer that has no keys yet.
func Signer(t *testing.T, open func(t *testing.T) outbound.Signer) {
	for name, test := range signerTests {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			test(t, signerHarness{Signer: s, algorithms: algorithms, pair: func(a token.Algorithm) (outbound.KeyPair, error) { return s.Generate(a) }})
		})
	}
	t.Run("Generate", func(t *testing.T) { testSignerGenerate(t, open(t)) })
	t.Run("Import", func(t *testing.T) { testSignerImport(t, open(t)) })
}

// RemoteSigner is the same contract, with keys that sign elsewhere. NewKey makes
// one there.
func RemoteSigner(t *testing.T, open func(t *testing.T) outbound.Signer, newKey func(t *testing.T, a token.Algorithm) outbound.RemoteKey, can ...token.Algorithm) {
	for name, test := range signerTests {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			test(t, signerHarness{Signer: s, algorithms: can, pair: func(a token.Algorithm) (outbound.KeyPair, error) { return s.Adopt(newKey(t, a), a) }})
		})
	}
	t.Run("Adopt", func(t *testing.T) {
		s := open(t)
		for _, a := range can {
			key := newKey(t, a)
			pair, err := s.Adopt(key, a)
			require.NoError(t, err)
			testDescription(t, pair)
			require.Nil(t, pair.Private)
			again, err := s.Adopt(key, a)
			require.NoError(t, err)
			require.Equal(t, pair.KID, again.KID)
			for _, other := range algorithms {
				if other != a {
					_, err := s.Adopt(key, other)
					require.Error(t, err, "the key cannot do that algorithm")
				}
			}
		}
	})
}

var signerTests = map[string]func(t *testing.T, s signerHarness){
	"BeforeUse":   testSignerBeforeUse,
	"RoundTrip":   testSignerRoundTrip,
	"Wire":        testSignerWire,
	"KeyBound":    testSignerKeyBound,
	"Rotation":    testSignerRotation,
	"NoneActive":  testSignerNoneActive,
	"BadUse":      testSignerBadUse,
	"Published":   testSignerPublished,
	"Altered":     testSignerAltered,
	"Concurrency": testSignerConcurrency,
}

// signerHarness is a signer and where its keys come from.
type signerHarness struct {
	outbound.Signer
	algorithms []token.Algorithm
	pair       func(a token.Algorithm) (outbound.KeyPair, error)
}

// one and another are algorithms that the keys can do, different ones if there
// are.
func (s signerHarness) one() token.Algorithm     { return s.algorithms[0] }
func (s signerHarness) another() token.Algorithm { return s.algorithms[len(s.algorithms)-1] }

// AccessClaims are the claims of an access token, for the tests of one adapter
// alone.
func AccessClaims() token.Claims {
	now := at.Truncate(time.Second)
	return token.Claims{
		Issuer: "https://id.example.com/?a=1&b=<2>", Audience: []string{"api", "https://api.example.com"},
		Subject: newID(), ClientID: token.ClientID, Session: newID(), Tenant: tenant.Default, ID: newID(),
		IssuedAt: now, NotBefore: now, ExpiresAt: now.Add(15 * time.Minute),
		AuthTime: now.Add(-time.Hour), Methods: []string{"pwd", "汉语"},
	}
}

func generate(t *testing.T, s signerHarness, a token.Algorithm) outbound.KeyPair {
	t.Helper()
	pair, err := s.pair(a)
	require.NoError(t, err)
	return pair
}

func use(t *testing.T, s outbound.Signer, active outbound.KeyPair, others ...outbound.KeyPair) {
	t.Helper()
	require.NoError(t, s.Use(append(others, active), active.KID))
}

func sign(t *testing.T, s outbound.Signer, c token.Claims) string {
	t.Helper()
	text, err := s.Sign(c)
	require.NoError(t, err)
	return text
}

func testSignerBeforeUse(t *testing.T, s signerHarness) {
	_, err := s.Sign(AccessClaims())
	require.ErrorIs(t, err, outbound.ErrUnavailable)
	require.ErrorIs(t, s.Ready(), outbound.ErrUnavailable)
	_, err = s.Verify("a.b.c")
	require.ErrorIs(t, err, token.ErrInvalid)
	require.JSONEq(t, `{"keys":[]}`, string(s.Published()))
}

// requiredMembers are what the thumbprint of a key is made of (RFC 7638 section
// 3.2, RFC 8037 section 2), in their order.
var requiredMembers = map[token.Algorithm][]string{
	token.RS256: {"e", "kty", "n"},
	token.ES256: {"crv", "kty", "x", "y"},
	token.EdDSA: {"crv", "kty", "x"},
}

func testSignerGenerate(t *testing.T, s outbound.Signer) {
	for _, a := range algorithms {
		pair, err := s.Generate(a)
		require.NoError(t, err)
		other, err := s.Generate(a)
		require.NoError(t, err)
		require.Equal(t, a, pair.Algorithm)
		require.NotEqual(t, other.KID, pair.KID, "two keys are two keys")
		testDescription(t, pair)
		_, err = x509.ParsePKCS8PrivateKey(pair.Private)
		require.NoError(t, err)
		require.Nil(t, pair.Remote)
	}
	_, err := s.Generate("HS256")
	require.ErrorIs(t, err, token.ErrAlgorithm)
}

func testSignerKeyBound(t *testing.T, s signerHarness) {
	use(t, s, generate(t, s, s.another()))
	claims := AccessClaims()
	require.NotContains(t, payload(t, sign(t, s, claims)), "cnf")
	claims.KeyThumbprint = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
	text := sign(t, s, claims)
	require.Equal(t, map[string]any{"jkt": claims.KeyThumbprint}, payload(t, text)["cnf"], "RFC 9449 section 6.1")
	got, err := s.Verify(text)
	require.NoError(t, err)
	require.Equal(t, claims, got)
}

func payload(t *testing.T, text string) map[string]any {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(text, ".")[1])
	require.NoError(t, err)
	var claims map[string]any
	require.NoError(t, json.Unmarshal(raw, &claims))
	return claims
}

// testDescription holds the public half against its RFCs.
func testDescription(t *testing.T, pair outbound.KeyPair) {
	t.Helper()
	var document map[string]string
	require.NoError(t, json.Unmarshal(pair.Public, &document))
	required := requiredMembers[pair.Algorithm]
	require.ElementsMatch(t, append([]string{"alg", "kid", "use"}, required...), slices.Collect(maps.Keys(document)))
	require.Equal(t, string(pair.Algorithm), document["alg"])
	require.Equal(t, pair.KID, document["kid"])
	require.Equal(t, "sig", document["use"])

	var members []string
	for _, name := range required {
		members = append(members, `"`+name+`":"`+document[name]+`"`)
	}
	digest := sha256.Sum256([]byte("{" + strings.Join(members, ",") + "}"))
	require.Equal(t, base64.RawURLEncoding.EncodeToString(digest[:]), pair.KID)
}

func testSignerImport(t *testing.T, s outbound.Signer) {
	for i, a := range algorithms {
		made, err := s.Generate(a)
		require.NoError(t, err)
		text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: made.Private})
		read, err := s.Import(text, a)
		require.NoError(t, err)
		require.Equal(t, made.KID, read.KID)
		require.Equal(t, a, read.Algorithm)
		require.JSONEq(t, string(made.Public), string(read.Public))
		require.NoError(t, s.Use([]outbound.KeyPair{read}, read.KID))
		_, err = s.Verify(sign(t, s, AccessClaims()))
		require.NoError(t, err)

		_, err = s.Import(text, algorithms[(i+1)%len(algorithms)])
		require.Error(t, err, "the key cannot do that algorithm")
	}
	_, err := s.Import([]byte("not a key"), token.RS256)
	require.Error(t, err)
}

func testSignerRoundTrip(t *testing.T, s signerHarness) {
	for _, a := range s.algorithms {
		use(t, s, generate(t, s, a))
		require.NoError(t, s.Ready())
		want := AccessClaims()
		got, err := s.Verify(sign(t, s, want))
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

// part decodes one segment of a token in compact form.
func part(t *testing.T, text string, segment int) map[string]any {
	t.Helper()
	segments := strings.Split(text, ".")
	require.Len(t, segments, 3)
	b, err := base64.RawURLEncoding.Strict().DecodeString(segments[segment])
	require.NoError(t, err)
	var members map[string]any
	require.NoError(t, json.Unmarshal(b, &members))
	return members
}

func testSignerWire(t *testing.T, s signerHarness) {
	pair := generate(t, s, s.another())
	use(t, s, pair)
	c := AccessClaims()
	c.Audience, c.Methods = []string{"api"}, []string{"pwd"}
	text := sign(t, s, c)
	require.Equal(t, map[string]any{"alg": string(s.another()), "kid": pair.KID, "typ": "at+jwt"}, part(t, text, 0))
	seconds := func(at time.Time) any { return float64(at.Unix()) }
	require.Equal(t, map[string]any{
		"iss": c.Issuer, "aud": []any{"api"}, "sub": c.Subject.String(), "client_id": c.ClientID,
		"sid": c.Session.String(), "tid": c.Tenant.String(), "jti": c.ID.String(),
		"iat": seconds(c.IssuedAt), "nbf": seconds(c.NotBefore), "exp": seconds(c.ExpiresAt),
		"type": "access", "auth_time": seconds(c.AuthTime), "amr": []any{"pwd"},
	}, part(t, text, 1))
}

func testSignerRotation(t *testing.T, s signerHarness) {
	first, second := generate(t, s, s.one()), generate(t, s, s.another())
	use(t, s, first, second)
	text := sign(t, s, AccessClaims())
	require.Equal(t, first.KID, part(t, text, 0)["kid"])

	retired := first
	retired.Private, retired.Remote = nil, nil
	use(t, s, second, retired)
	_, err := s.Verify(text)
	require.NoError(t, err, "a key that no longer signs still verifies")
	later := sign(t, s, AccessClaims())
	require.Equal(t, second.KID, part(t, later, 0)["kid"])

	use(t, s, second)
	_, err = s.Verify(text)
	require.ErrorIs(t, err, token.ErrInvalid)
	require.ErrorIs(t, err, outbound.ErrUnknownKey)
	_, err = s.Verify(later)
	require.NoError(t, err)
	_, err = s.Verify(later[:len(later)-4] + "AAAA")
	require.ErrorIs(t, err, token.ErrInvalid)
	require.NotErrorIs(t, err, outbound.ErrUnknownKey, "its key is known; the token is bad")
}

// testSignerNoneActive: keys that verify, and none that signs.
func testSignerNoneActive(t *testing.T, s signerHarness) {
	first, second := generate(t, s, s.one()), generate(t, s, s.another())
	use(t, s, first)
	text := sign(t, s, AccessClaims())
	require.NoError(t, s.Use([]outbound.KeyPair{first, second}, ""))
	_, err := s.Sign(AccessClaims())
	require.ErrorIs(t, err, outbound.ErrUnavailable)
	require.ErrorIs(t, s.Ready(), outbound.ErrUnavailable)
	_, err = s.Verify(text)
	require.NoError(t, err)
	require.Contains(t, string(s.Published()), second.KID)
	require.NoError(t, s.Use(nil, ""))
	_, err = s.Verify(text)
	require.ErrorIs(t, err, outbound.ErrUnknownKey)
	require.JSONEq(t, `{"keys":[]}`, string(s.Published()))
}

func testSignerBadUse(t *testing.T, s signerHarness) {
	good, other, unlike := generate(t, s, s.one()), generate(t, s, s.one()), generate(t, s, s.another())
	unlikeAlgorithm := algorithms[(slices.Index(algorithms, s.one())+1)%len(algorithms)]
	use(t, s, good)
	text, published := sign(t, s, AccessClaims()), string(s.Published())

	change := func(edit func(*outbound.KeyPair)) outbound.KeyPair {
		pair := other
		edit(&pair)
		return pair
	}
	for name, pairs := range map[string][]outbound.KeyPair{
		"no key":             {},
		"active is absent":   {good},
		"active cannot sign": {good, change(func(p *outbound.KeyPair) { p.Private, p.Remote = nil, nil })},
		"twice":              {other, other},
		"another's private":  {change(func(p *outbound.KeyPair) { p.Private, p.Remote = good.Private, good.Remote })},
		"a kind's private":   {change(func(p *outbound.KeyPair) { p.Private, p.Remote = unlike.Private, unlike.Remote })},
		"another's public":   {change(func(p *outbound.KeyPair) { p.Public = good.Public })},
		"other algorithm":    {change(func(p *outbound.KeyPair) { p.Algorithm = unlikeAlgorithm })},
		"no algorithm":       {change(func(p *outbound.KeyPair) { p.Algorithm = "" })},
		"broken public":      {change(func(p *outbound.KeyPair) { p.Public = []byte("{}") })},
		"broken private":     {change(func(p *outbound.KeyPair) { p.Private, p.Remote = []byte("x"), nil })},
		"two private halves": {change(func(p *outbound.KeyPair) { p.Private, p.Remote = []byte("x"), remote{} })},
		"a broken one more":  {other, {KID: "x", Algorithm: token.RS256, Public: []byte("{}")}},
	} {
		require.Error(t, s.Use(pairs, other.KID), name)
		require.Equal(t, published, string(s.Published()), name)
		_, err := s.Verify(text)
		require.NoError(t, err, name)
		require.Equal(t, good.KID, part(t, sign(t, s, AccessClaims()), 0)["kid"], name)
	}
}

// remote is a key that signs nothing and belongs to nobody.
type remote struct{ outbound.RemoteKey }

func testSignerPublished(t *testing.T, s signerHarness) {
	var pairs []outbound.KeyPair
	want := make([]string, 0, len(s.algorithms))
	for _, a := range s.algorithms {
		pairs = append(pairs, generate(t, s, a))
		want = append(want, string(pairs[len(pairs)-1].Public))
	}
	use(t, s, pairs[0], pairs[1:]...)
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	require.NoError(t, json.Unmarshal(s.Published(), &set))
	require.Len(t, set.Keys, len(pairs))
	for _, document := range set.Keys {
		require.Contains(t, want, string(document))
		var members map[string]any
		require.NoError(t, json.Unmarshal(document, &members))
		for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
			require.NotContains(t, members, private)
		}
	}
}

// testSignerAltered changes every character of a token in turn: each counts.
func testSignerAltered(t *testing.T, s signerHarness) {
	use(t, s, generate(t, s, s.another()))
	text := sign(t, s, AccessClaims())
	for i := range len(text) {
		for _, c := range []byte{'A', 'B', '.', '\n', '='} {
			if text[i] == c {
				continue
			}
			_, err := s.Verify(text[:i] + string(c) + text[i+1:])
			require.ErrorIs(t, err, token.ErrInvalid)
			_, err = s.Verify(text[:i] + string(c) + text[i:])
			require.ErrorIs(t, err, token.ErrInvalid)
		}
		_, err := s.Verify(text[:i])
		require.ErrorIs(t, err, token.ErrInvalid)
		_, err = s.Verify(text[i+1:])
		require.ErrorIs(t, err, token.ErrInvalid)
	}
}

// testSignerConcurrency exchanges keys under those who sign and verify: whoever
// signs finds a whole key, and what was signed verifies as long as its key stays.
func testSignerConcurrency(t *testing.T, s signerHarness) {
	first, second := generate(t, s, s.one()), generate(t, s, s.another())
	use(t, s, first, second)
	done := make(chan struct{})
	var busy sync.WaitGroup
	for range 4 {
		busy.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				text, err := s.Sign(AccessClaims())
				if err == nil {
					_, err = s.Verify(text)
				}
				if err != nil {
					t.Error(err)
					return
				}
				_ = s.Published()
			}
		})
	}
	for range 50 {
		use(t, s, second, first)
		use(t, s, first, second)
	}
	close(done)
	busy.Wait()
}
