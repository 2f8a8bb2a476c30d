//go:build !nocloudkms

package kms

import (
	"context"

	"go.step.sm/crypto/kms/apiv1"
	"go.step.sm/crypto/kms/cloudkms"
)

func openGoogle(ctx context.Context, o apiv1.Options) (apiv1.KeyManager, error) {
	return cloudkms.New(ctx, o)
}
