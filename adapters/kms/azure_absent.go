//go:build noazurekms

package kms

import (
	"context"

	"go.step.sm/crypto/kms/apiv1"
)

func openAzure(context.Context, apiv1.Options) (apiv1.KeyManager, error) { return nil, errAbsent }
