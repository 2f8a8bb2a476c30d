package app_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/app"
	"github.com/plinto/plinto/core/client"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/limit"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// newClient makes a client and gives its credential.
func (w *world) newClient(scopes ...client.Scope) (client.Client, inbound.ClientCredential) {
	w.t.Helper()
	c, secret, err := w.Clients.Create(w.t.Context(), "orders", scopes)
	require.NoError(w.t, err)
	return c, inbound.ClientCredential{ID: c.ID.String(), Secret: secret}
}

func (w *world) authenticate(caller inbound.Caller, cred inbound.ClientCredential, need client.Scope) (client.ID, error) {
	return w.Clients.Authenticate(w.t.Context(), caller, cred, need)
}

func TestAClientIsMadeWithASecretThatIsShownOnce(t *testing.T) {
	w := newWorld(t)
	c, cred := w.newClient(client.Introspect)
	require.True(t, strings.HasPrefix(cred.Secret, client.SecretPrefix))
	names, last := w.happened()
	require.True(t, strings.HasSuffix(names, "client.created"), names)
	require.Equal(t, event.Operator, last.Actor)
	require.Equal(t, event.OfClient(c.ID), last.Subject)
	require.Equal(t, map[string]string{"name": "orders", "scopes": "introspect"}, last.Payload)

	list, err := w.Clients.List(t.Context())
	require.NoError(t, err)
	require.Equal(t, []client.Client{c}, list)
	require.Equal(t, client.HashSecret(cred.Secret), c.SecretHash)

	for name, scopes := range map[string][]client.Scope{"": client.Scopes(), "a\nb": client.Scopes(), "without a scope": nil} {
		_, secret, err := w.Clients.Create(t.Context(), name, scopes)
		requireCode(t, fault.ValidationError, err)
		require.Empty(t, secret)
	}
}

func TestOnlyItsSecretLetsAClientIn(t *testing.T) {
	w := newWorld(t)
	c, good := w.newClient(client.Introspect)
	_, other := w.newClient(client.Introspect)
	asked := w.store.asked.Load()
	who, err := w.authenticate(w.caller(), good, client.Introspect)
	require.NoError(t, err)
	require.Equal(t, c.ID, who)
	require.EqualValues(t, 2, w.store.asked.Load()-asked, "found, and its use noted")
	asked = w.store.asked.Load()
	w.clock.Advance(time.Minute - 1)
	_, err = w.authenticate(w.caller(), good, client.Introspect)
	require.NoError(t, err)
	require.EqualValues(t, 1, w.store.asked.Load()-asked, "noted a moment ago")

	for name, cred := range map[string]inbound.ClientCredential{
		"a wrong secret":    {ID: good.ID, Secret: other.Secret},
		"no secret":         {ID: good.ID},
		"an unknown client": {ID: "01900000-0000-7000-8000-00000000ffff", Secret: good.Secret},
		"a malformed id":    {ID: "orders", Secret: good.Secret},
		"an id and a space": {ID: good.ID + " ", Secret: good.Secret},
		"the zero id":       {ID: client.ID{}.String(), Secret: good.Secret},
		"nothing":           {},
	} {
		asked := w.store.asked.Load()
		_, err := w.authenticate(w.caller(), cred, client.Introspect)
		require.Equal(t, fault.New(fault.InvalidClient), err, name)
		require.EqualValues(t, 1, w.store.asked.Load()-asked, "the same work for %s", name)
	}
	_, err = w.authenticate(w.caller(), good, client.Revocations)
	requireCode(t, fault.InsufficientScope, err)
}

