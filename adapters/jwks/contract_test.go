package jwks_test

import (
	"testing"

	"github.com/plinto/plinto/adapters/jwks"
	"github.com/plinto/plinto/ports/outbound"
	"github.com/plinto/plinto/ports/porttest"
)

func TestProofsKeepTheContract(t *testing.T) {
	porttest.Proofs(t, jwks.Proofs{})
}

func TestSignerKeepsTheContract(t *testing.T) {
	porttest.Signer(t, func(*testing.T) outbound.Signer { return jwks.New(jwks.Options{}) })
}
