package jwks_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/plinto/plinto/adapters/jwks"
	"github.com/plinto/plinto/core/proof"
	"github.com/plinto/plinto/ports/porttest"
)

// FuzzProof looks for a panic, for an error that is not a refusal, and for a
// proof that is taken although it says nothing or nobody signed it.
func FuzzProof(f *testing.F) {
	now := time.Unix(1767225600, 0)
	for _, algorithm := range proof.Algorithms() {
		p := porttest.NewProver(f, algorithm)
		good := p.Proof("POST", "https://auth.example.com/", "a.b.c", now, nil)
		f.Add(good)
		f.Add(good[:strings.LastIndexByte(good, '.')+1])
		for _, jwk := range []string{
			`{}`, `null`, `{"kty":"RSA","n":"","e":"AQAB"}`, `{"kty":"RSA","n":"AQ","e":"AA"}`, `{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}`,
			`{"kty":"EC","crv":"P-384","x":"","y":""}`, `{"kty":"OKP","crv":"Ed25519","x":"AA"}`, `{"kty":"OKP","crv":"X25519","x":"AA"}`,
		} {
			f.Add(p.Sign(`{"typ":"dpop+jwt","alg":"`+algorithm+`","jwk":`+jwk+`}`, p.Claims("POST", "https://auth.example.com/", "", now)))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		claims, err := jwks.Proofs{}.Read(text)
		switch {
		case err != nil && !errors.Is(err, proof.ErrInvalid):
			t.Fatalf("not a refusal: %v", err)
		case err != nil && claims != proof.Claims{}:
			t.Fatal("claims of a refused proof")
		case err == nil && (claims.KeyThumbprint == "" || claims.ID == "" || strings.HasSuffix(text, ".")):
			t.Fatalf("taken: %q", text)
		}
	})
}
