package app_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/porttest"
)

func (w *world) introspect(text string) inbound.Introspected {
	w.t.Helper()
	told, err := w.Introspection.Introspect(w.t.Context(), tenant.Default, text)
	require.NoError(w.t, err)
	return told
}

func TestBothTokensOfALiveSessionAreActive(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	asked := w.store.asked.Load()
	access, refresh := w.introspect(in.Tokens.Access), w.introspect(in.Tokens.Refresh)
	require.EqualValues(t, 2, w.store.asked.Load()-asked, "one look each")
	now := w.clock.Now().Truncate(time.Second)
	require.Equal(t, inbound.Introspected{
		Active: true, Kind: inbound.OfAccess, Issuer: "https://auth.example.com", Audience: []string{"api"}, ClientID: token.ClientID,
		Subject: in.User.ID, Session: in.Session.ID, Tenant: tenant.Default, ID: access.ID,
		IssuedAt: now, NotBefore: now, ExpiresAt: now.Add(in.Tokens.ExpiresIn).Add(time.Second), AuthTime: now, Methods: []string{"pwd"},
	}, roundedUp(access, now.Add(in.Tokens.ExpiresIn).Add(time.Second)))
	require.False(t, access.ID.IsZero())
	require.Equal(t, inbound.Introspected{
		Active: true, Kind: inbound.OfRefresh, Issuer: "https://auth.example.com", Audience: []string{"api"}, ClientID: token.ClientID,
		Subject: in.User.ID, Session: in.Session.ID, Tenant: tenant.Default,
		IssuedAt: w.clock.Now(), ExpiresAt: in.Session.ExpiresAt, AuthTime: in.Session.AuthenticatedAt, Methods: []string{"pwd"},
	}, refresh)
}

// roundedUp replaces the expiry when it is the same second as wanted or the one
// before: the pair tells its life from the present on.
func roundedUp(i inbound.Introspected, want time.Time) inbound.Introspected {
	if d := want.Sub(i.ExpiresAt); d >= 0 && d <= time.Second {
		i.ExpiresAt = want
	}
	return i
}

// Introspection is the truth at once: this instance does not know yet what
// another has just done.
func TestWhatAnotherInstanceEndedIsInactiveAtOnce(t *testing.T) {
	for name, end := range map[string]func(w *world, in inbound.SignedIn){
		"signed out": func(w *world, in inbound.SignedIn) {
			other := w.instance()
			require.NoError(t, other.Keys.Load(t.Context()))
			require.NoError(t, other.Tokens.SignOut(t.Context(), w.caller(), in.Tokens.Access))
		},
		"suspended": func(w *world, in inbound.SignedIn) {
			w.exec("UPDATE users SET status = 'suspended' WHERE id = '" + in.User.ID.String() + "'")
		},
		"removed": func(w *world, in inbound.SignedIn) {
			w.exec("DELETE FROM sessions WHERE id = '" + in.Session.ID.String() + "'")
		},
		"expired": func(w *world, _ inbound.SignedIn) { w.clock.Advance(7 * 24 * time.Hour) },
	} {
		w := newWorld(t)
		in := w.signUp("ann@example.com")
		end(w, in)
		require.Equal(t, inbound.Introspected{}, w.introspect(in.Tokens.Access), name)
		require.Equal(t, inbound.Introspected{}, w.introspect(in.Tokens.Refresh), name)
	}
}

func TestAllSessionsEndedIsInactive(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	require.True(t, w.introspect(in.Tokens.Access).Active)
	require.NoError(t, w.store.Store.Events().Append(t.Context(), event.AllEnded(event.Origin{Tenant: tenant.Default}, event.Operator, w.clock.Now().Add(time.Hour))))
	require.NoError(t, w.Revocations.Load(t.Context()))
	require.False(t, w.introspect(in.Tokens.Access).Active)
	require.False(t, w.introspect(in.Tokens.Refresh).Active)
}

// Looking at an old refresh token moves nothing and ends nothing, and does not
// tell whether the grace still runs.
func TestIntrospectionOfAnOldRefreshTokenChangesNothing(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	next := w.mustRefresh(in.Tokens.Refresh)
	before, _ := w.happened()
	stored := w.stored(in.Session.ID)
	for range 2 {
		require.Equal(t, inbound.Introspected{}, w.introspect(in.Tokens.Refresh))
		require.True(t, w.introspect(next.Refresh).Active)
		w.clock.Advance(time.Minute)
	}
	after, _ := w.happened()
	require.Equal(t, before, after)
	require.Equal(t, stored, w.stored(in.Session.ID))
	w.mustRefresh(next.Refresh)
}

func TestWhatIsNoTokenOfOursReachesNoStore(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	foreign, err := token.NewKeyring([]byte("the key of another application"))
	require.NoError(t, err)
	asked := w.store.asked.Load()
	for _, text := range []string{"", "x", "prt_", "pcs_x", in.Tokens.Refresh + "A", foreign.Encode(foreign.First(in.Session.ID, [32]byte{1})), in.Tokens.Access + "A"} {
		require.Equal(t, inbound.Introspected{}, w.introspect(text), text)
	}
	require.Equal(t, asked, w.store.asked.Load())
	told, err := w.Introspection.Introspect(t.Context(), tenant.ID{9}, in.Tokens.Access)
	require.NoError(t, err)
	require.Equal(t, inbound.Introspected{}, told, "another tenant's")
	w.clock.Advance(time.Hour)
	require.Equal(t, inbound.Introspected{}, w.introspect(in.Tokens.Access), "out of date")
}

func TestIntrospectionWhileTheStoreIsAway(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	w.store.away.Store(true)
	for _, text := range []string{in.Tokens.Access, in.Tokens.Refresh} {
		_, err := w.Introspection.Introspect(t.Context(), tenant.Default, text)
		requireCode(t, fault.Unavailable, err)
	}
}

func TestATokenThatIsBoundToAKeySaysSo(t *testing.T) {
	w := newWorld(t)
	w.signUp("ann@example.com")
	her := porttest.NewProver(t, "ES256")
	in := w.boundSignIn(her, "ann@example.com")
	for _, text := range []string{in.Tokens.Access, in.Tokens.Refresh} {
		told := w.introspect(text)
		require.True(t, told.Active)
		require.Equal(t, her.Thumbprint(), told.KeyThumbprint)
	}
}
