package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/plinto/plinto/adapters/kms"
	"github.com/plinto/plinto/config"
	"github.com/plinto/plinto/ports/outbound"
)

// openKMS gives what leads to the signing key, when that is kept elsewhere, what
// must run beside it, and what closes it.
func openKMS(ctx context.Context, c config.JWT, log *slog.Logger) (outbound.KMS, func(context.Context) error, func() error, error) {
	if c.KMSURI == "" {
		return nil, func(ctx context.Context) error { <-ctx.Done(); return nil }, func() error { return nil }, nil
	}
	k, err := kms.New(kms.Options{
		URI: c.KMSURI.Reveal(), Timeout: c.KMSTimeout,
		OnChange: func(err error) {
			if err == nil {
				log.InfoContext(ctx, "the signing key answers again")
				return
			}
			log.ErrorContext(ctx, "the signing key does not answer: sign-in and refresh are refused until it does", slog.Any("error", err))
		},
	})
	if err != nil {
		return nil, nil, nil, fmt.Errorf("JWT_KMS_URI: %w", err)
	}
	return k, k.Run, k.Close, nil
}
