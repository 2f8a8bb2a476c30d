package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/ports/outbound"
	"github.com/plinto/plinto/ports/porttest"
)

// A claim that is not committed yet holds up nobody else's.
func TestNobodyWaitsForWhatAnotherClaims(t *testing.T) {
	store, _ := migrated(t)
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var identifiers porttest.Identifiers
	for range 2 {
		require.NoError(t, store.Outbox().Add(t.Context(), mail.Mail{
			Tenant: tenant.Default, ID: mail.ID(identifiers.New()), Kind: mail.MagicLink, To: "ann@example.com", CreatedAt: now,
		}))
	}
	claim := func(ctx context.Context, o outbound.Outbox, holder string, limit int) []mail.Entry {
		list, err := o.Claim(ctx, outbound.MailClaim{Tenant: tenant.Default, Holder: holder, Now: now, Until: now.Add(time.Minute), Limit: limit})
		require.NoError(t, err)
		return list
	}
	require.NoError(t, store.Atomically(t.Context(), func(ctx context.Context, tx outbound.Repositories) error {
		first := claim(ctx, tx.Outbox(), "one", 1)
		require.Len(t, first, 1)
		second := claim(t.Context(), store.Outbox(), "two", 2)
		require.Len(t, second, 1)
		require.NotEqual(t, first[0].ID, second[0].ID)
		return nil
	}))
}
