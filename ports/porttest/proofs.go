package porttest

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/proof"
	"github.com/plinto/plinto/ports/outbound"
)

const proofURI = "https://auth.example.com/api/v1/auth/refresh"

// Proofs is the contract of outbound.ProofReader.
func Proofs(t *testing.T, reader outbound.ProofReader) {
	provers := map[string]*Prover{}
	for _, algorithm := range proof.Algorithms() {
		provers[algorithm] = NewProver(t, algorithm)
	}
	ours := provers["ES256"]
	now := at.Truncate(time.Second)
	refused := func(t *testing.T, text, why string) {
		t.Helper()
		claims, err := reader.Read(text)
		require.ErrorIs(t, err, proof.ErrInvalid, why)
		require.Zero(t, claims, why)
	}

	for algorithm, p := range provers {
		t.Run("a proof by "+algorithm, func(t *testing.T) {
			claims := p.Claims("POST", proofURI, "a.b.c", now)
			claims["nonce"], claims["jti"], claims["more"] = "a nonce", "汉语", []int{1}
			got, err := reader.Read(p.Sign(p.Header(), claims))
			require.NoError(t, err)
			require.Equal(t, proof.Claims{
				ID: "汉语", Method: "POST", URI: proofURI, IssuedAt: now, AccessTokenHash: proof.TokenHash("a.b.c"),
				Nonce: "a nonce", KeyThumbprint: p.Thumbprint(),
			}, got)

			text := p.Sign(p.Header(), claims)
			parts := strings.Split(text, ".")
			for i, part := range parts {
				for _, at := range []int{0, len(part) / 2, len(part) - 1} {
					altered := []byte(part)
					altered[at] = map[bool]byte{true: 'B', false: 'A'}[altered[at] == 'A']
					forged := append([]string{}, parts...)
					forged[i] = string(altered)
					refused(t, strings.Join(forged, "."), "one character")
				}
			}
			for other := range provers {
				if other == algorithm || strings.HasPrefix(other, "Ed") && strings.HasPrefix(algorithm, "Ed") {
					continue
				}
				header := p.Header()
				header["alg"] = other
				refused(t, p.Sign(header, claims), "signed by "+algorithm+", says "+other)
				header["alg"], header["jwk"] = algorithm, provers[other].JWK()
				refused(t, p.Sign(header, claims), "the key of another")
			}
		})
	}

	t.Run("the algorithm is asymmetric", func(t *testing.T) {
		claims := ours.Claims("POST", proofURI, "", now)
		for _, alg := range []any{"none", "None", "", "HS256", "HS384", "HS512", "es256", "ES256 ", "ES256K", "ES512", "RS384", "dir", nil, 7} {
			header := ours.Header()
			header["alg"] = alg
			refused(t, ours.Sign(header, claims), "alg")
			input := strings.Join(strings.Split(ours.Sign(header, claims), ".")[:2], ".")
			refused(t, input+".", "no signature")
			mac := hmac.New(sha256.New, []byte(ours.JWK()["x"].(string)))
			mac.Write([]byte(input))
			refused(t, input+"."+base64.RawURLEncoding.EncodeToString(mac.Sum(nil)), "a MAC under the public key")
		}
		header := ours.Header()
		delete(header, "alg")
		refused(t, ours.Sign(header, claims), "no alg")
	})

	t.Run("the key is public, whole and strong", func(t *testing.T) {
		claims := ours.Claims("POST", proofURI, "", now)
		for _, member := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
			header := ours.Header()
			jwk := ours.JWK()
			jwk[member] = "AQ"
			header["jwk"] = jwk
			refused(t, ours.Sign(header, claims), "with "+member)
		}
		for _, member := range []string{"kty", "crv", "x", "y"} {
			for _, value := range []any{nil, "", 7, "!", []string{"AQ"}} {
				header := ours.Header()
				jwk := ours.JWK()
				jwk[member] = value
				header["jwk"] = jwk
				refused(t, ours.Sign(header, claims), member)
			}
			header := ours.Header()
			jwk := ours.JWK()
			delete(jwk, member)
			header["jwk"] = jwk
			refused(t, ours.Sign(header, claims), "without "+member)
		}
		off := ours.JWK()
		off["y"] = off["x"]
		for why, jwk := range map[string]any{
			"a point off the curve": off, "none": nil, "a text": "x", "a list": []any{ours.JWK()}, "nothing in it": map[string]any{},
			"a symmetric key":  map[string]any{"kty": "oct", "x": "AQ"},
			"one to agree by":  map[string]any{"kty": "OKP", "crv": "X25519", "x": provers["EdDSA"].JWK()["x"]},
			"an unknown curve": map[string]any{"kty": "EC", "crv": "P-1", "x": ours.JWK()["x"], "y": ours.JWK()["y"]},
		} {
			header := ours.Header()
			header["jwk"] = jwk
			refused(t, ours.Sign(header, claims), why)
		}
		short := provers["EdDSA"]
		for _, x := range []string{"AA", short.JWK()["x"].(string)[:42], short.JWK()["x"].(string) + "AAAA"} {
			header := short.Header()
			header["jwk"] = map[string]any{"kty": "OKP", "crv": "Ed25519", "x": x}
			refused(t, short.Sign(header, claims), "a key of another length")
		}
		for algorithm, other := range map[string]string{"ES256": "ES384", "ES384": "ES256"} {
			odd := &Prover{t: t, algorithm: algorithm, key: provers[other].key}
			refused(t, odd.Proof("POST", proofURI, "", now, nil), "the curve of another algorithm")
		}
		for _, bits := range []int{1024, 4104} {
			key, err := rsa.GenerateKey(rand.Reader, bits)
			require.NoError(t, err)
			odd := &Prover{t: t, algorithm: "RS256", key: key}
			refused(t, odd.Proof("POST", proofURI, "", now, nil), "of a size that is not taken")
		}
	})

	t.Run("nothing but the jwk names a key", func(t *testing.T) {
		thief := NewProver(t, "ES256")
		for name, value := range map[string]any{
			"kid": ours.Thumbprint(), "jku": "https://evil.example.com/jwks", "x5u": "https://evil.example.com/x", "x5c": []string{"AAAA"},
		} {
			header := thief.Header()
			header[name] = value
			got, err := reader.Read(thief.Sign(header, thief.Claims("POST", proofURI, "", now)))
			require.NoError(t, err, "%s has no meaning here", name)
			require.Equal(t, thief.Thumbprint(), got.KeyThumbprint, name)
			delete(header, "jwk")
			refused(t, thief.Sign(header, thief.Claims("POST", proofURI, "", now)), name+" alone")
		}
		for _, crit := range []any{[]string{"b64"}, []string{}, nil} {
			header := maps.Clone(thief.Header())
			header["crit"], header["b64"] = crit, false
			refused(t, thief.Sign(header, thief.Claims("POST", proofURI, "", now)), "crit")
		}
	})

	t.Run("it is a proof by its type", func(t *testing.T) {
		for _, typ := range []any{"at+jwt", "JWT", "jwt", "dpop", "", nil, 7, "dpop+jwt;x"} {
			header := ours.Header()
			header["typ"] = typ
			refused(t, ours.Sign(header, ours.Claims("POST", proofURI, "", now)), "typ")
		}
		header := ours.Header()
		delete(header, "typ")
		refused(t, ours.Sign(header, ours.Claims("POST", proofURI, "", now)), "no typ")
	})

	t.Run("it says what it must", func(t *testing.T) {
		for _, claim := range []string{"jti", "htm", "htu", "iat"} {
			claims := ours.Claims("POST", proofURI, "", now)
			delete(claims, claim)
			refused(t, ours.Sign(ours.Header(), claims), "without "+claim)
		}
		for _, claim := range []string{"jti", "htm", "htu", "ath", "nonce"} {
			for _, value := range []any{nil, "", 7, []string{"x"}, true} {
				refused(t, ours.Proof("POST", proofURI, "", now, map[string]any{claim: value}), claim)
			}
		}
		for _, iat := range []string{`"1767225600"`, `null`, `-1`, `1e9`, `99999999999999999999`, `253402300800`, `true`, `[1]`} {
			refused(t, ours.Proof("POST", proofURI, "", now, map[string]any{"iat": json.RawMessage(iat)}), "iat "+iat)
		}
		got, err := reader.Read(ours.Proof("POST", proofURI, "", now, map[string]any{"iat": json.RawMessage("1767225600.75")}))
		require.NoError(t, err)
		require.Equal(t, time.Unix(1767225600, 0).UTC(), got.IssuedAt)
	})

	t.Run("it has one form", func(t *testing.T) {
		good := ours.Proof("POST", proofURI, "", now, nil)
		_, err := reader.Read(good)
		require.NoError(t, err)
		parts := strings.Split(good, ".")
		for why, text := range map[string]string{
			"nothing": "", "dots": "..", "two parts": parts[0] + "." + parts[1], "four parts": good + ".AA", "a line end": good + "\n",
			"two proofs": good + "," + good, "padding": good + "=", "JSON form": `{"payload":"` + parts[1] + `"}`,
			"too long":            ours.Proof("POST", proofURI, "", now, map[string]any{"jti": strings.Repeat("x", 9000)}),
			"a claim twice":       ours.Sign(ours.Header(), `{"jti":"a","jti":"b","htm":"POST","htu":"`+proofURI+`","iat":1}`),
			"no object":           ours.Sign(ours.Header(), `[]`),
			"no JSON":             ours.Sign(ours.Header(), `{`),
			"not UTF-8":           ours.Sign(ours.Header(), "{\"jti\":\"\xff\"}"),
			"a header of no JSON": ours.Sign(`{`, ours.Claims("POST", proofURI, "", now)),
			"a header twice":      ours.Sign(`{"typ":"dpop+jwt","typ":"dpop+jwt"}`, ours.Claims("POST", proofURI, "", now)),
		} {
			refused(t, text, why)
		}
	})
}