func TestARevokedClientIsOut(t *testing.T) {
	w := newWorld(t)
	c, cred := w.newClient(client.Scopes()...)
	require.NoError(t, w.Clients.Check(t.Context(), c.ID, client.Revocations))
	require.NoError(t, w.Clients.Revoke(t.Context(), c.ID))
	names, last := w.happened()
	require.True(t, strings.HasSuffix(names, "client.revoked"), names)
	require.Equal(t, event.OfClient(c.ID), last.Subject)
	_, err := w.authenticate(w.caller(), cred, client.Introspect)
	requireCode(t, fault.InvalidClient, err)
	w.clock.Advance(time.Second)
	requireCode(t, fault.InvalidClient, w.Clients.Check(t.Context(), c.ID, client.Revocations))

	before, _ := w.happened()
	requireCode(t, fault.NotFound, w.Clients.Revoke(t.Context(), c.ID))
	requireCode(t, fault.NotFound, w.Clients.Revoke(t.Context(), client.ID{9}))
	after, _ := w.happened()
	require.Equal(t, before, after)
}

func TestManyChecksAreOneQuestion(t *testing.T) {
	w := newWorld(t)
	c, _ := w.newClient(client.Revocations)
	asked := w.store.asked.Load()
	for range 10 {
		require.NoError(t, w.Clients.Check(t.Context(), c.ID, client.Revocations))
	}
	require.EqualValues(t, 1, w.store.asked.Load()-asked)
	requireCode(t, fault.InvalidClient, w.Clients.Check(t.Context(), c.ID, client.Introspect))
	requireCode(t, fault.InvalidClient, w.Clients.Check(t.Context(), client.ID{9}, client.Revocations))
	w.store.away.Store(true)
	w.clock.Advance(time.Second)
	requireCode(t, fault.Unavailable, w.Clients.Check(t.Context(), c.ID, client.Revocations))
	w.store.away.Store(false)
	require.NoError(t, w.Clients.Check(t.Context(), c.ID, client.Revocations))
}

func clientLimits(_ *outbound.World, p *app.Policy) {
	p.Limits.Address = []limit.Rule{{Name: "address", Quota: 3, Window: time.Minute}}
	p.Limits.Client = []limit.Rule{{Name: "client", Quota: 5, Window: time.Minute}}
}

func TestAGenuineClientPaysForItself(t *testing.T) {
	w := newWorld(t, clientLimits)
	_, cred := w.newClient(client.Introspect)
	for range 5 {
		caller, told := w.caller(), []limit.Decision{}
		caller.Limits = &told
		_, err := w.authenticate(caller, cred, client.Introspect)
		require.NoError(t, err)
		require.Len(t, told, 1)
		require.Equal(t, "client", told[0].Rule.Name)
	}
	_, err := w.authenticate(w.caller(), cred, client.Introspect)
	requireCode(t, fault.RateLimited, err)
	for range 2 { // all but the one that the client was refused with
		require.NoError(t, w.Limits.Admit(t.Context(), w.caller()), "its address has its whole budget")
	}
}

func TestAStrangerCannotSpendTheBudgetOfAClient(t *testing.T) {
	w := newWorld(t, clientLimits)
	_, cred := w.newClient(client.Introspect)
	guess := inbound.ClientCredential{ID: cred.ID, Secret: "pcs_guess"}
	for range 10 {
		for address := range 3 {
			caller := w.caller()
			caller.Address = "198.51.100." + string(rune('1'+address))
			_, err := w.authenticate(caller, guess, client.Introspect)
			require.Error(t, err)
		}
	}
	stranger := w.caller()
	stranger.Address = "198.51.100.1"
	_, err := w.authenticate(stranger, guess, client.Introspect)
	requireCode(t, fault.RateLimited, err)
	for range 5 {
		_, err := w.authenticate(w.caller(), cred, client.Introspect)
		require.NoError(t, err)
	}
}

func TestClientsWhileTheStoreIsAway(t *testing.T) {
	w := newWorld(t)
	c, cred := w.newClient(client.Introspect)
	w.store.away.Store(true)
	_, err := w.authenticate(w.caller(), cred, client.Introspect)
	requireCode(t, fault.Unavailable, err)
	_, _, err = w.Clients.Create(t.Context(), "x", client.Scopes())
	requireCode(t, fault.Unavailable, err)
	_, err = w.Clients.List(t.Context())
	requireCode(t, fault.Unavailable, err)
	requireCode(t, fault.Unavailable, w.Clients.Revoke(t.Context(), c.ID))
}
