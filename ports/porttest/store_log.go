package porttest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/ports/outbound"
)

func testEvents(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	log := h.Store.Events()
	require.Empty(t, all(t, h))
	var want []event.Event
	for i := range 10 {
		want = append(want, event.Event{
			Tenant: tenant.Default, Name: event.SignInFailed, Actor: event.Anonymous, Subject: "user:x", RequestID: "request",
			Address: "2001:db8::1", Payload: map[string]string{"n": string(rune('a' + i)), "quote": `"\'; --`, "汉": "🦊"}, At: at.Add(time.Duration(i) * time.Microsecond),
		})
	}
	require.NoError(t, log.Append(ctx, want[:3]...))
	for _, e := range want[3:] {
		require.NoError(t, log.Append(ctx, e))
	}
	require.NoError(t, log.Append(ctx))
	h.Settle(t)

	t.Run("every field comes back, in order", func(t *testing.T) {
		for i, r := range all(t, h) {
			require.Equal(t, want[i], r.Event)
		}
	})
	t.Run("reading on from a position misses none", func(t *testing.T) {
		for _, limit := range []int{1, 3, 10, 11} {
			var got []event.Event
			var p event.Position
			for {
				page, err := log.After(ctx, tenant.Default, p, limit)
				require.NoError(t, err)
				if len(page) == 0 {
					break
				}
				for _, r := range page {
					got = append(got, r.Event)
					p = r.Position
				}
			}
			require.Equal(t, want, got, "pages of %d", limit)
		}
	})
	t.Run("the latest", func(t *testing.T) {
		latest, err := log.Latest(ctx, tenant.Default, 2)
		require.NoError(t, err)
		require.Len(t, latest, 2)
		for i, e := range latest {
			require.Equal(t, want[8+i], e.Event)
		}
		latest, err = log.Latest(ctx, tenant.Default, 100)
		require.NoError(t, err)
		require.Len(t, latest, 10)
	})
	t.Run("another tenant sees none", func(t *testing.T) {
		none, err := log.Latest(ctx, tenant.ID{9}, 10)
		require.NoError(t, err)
		require.Empty(t, none)
		none, err = log.After(ctx, tenant.ID{9}, event.Position{}, 10)
		require.NoError(t, err)
		require.Empty(t, none)
	})
	t.Run("an event without a payload", func(t *testing.T) {
		e := event.SignedUp(event.Origin{Tenant: tenant.Default}, newID(), at)
		require.NoError(t, log.Append(ctx, e))
		h.Settle(t)
		latest, err := log.Latest(ctx, tenant.Default, 1)
		require.NoError(t, err)
		require.Empty(t, latest[0].Payload)
		require.Equal(t, e.Subject, latest[0].Subject)
	})
}

func testSigningKeys(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	keys := h.Store.SigningKeys()
	none, err := keys.List(ctx, tenant.Default)
	require.NoError(t, err)
	require.Empty(t, none)

	second := token.SigningKey{
		Tenant: tenant.Default, KID: "b", Number: 2, Algorithm: token.EdDSA, Public: []byte(`{"kty":"OKP"}`),
		Sealed: []byte{0, 1, 0xff}, CreatedAt: at, ActiveFrom: at.Add(time.Minute),
	}
	first := second
	first.KID, first.Number, first.Sealed = "a", 1, nil
	require.NoError(t, keys.Insert(ctx, second))
	require.NoError(t, keys.Insert(ctx, first))
	list, err := keys.List(ctx, tenant.Default)
	require.NoError(t, err)
	require.Equal(t, []token.SigningKey{first, second}, list)

	sameNumber, sameKID := second, second
	sameNumber.KID, sameKID.Number = "c", 3
	require.ErrorIs(t, keys.Insert(ctx, sameNumber), outbound.ErrConflict)
	require.ErrorIs(t, keys.Insert(ctx, sameKID), outbound.ErrConflict)
	other, err := keys.List(ctx, tenant.ID{9})
	require.NoError(t, err)
	require.Empty(t, other)
}

func testKeyRevocation(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	keys := h.Store.SigningKeys()
	key := func(kid string, number int) token.SigningKey {
		return token.SigningKey{
			Tenant: tenant.Default, KID: kid, Number: number, Algorithm: token.EdDSA, Public: []byte(`{"kty":"OKP"}`),
			Sealed: []byte{1}, CreatedAt: at, ActiveFrom: at,
		}
	}
	first, second := key("a", 1), key("b", 2)
	require.NoError(t, keys.Insert(ctx, first))
	require.NoError(t, keys.Insert(ctx, second))

	when := at.Add(time.Hour + time.Microsecond)
	require.ErrorIs(t, keys.Revoke(ctx, tenant.Default, "c", when), outbound.ErrNotFound)
	require.ErrorIs(t, keys.Revoke(ctx, tenant.ID{9}, "a", when), outbound.ErrNotFound, "another tenant's")
	require.NoError(t, keys.Revoke(ctx, tenant.Default, "a", when))
	require.ErrorIs(t, keys.Revoke(ctx, tenant.Default, "a", when.Add(time.Hour)), outbound.ErrNotFound, "once")

	revoked := first
	revoked.RevokedAt, revoked.Sealed = &when, nil
	list, err := keys.List(ctx, tenant.Default)
	require.NoError(t, err)
	require.Equal(t, []token.SigningKey{revoked, second}, list, "the private half is gone, the rest is as it was")
	first.Number = 3
	require.ErrorIs(t, keys.Insert(ctx, first), outbound.ErrConflict, "a revoked key does not come back")

	t.Run("one of many", func(t *testing.T) {
		errs := make(chan error, 8)
		for range cap(errs) {
			go func() { errs <- keys.Revoke(ctx, tenant.Default, "b", when) }()
		}
		won := 0
		for range cap(errs) {
			if err := <-errs; err == nil {
				won++
			} else if !errors.Is(err, outbound.ErrNotFound) {
				t.Error(err)
			}
		}
		require.Equal(t, 1, won)
	})
	t.Run("with its replacement or not at all", func(t *testing.T) {
		third := key("d", 3)
		require.NoError(t, keys.Insert(ctx, third))
		err := h.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
			if err := tx.SigningKeys().Revoke(ctx, tenant.Default, "d", when); err != nil {
				return err
			}
			return tx.SigningKeys().Insert(ctx, key("e", 3))
		})
		require.ErrorIs(t, err, outbound.ErrConflict)
		list, err := keys.List(ctx, tenant.Default)
		require.NoError(t, err)
		require.Equal(t, third, list[2])
	})
}
