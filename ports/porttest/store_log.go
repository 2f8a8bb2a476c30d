package porttest

import (
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
	require.Empty(t, all(t, h.Store))
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

	t.Run("every field comes back, in order", func(t *testing.T) {
		for i, r := range all(t, h.Store) {
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
