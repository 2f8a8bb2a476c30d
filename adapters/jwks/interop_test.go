package jwks_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/ports/porttest"
)

// publishedKey reads a key out of the published set by hand: what another
// library would make of it.
func publishedKey(t *testing.T, published []byte, kid string) crypto.PublicKey {
	t.Helper()
	var set struct {
		Keys []map[string]string `json:"keys"`
	}
	require.NoError(t, json.Unmarshal(published, &set))
	for _, k := range set.Keys {
		if k["kid"] != kid {
			continue
		}
		member := func(name string) []byte {
			b, err := base64.RawURLEncoding.Strict().DecodeString(k[name])
			require.NoError(t, err)
			return b
		}
		number := func(name string) *big.Int { return new(big.Int).SetBytes(member(name)) }
		switch k["kty"] {
		case "RSA":
			return &rsa.PublicKey{N: number("n"), E: int(number("e").Int64())}
		case "EC":
			require.Equal(t, "P-256", k["crv"])
			key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, member("x")...), member("y")...))
			require.NoError(t, err)
			return key
		case "OKP":
			require.Equal(t, "Ed25519", k["crv"])
			return ed25519.PublicKey(member("x"))
		}
	}
	t.Fatalf("key %s is not published", kid)
	return nil
}

func TestAnotherLibraryVerifiesOurTokens(t *testing.T) {
	for _, a := range algorithms {
		s, _ := newSigner(t, a)
		c := porttest.AccessClaims()
		text, err := s.Sign(c)
		require.NoError(t, err)
		read, err := jwt.Parse(text, func(got *jwt.Token) (any, error) {
			return publishedKey(t, s.Published(), got.Header["kid"].(string)), nil
		}, jwt.WithValidMethods([]string{string(a)}), jwt.WithIssuer(c.Issuer), jwt.WithAudience("api"),
			jwt.WithSubject(c.Subject.String()), jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
			jwt.WithTimeFunc(func() time.Time { return c.IssuedAt.Add(time.Minute) }))
		require.NoError(t, err, a)
		require.True(t, read.Valid)
		require.Equal(t, token.MediaType, read.Header["typ"])
		require.Equal(t, c.Session.String(), read.Claims.(jwt.MapClaims)["sid"])
	}
}

func TestWeVerifyTheSameTokenFromAnotherLibrary(t *testing.T) {
	for _, a := range algorithms {
		s, pairs := newSigner(t, a)
		var claims jwt.MapClaims
		require.NoError(t, json.Unmarshal([]byte(payloadOf(t, signed(t, s))), &claims))
		for _, name := range []string{"iat", "nbf", "exp", "auth_time"} {
			claims[name] = int64(claims[name].(float64))
		}
		made := jwt.NewWithClaims(jwt.GetSigningMethod(string(a)), claims)
		made.Header["kid"], made.Header["typ"] = pairs[a].KID, token.MediaType
		text, err := made.SignedString(privateKey(t, pairs[a]))
		require.NoError(t, err)
		_, err = s.Verify(text)
		require.NoError(t, err, a)
	}
}
