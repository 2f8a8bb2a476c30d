package jwks_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/ports/outbound"
)

func rawSignature(t testing.TB, key crypto.Signer, input string, opts crypto.SignerOpts) string {
	t.Helper()
	digest := []byte(input)
	if opts.HashFunc() == crypto.SHA256 {
		sum := sha256.Sum256(digest)
		digest = sum[:]
	}
	sig, err := key.Sign(rand.Reader, digest, opts)
	require.NoError(t, err)
	return base64.RawURLEncoding.EncodeToString(sig)
}

// minted is a token with any header and payload, truly signed by the RSA key.
func minted(t testing.TB, pair outbound.KeyPair, header, payload any) string {
	t.Helper()
	input := segment(t, header) + "." + segment(t, payload)
	return input + "." + rawSignature(t, privateKey(t, pair), input, crypto.SHA256)
}

func headerOf(pair outbound.KeyPair) map[string]any {
	return map[string]any{"alg": string(pair.Algorithm), "kid": pair.KID, "typ": token.MediaType}
}

func with(m map[string]any, name string, value any) map[string]any {
	m[name] = value
	return m
}

func TestATokenDoesNotChooseItsAlgorithm(t *testing.T) {
	s, pairs := newSigner(t, token.RS256)
	good := signed(t, s)
	payload := payloadOf(t, good)
	pair := pairs[token.RS256]

	for _, alg := range []string{"none", "None", "NONE", "nOnE", "", "HS256", "HS384", "RS384", "PS256", "ES256K", "rs256", "RS256 ", "EdDSA", "ES256", "dir"} {
		input := segment(t, with(headerOf(pair), "alg", alg)) + "." + segment(t, payload)
		for _, sig := range []string{"", strings.Split(good, ".")[2], rawSignature(t, privateKey(t, pair), input, crypto.SHA256)} {
			refused(t, s, input+"."+sig, alg)
		}
	}
	for _, a := range algorithms {
		key := privateKey(t, pairs[a])
		der, err := x509.MarshalPKIXPublicKey(key.Public())
		require.NoError(t, err)
		block := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
		for _, secret := range [][]byte{block, []byte(strings.TrimSpace(string(block))), der, pairs[a].Public, {}} {
			for _, alg := range []string{"HS256", string(a)} {
				input := segment(t, with(headerOf(pairs[a]), "alg", alg)) + "." + segment(t, payload)
				mac := hmac.New(sha256.New, secret)
				mac.Write([]byte(input))
				refused(t, s, input+"."+base64.RawURLEncoding.EncodeToString(mac.Sum(nil)), "the public key is not a secret")
			}
		}
	}
	input := segment(t, headerOf(pair)) + "." + segment(t, payload)
	pss := rawSignature(t, privateKey(t, pair), input, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256})
	refused(t, s, input+"."+pss, "PSS is not PKCS #1 v1.5")

	other := segment(t, with(headerOf(pair), "kid", pairs[token.ES256].KID)) + "." + segment(t, payload)
	refused(t, s, other+"."+rawSignature(t, privateKey(t, pair), other, crypto.SHA256), "the kid is of another algorithm's key")
}

func TestAHeaderHasThreeMembersAndNoMore(t *testing.T) {
	s, pairs := newSigner(t, token.RS256)
	payload := payloadOf(t, signed(t, s))
	pair := pairs[token.RS256]
	_, err := s.Verify(minted(t, pair, headerOf(pair), payload))
	require.NoError(t, err, "what follows is refused for its header alone")

	for name, value := range map[string]any{
		"jwk": json.RawMessage(pair.Public), "jku": "https://id.example.com/jwks.json",
		"x5u": "https://id.example.com/x", "x5c": []string{"AA"}, "x5t": "AA", "x5t#S256": "AA",
		"crit": []string{"exp"}, "b64": false, "zip": "DEF", "enc": "A256GCM", "cty": "JWT", "ALG": "none", "Kid": "x", "": 1,
	} {
		refused(t, s, minted(t, pair, with(headerOf(pair), name, value), payload), name)
	}
	for _, name := range []string{"alg", "typ", "kid"} {
		h := headerOf(pair)
		delete(h, name)
		refused(t, s, minted(t, pair, h, payload), "no "+name)
		for _, value := range []any{nil, 1, true, []string{"RS256"}, ""} {
			refused(t, s, minted(t, pair, with(headerOf(pair), name, value), payload), name)
		}
	}
	for _, text := range []string{
		`{"alg":"none","alg":"RS256","kid":"` + pair.KID + `","typ":"at+jwt"}`,
		`{"alg":"RS256","kid":"` + pair.KID + `","kid":"` + pair.KID + `","typ":"at+jwt"}`,
		`{"alg":"RS256","\u0061lg":"RS256","kid":"` + pair.KID + `","typ":"at+jwt"}`,
		`{"alg":"RS256","kid":"` + pair.KID + `","typ":"at+jwt"}{}`,
		`{"alg":"RS256","kid":"` + pair.KID + `","typ":"at+jwt"} x`,
		`{"alg":"RS256","kid":"` + pair.KID + `","typ":"at+jwt",}`,
		`{"alg":"RS256","kid":"` + pair.KID + `","typ":"at+jwt"`,
		`[]`, `null`, `"x"`, ``, `{}`, "\xff", "{\"\xff\":1}",
	} {
		refused(t, s, minted(t, pair, text, payload), text)
	}
}

