package app_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/app"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/ports/outbound"
)

// isActive is what another service is told of a token.
func (w *world) isActive(text string) bool {
	w.t.Helper()
	told, err := w.Introspection.Introspect(w.t.Context(), tenant.Default, text)
	require.NoError(w.t, err)
	return told.Active
}

// No row of a session tells that a key was revoked; an instance that is behind
// asks about that too.
func TestAnInstanceThatIsBehindAsksAboutKeys(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	other, third := w.other(), w.other()
	_, err := w.Keys.Revoke(t.Context(), published(t, w.Services)[0])
	require.NoError(t, err)
	w.clock.Advance(time.Second + time.Microsecond)
	require.False(t, other.accepts(in.Tokens.Access))
	require.False(t, third.isActive(in.Tokens.Access))
	require.True(t, other.accepts(w.mustRefresh(in.Tokens.Refresh).Access), "the session lives on")
}

// Nor does it tell that all sessions are to end, until its turn has come.
func TestAnInstanceThatIsBehindAsksAboutTheEndOfAllSessions(t *testing.T) {
	w := newWorld(t, func(o *outbound.World, _ *app.Policy) { o.Identifiers = &timed{clock: o.Clock} })
	in := w.signUp("ann@example.com")
	other, third, fourth := w.other(), w.other(), w.other()
	w.clock.Advance(time.Millisecond)
	order := event.AllEnded(event.Origin{Tenant: tenant.Default}, event.Operator, w.clock.Now())
	require.NoError(t, w.store.Events().Append(t.Context(), order))
	w.clock.Advance(time.Second + time.Microsecond)
	require.False(t, other.accepts(in.Tokens.Access))
	require.False(t, third.isActive(in.Tokens.Access))
	require.False(t, fourth.isActive(in.Tokens.Refresh))
	require.True(t, other.accepts(w.signIn("ann@example.com").Tokens.Access))
}
