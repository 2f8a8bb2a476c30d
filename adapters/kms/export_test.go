package kms

import (
	"context"
	"crypto"

	"go.step.sm/crypto/kms/apiv1"
)

// MaxUnderWay is how many signatures may be under way at once.
const MaxUnderWay = maxUnderWay

// Given is what a service is opened with.
type Given struct{ URI, PIN string }

// NewOn makes a KMS on a service of the test's own.
func NewOn(o Options, connect func(Given) (crypto.Signer, error)) (*KMS, error) {
	k, err := New(o)
	if err != nil {
		return nil, err
	}
	k.open = through(func(_ context.Context, given apiv1.Options) (apiv1.KeyManager, error) {
		signer, err := connect(Given{given.URI, given.Pin})
		return manager{signer: signer}, err
	}, k.address)
	return k, nil
}

type manager struct {
	apiv1.KeyManager
	signer crypto.Signer
}

func (m manager) CreateSigner(*apiv1.CreateSignerRequest) (crypto.Signer, error) {
	return m.signer, nil
}
func (manager) Close() error { return nil }
