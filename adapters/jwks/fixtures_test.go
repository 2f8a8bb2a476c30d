package jwks_test

import (
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/jwks"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/ports/outbound"
	"github.com/plinto/plinto/ports/porttest"
)

var algorithms = []token.Algorithm{token.RS256, token.ES256, token.EdDSA}

// newSigner gives a signer that signs with the first key and knows one of each
// algorithm.
func newSigner(t testing.TB, active token.Algorithm) (*jwks.Signer, map[token.Algorithm]outbound.KeyPair) {
	t.Helper()
	s := jwks.New(jwks.Options{})
	pairs := map[token.Algorithm]outbound.KeyPair{}
	var all []outbound.KeyPair
	for _, a := range algorithms {
		pair, err := s.Generate(a)
		require.NoError(t, err)
		pairs[a] = pair
		all = append(all, pair)
	}
	require.NoError(t, s.Use(all, pairs[active].KID))
	return s, pairs
}

func signed(t testing.TB, s *jwks.Signer) string {
	t.Helper()
	text, err := s.Sign(porttest.AccessClaims())
	require.NoError(t, err)
	return text
}

func privateKey(t testing.TB, pair outbound.KeyPair) crypto.Signer {
	t.Helper()
	key, err := x509.ParsePKCS8PrivateKey(pair.Private)
	require.NoError(t, err)
	return key.(crypto.Signer)
}

func segment(t testing.TB, v any) string {
	t.Helper()
	b, ok := v.(string)
	if !ok {
		encoded, err := json.Marshal(v)
		require.NoError(t, err)
		b = string(encoded)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(b))
}

// payloadOf is the middle segment of a token, decoded.
func payloadOf(t testing.TB, text string) string {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(strings.Split(text, ".")[1])
	require.NoError(t, err)
	return string(b)
}

func refused(t testing.TB, s *jwks.Signer, text, why string) {
	t.Helper()
	claims, err := s.Verify(text)
	require.ErrorIs(t, err, token.ErrInvalid, why)
	require.NotErrorIs(t, err, outbound.ErrUnknownKey, why)
	require.Zero(t, claims, why)
}

func replace(t testing.TB, b []byte, was, is string) []byte {
	t.Helper()
	require.Contains(t, string(b), was)
	return []byte(strings.ReplaceAll(string(b), was, is))
}
