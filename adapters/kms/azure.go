//go:build !noazurekms

package kms

import (
	"context"

	"go.step.sm/crypto/kms/apiv1"
	"go.step.sm/crypto/kms/azurekms"
)

func openAzure(ctx context.Context, o apiv1.Options) (apiv1.KeyManager, error) {
	return azurekms.New(ctx, o)
}
