//go:build nocloudkms

package kms

import (
	"context"

	"go.step.sm/crypto/kms/apiv1"
)

func openGoogle(context.Context, apiv1.Options) (apiv1.KeyManager, error) { return nil, errAbsent }
