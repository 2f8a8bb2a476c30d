//go:build !noawskms

package kms

import (
	"context"

	"go.step.sm/crypto/kms/apiv1"
	"go.step.sm/crypto/kms/awskms"
)

func openAWS(ctx context.Context, o apiv1.Options) (apiv1.KeyManager, error) {
	return awskms.New(ctx, o)
}
