package jwks_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/jwks"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/ports/outbound"
)

func block(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func TestImportReadsEveryForm(t *testing.T) {
	s, pairs := newSigner(t, token.RS256)
	rsaKey := privateKey(t, pairs[token.RS256]).(*rsa.PrivateKey)
	ecKey := privateKey(t, pairs[token.ES256]).(*ecdsa.PrivateKey)
	sec1, err := x509.MarshalECPrivateKey(ecKey)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		text []byte
		a    token.Algorithm
	}{
		"PKCS #1":                   {block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey)), token.RS256},
		"SEC 1":                     {block("EC PRIVATE KEY", sec1), token.ES256},
		"SEC 1 behind its curve":    {append(block("EC PARAMETERS", []byte{6, 8, 42, 134, 72, 206, 61, 3, 1, 7}), block("EC PRIVATE KEY", sec1)...), token.ES256},
		"PKCS #8":                   {block("PRIVATE KEY", pairs[token.EdDSA].Private), token.EdDSA},
		"words before, space after": {append(append([]byte("a key\n"), block("PRIVATE KEY", pairs[token.EdDSA].Private)...), "\n \n"...), token.EdDSA},
	} {
		pair, err := s.Import(c.text, c.a)
		require.NoError(t, err, name)
		require.Equal(t, pairs[c.a], pair, name)
	}
}

func TestImportRefusesAndQuotesNothing(t *testing.T) {
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	pkcs8 := func(key any) []byte {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		require.NoError(t, err)
		return der
	}
	edDER := pkcs8(ed)
	public, err := x509.MarshalPKIXPublicKey(ed.Public())
	require.NoError(t, err)
	good := block("PRIVATE KEY", edDER)
	locked := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-128-CBC,00"}, Bytes: edDER})

	s := jwks.New(jwks.Options{})
	for name, c := range map[string]struct {
		text []byte
		a    token.Algorithm
		says string
	}{
		"too small":           {block("PRIVATE KEY", pkcs8(small)), token.RS256, "2048"},
		"another curve":       {block("PRIVATE KEY", pkcs8(p384)), token.ES256, "another kind"},
		"another algorithm":   {good, token.RS256, "another kind"},
		"no such algorithm":   {good, "HS256", "another kind"},
		"a public key":        {block("PUBLIC KEY", public), token.EdDSA, "not a private key"},
		"the wrong form":      {block("RSA PRIVATE KEY", edDER), token.EdDSA, "PKCS #1"},
		"the wrong form, EC":  {block("EC PRIVATE KEY", edDER), token.EdDSA, "SEC 1"},
		"cut short":           {block("PRIVATE KEY", edDER[:len(edDER)-4]), token.EdDSA, "PKCS #8"},
		"two keys":            {append(append([]byte{}, good...), good...), token.EdDSA, "behind"},
		"more behind":         {append(append([]byte{}, good...), "secret"...), token.EdDSA, "behind"},
		"encrypted":           {block("ENCRYPTED PRIVATE KEY", edDER), token.EdDSA, "encrypted"},
		"encrypted, old form": {locked, token.RS256, "encrypted"},
		"base64 alone":        {[]byte(base64.StdEncoding.EncodeToString(edDER)), token.EdDSA, "no PEM block"},
		"nothing":             {nil, token.EdDSA, "no PEM block"},
		"a curve alone":       {block("EC PARAMETERS", []byte{6, 0}), token.ES256, "no PEM block"},
	} {
		pair, err := s.Import(c.text, c.a)
		require.ErrorContains(t, err, c.says, name)
		require.Zero(t, pair, name)
		require.NotContains(t, err.Error(), base64.StdEncoding.EncodeToString(edDER)[20:40], name)
	}
}

func TestGenerateMakesKeysOfTheSizeAskedFor(t *testing.T) {
	pair, err := jwks.New(jwks.Options{RSABits: 3072}).Generate(token.RS256)
	require.NoError(t, err)
	require.Equal(t, 3072, privateKey(t, pair).(*rsa.PrivateKey).N.BitLen())
	_, err = jwks.New(jwks.Options{RSABits: 2047}).Generate(token.RS256)
	require.ErrorContains(t, err, "2048")
}

func TestUseTakesNoPrivateKeyForAPublicOne(t *testing.T) {
	s, pairs := newSigner(t, token.EdDSA)
	before := string(s.Published())
	ed := privateKey(t, pairs[token.EdDSA]).(ed25519.PrivateKey)
	leaky := pairs[token.EdDSA]
	public := string(leaky.Public)
	leaky.Public = []byte(public[:len(public)-1] + `,"d":"` + base64.RawURLEncoding.EncodeToString(ed.Seed()) + `"}`)
	require.Error(t, s.Use([]outbound.KeyPair{leaky}, leaky.KID))
	require.Equal(t, before, string(s.Published()))
}

// Keys that were made elsewhere and stored may be too weak, or not be named as
// they should.
func TestUseRefusesWeakAndMisnamedKeys(t *testing.T) {
	s, pairs := newSigner(t, token.EdDSA)
	good := pairs[token.EdDSA]
	for _, swap := range [][2]string{
		{`"use":"sig"`, `"use":"enc"`}, {`"use":"sig"`, `"x":1`}, {`"alg":"EdDSA"`, `"alg":"ES256"`}, {good.KID, "another"},
	} {
		pair := good
		pair.Public = replace(t, pair.Public, swap[0], swap[1])
		require.Error(t, s.Use([]outbound.KeyPair{pair}, pair.KID), swap[1])
	}
	named := good
	named.KID, named.Public = "mine", replace(t, good.Public, good.KID, "mine")
	require.Error(t, s.Use([]outbound.KeyPair{named}, "mine"), "a kid is a thumbprint")

	small, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	weak := outbound.KeyPair{KID: "weak", Algorithm: token.RS256, Public: []byte(
		`{"kty":"RSA","kid":"weak","alg":"RS256","use":"sig","e":"AQAB","n":"` + base64.RawURLEncoding.EncodeToString(small.N.Bytes()) + `"}`)}
	require.ErrorContains(t, s.Use([]outbound.KeyPair{good, weak}, good.KID), "2048")
}
