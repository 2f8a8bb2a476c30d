package jwks_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/ports/porttest"
)

// BenchmarkSign compares an access token with the bare signature of its bytes.
func BenchmarkSign(b *testing.B) {
	for _, a := range algorithms {
		s, pairs := newSigner(b, a)
		claims := porttest.AccessClaims()
		text := signed(b, s)
		input, _, _ := cutLast(text)
		key, digest := privateKey(b, pairs[a]), sha256.Sum256([]byte(input))
		b.Run(string(a)+"/bare", func(b *testing.B) {
			for b.Loop() {
				var err error
				if a == token.EdDSA {
					_, err = key.Sign(rand.Reader, []byte(input), crypto.Hash(0))
				} else {
					_, err = key.Sign(rand.Reader, digest[:], crypto.SHA256)
				}
				require.NoError(b, err)
			}
		})
		b.Run(string(a)+"/token", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, err := s.Sign(claims)
				require.NoError(b, err)
			}
		})
	}
}

// BenchmarkVerify compares likewise.
func BenchmarkVerify(b *testing.B) {
	for _, a := range algorithms {
		s, pairs := newSigner(b, a)
		text := signed(b, s)
		input, encoded, _ := cutLast(text)
		sig, err := base64.RawURLEncoding.DecodeString(encoded)
		require.NoError(b, err)
		public, digest := privateKey(b, pairs[a]).Public(), sha256.Sum256([]byte(input))
		b.Run(string(a)+"/bare", func(b *testing.B) {
			for b.Loop() {
				switch key := public.(type) {
				case *rsa.PublicKey:
					require.NoError(b, rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], sig))
				case *ecdsa.PublicKey:
					require.True(b, ecdsa.Verify(key, digest[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])))
				case ed25519.PublicKey:
					require.True(b, ed25519.Verify(key, []byte(input), sig))
				}
			}
		})
		b.Run(string(a)+"/token", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, err := s.Verify(text)
				require.NoError(b, err)
			}
		})
	}
}