func TestTypesAreComparedAsMediaTypes(t *testing.T) {
	s, pairs := newSigner(t, token.RS256)
	payload := payloadOf(t, signed(t, s))
	pair := pairs[token.RS256]
	for _, typ := range []string{"at+jwt", "AT+JWT", "At+Jwt", "application/at+jwt", "APPLICATION/AT+JWT"} {
		_, err := s.Verify(minted(t, pair, with(headerOf(pair), "typ", typ), payload))
		require.NoError(t, err, typ)
	}
	for _, typ := range []string{"JWT", "jwt", "application/", "application/application/at+jwt", "at+jwt ", "text/at+jwt", "logout+jwt", "at+jwt;v=1"} {
		refused(t, s, minted(t, pair, with(headerOf(pair), "typ", typ), payload), typ)
	}
}

func TestAnUnknownKeyIsToldFromABadToken(t *testing.T) {
	s, pairs := newSigner(t, token.RS256)
	payload := payloadOf(t, signed(t, s))
	unknown := with(headerOf(pairs[token.RS256]), "kid", "another")
	_, err := s.Verify(minted(t, pairs[token.RS256], unknown, payload))
	require.ErrorIs(t, err, token.ErrInvalid)
	require.ErrorIs(t, err, outbound.ErrUnknownKey)

	refused(t, s, minted(t, pairs[token.RS256], with(unknown, "alg", "HS256"), payload), "it was never one of ours: nobody need look for its key")
}

func TestATokenHasOneText(t *testing.T) {
	for _, a := range algorithms {
		s, _ := newSigner(t, a)
		good := signed(t, s)
		parts := strings.Split(good, ".")
		for _, text := range []string{
			"", ".", "..", "...", good + ".", good + ".x", "." + good, good + "." + parts[2],
			" " + good, good + " ", good + "\n", "\n" + good, parts[0] + "\n." + parts[1] + "." + parts[2],
			parts[0] + "." + parts[1], parts[0] + "." + parts[1] + ".", parts[0] + ".." + parts[2], "." + parts[1] + "." + parts[2],
			parts[0] + "." + parts[1] + "." + parts[2] + "=", parts[0] + "." + parts[1] + "\r\n." + parts[2],
			parts[0] + "." + parts[1] + "." + parts[2][:len(parts[2])-1],
			parts[0] + "." + parts[1] + "." + parts[2][:10], parts[0] + "." + parts[1] + "." + parts[2] + "AAAA",
			parts[0] + "." + parts[1] + "." + strings.Repeat("A", len(parts[2])),
			`{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`,
			good + strings.Repeat("A", 8<<10), strings.Repeat(".", 8<<10), strings.Repeat("A", 8<<10),
		} {
			refused(t, s, text, text[:min(len(text), 60)])
		}
		// The last character of a signature carries bits that mean nothing.
		last := strings.IndexByte(base64url, parts[2][len(parts[2])-1])
		refused(t, s, good[:len(good)-1]+string(base64url[last^1]), "a second spelling of the same signature")
	}
}

const base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

func TestATokenHasALength(t *testing.T) {
	s, pairs := newSigner(t, token.RS256)
	pair, payload := pairs[token.RS256], payloadOf(t, signed(t, s))
	padded := func(n int) string {
		return minted(t, pair, headerOf(pair), payload+strings.Repeat(" ", n))
	}
	_, err := s.Verify(padded(3000))
	require.NoError(t, err)
	refused(t, s, padded(6000), "it is well signed, and too long to look at")
}

func TestAnECDSASignatureIsTwoNumbersOfFixedLength(t *testing.T) {
	s, pairs := newSigner(t, token.ES256)
	good := signed(t, s)
	input, text, _ := cutLast(good)
	sig, err := base64.RawURLEncoding.DecodeString(text)
	require.NoError(t, err)
	require.Len(t, sig, 64)
	encode := base64.RawURLEncoding.EncodeToString

	key := privateKey(t, pairs[token.ES256]).(*ecdsa.PrivateKey)
	refused(t, s, input+"."+rawSignature(t, key, input, crypto.SHA256), "a signature in ASN.1")

	order := key.Params().N
	high := new(big.Int).Sub(order, new(big.Int).SetBytes(sig[32:])).FillBytes(make([]byte, 32))
	_, err = s.Verify(input + "." + encode(append(sig[:32:32], high...)))
	require.NoError(t, err, "of r and either s a signature is good; a token is not named by its signature")

	zero := make([]byte, 32)
	n := order.FillBytes(make([]byte, 32))
	for _, bad := range [][]byte{
		make([]byte, 64), append(sig[:32:32], zero...), append(zero[:32:32], sig[32:]...), append(n[:32:32], n...),
		append(n[:32:32], zero...), sig[:63], append(sig[:64:64], 0), append([]byte{0}, sig...),
		{},
		sig[:32],
	} {
		refused(t, s, input+"."+encode(bad), "out of range or of the wrong length")
	}
}

func cutLast(text string) (before, after string, found bool) {
	i := strings.LastIndexByte(text, '.')
	return text[:i], text[i+1:], true
}
