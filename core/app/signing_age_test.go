package app_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/app"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

const quarter = 90 * 24 * time.Hour

func aging(_ *outbound.World, p *app.Policy) { p.KeyRotation = quarter }

// running runs instances until what is waited for has come.
func (w *world) running(until func() bool, instances ...inbound.Services) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan error, len(instances))
	for _, s := range instances {
		go func() { done <- s.Keys.Run(ctx) }()
	}
	require.Eventually(w.t, until, 20*time.Second, 50*time.Millisecond)
	cancel()
	for range instances {
		require.NoError(w.t, <-done)
	}
}

// Three instances find the key too old at once: one makes the next, which signs
// after the lead like any other.
func TestAKeyThatIsTooOldIsReplacedOnce(t *testing.T) {
	w := newWorld(t, aging)
	second, third := w.instance(), w.instance()
	require.NoError(t, second.Keys.Load(t.Context()))
	require.NoError(t, third.Keys.Load(t.Context()))
	first := published(t, w.Services)[0]
	w.clock.Advance(quarter)
	all := []inbound.Services{w.Services, second, third}
	w.running(func() bool {
		return !slices.ContainsFunc(all, func(s inbound.Services) bool { return len(published(t, s)) != 2 })
	}, all...)
	require.Equal(t, []token.KeyState{token.KeyActive, token.KeyNext}, w.states())
	_, last := w.happened()
	require.Equal(t, event.KeyRotated, last.Name)
	require.Equal(t, event.System, last.Actor)
	list, err := w.Keys.List(t.Context())
	require.NoError(t, err)
	require.Equal(t, w.clock.Now().Add(w.policy.KeyLead), list[1].ActiveFrom)
	require.Equal(t, first, signsWith(t, w.signUp("ann@example.com").Tokens.Access))
}

// A key that came of age while the store was away is replaced when it is back.
func TestAKeyThatIsTooOldWaitsForTheStore(t *testing.T) {
	w := newWorld(t, aging)
	w.store.away.Store(true)
	w.clock.Advance(quarter)
	asked := w.store.asked.Load()
	w.running(func() bool {
		if w.store.asked.Load() > asked {
			w.store.away.Store(false)
		}
		return len(published(t, w.Services)) == 2
	}, w.Services)
}
