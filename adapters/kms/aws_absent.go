//go:build noawskms

package kms

import (
	"context"

	"go.step.sm/crypto/kms/apiv1"
)

func openAWS(context.Context, apiv1.Options) (apiv1.KeyManager, error) { return nil, errAbsent }
