package porttest

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
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/proof"
)

// Prover is a client that holds a key and makes DPoP proofs with it (RFC 9449).
type Prover struct {
	t         testing.TB
	algorithm string
	key       crypto.Signer
}

// NewProver gives a client with a key of its own for an algorithm of
// proof.Algorithms.
func NewProver(t testing.TB, algorithm string) *Prover {
	t.Helper()
	var key crypto.Signer
	var err error
	switch algorithm {
	case "ES256":
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "ES384":
		key, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "RS256", "PS256":
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	case "EdDSA", "Ed25519":
		_, key, err = ed25519.GenerateKey(rand.Reader)
	default:
		err = fmt.Errorf("no client signs with %s", algorithm)
	}
	require.NoError(t, err)
	return &Prover{t: t, algorithm: algorithm, key: key}
}

// JWK is the public key (RFC 7517).
func (p *Prover) JWK() map[string]any {
	encode := base64.RawURLEncoding.EncodeToString
	switch key := p.key.Public().(type) {
	case *ecdsa.PublicKey:
		point, err := key.Bytes()
		require.NoError(p.t, err)
		half := len(point) / 2
		return map[string]any{"kty": "EC", "crv": key.Params().Name, "x": encode(point[1 : 1+half]), "y": encode(point[1+half:])}
	case *rsa.PublicKey:
		return map[string]any{"kty": "RSA", "n": encode(key.N.Bytes()), "e": encode(big.NewInt(int64(key.E)).Bytes())}
	case ed25519.PublicKey:
		return map[string]any{"kty": "OKP", "crv": "Ed25519", "x": encode(key)}
	}
	p.t.Fatalf("no JWK of %T", p.key)
	return nil
}

// Thumbprint is that of the key (RFC 7638), made without any library.
func (p *Prover) Thumbprint() string {
	// A map is encoded in the order of its names, as RFC 7638 wants it.
	text, err := json.Marshal(p.JWK())
	require.NoError(p.t, err)
	sum := sha256.Sum256(text)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Header is the header of a good proof.
func (p *Prover) Header() map[string]any {
	return map[string]any{"typ": proof.MediaType, "alg": p.algorithm, "jwk": p.JWK()}
}

// Claims are those of a good proof for a request at a moment. The access token
// may be empty.
func (p *Prover) Claims(method, uri, accessToken string, now time.Time) map[string]any {
	claims := map[string]any{"jti": rand.Text(), "htm": method, "htu": uri, "iat": now.Unix()}
	if accessToken != "" {
		claims["ath"] = proof.TokenHash(accessToken)
	}
	return claims
}

// Proof is a good proof, with these claims besides or instead.
func (p *Prover) Proof(method, uri, accessToken string, now time.Time, besides map[string]any) string {
	claims := p.Claims(method, uri, accessToken, now)
	maps.Copy(claims, besides)
	return p.Sign(p.Header(), claims)
}

// Sign signs any header and claims, each given as a value to encode or as the
// text itself, by the prover's algorithm, whatever the header says.
func (p *Prover) Sign(header, claims any) string {
	input := p.segment(header) + "." + p.segment(claims)
	return input + "." + base64.RawURLEncoding.EncodeToString(p.signature(input))
}

func (p *Prover) segment(v any) string {
	text, ok := v.(string)
	if !ok {
		encoded, err := json.Marshal(v)
		require.NoError(p.t, err)
		text = string(encoded)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(text))
}

func (p *Prover) signature(input string) []byte {
	hash := crypto.SHA256
	if p.algorithm == "ES384" {
		hash = crypto.SHA384
	}
	if key, ok := p.key.(*ecdsa.PrivateKey); ok {
		r, s, err := ecdsa.Sign(rand.Reader, key, digest(hash, input))
		require.NoError(p.t, err)
		size := (key.Params().BitSize + 7) / 8
		out := make([]byte, 2*size)
		r.FillBytes(out[:size])
		s.FillBytes(out[size:])
		return out
	}
	var sig []byte
	var err error
	switch p.algorithm {
	case "EdDSA", "Ed25519":
		sig, err = p.key.Sign(rand.Reader, []byte(input), crypto.Hash(0))
	case "PS256":
		sig, err = p.key.Sign(rand.Reader, digest(hash, input), &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hash})
	default:
		sig, err = p.key.Sign(rand.Reader, digest(hash, input), hash)
	}
	require.NoError(p.t, err)
	return sig
}

func digest(hash crypto.Hash, input string) []byte {
	h := hash.New()
	h.Write([]byte(input))
	return h.Sum(nil)
}
