package app_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/aesgcm"
	"github.com/plinto/plinto/core/app"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// published gives the key ids of the published set.
func published(t *testing.T, s inbound.Services) []string {
	t.Helper()
	set, err := s.Keys.Published()
	require.NoError(t, err)
	require.Equal(t, 5*time.Minute, set.MaxAge)
	var body struct{ Keys []struct{ Kid string } }
	require.NoError(t, json.Unmarshal(set.Body, &body))
	var kids []string
	for _, k := range body.Keys {
		kids = append(kids, k.Kid)
	}
	return kids
}

// signsWith gives the key id of an access token.
func signsWith(t *testing.T, text string) string {
	t.Helper()
	var header struct{ Kid string }
	require.NoError(t, json.Unmarshal(decodeSegment(t, text), &header))
	return header.Kid
}

func TestNothingIsSignedBeforeTheKeysAreLoaded(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	late := w.instance()
	require.Equal(t, inbound.Unavailable, late.Health.Ready(t.Context()).State)
	_, err := late.Keys.Published()
	requireCode(t, fault.Unavailable, err)
	_, err = late.Tokens.Authenticate(t.Context(), w.caller(), in.Tokens.Access)
	requireCode(t, fault.Unavailable, err)
	_, err = late.Tokens.Refresh(t.Context(), w.caller(), in.Tokens.Refresh)
	requireCode(t, fault.Unavailable, err)
	require.NoError(t, late.Keys.Load(t.Context()))
	_, err = late.Tokens.Authenticate(t.Context(), w.caller(), in.Tokens.Access)
	require.NoError(t, err)
}

func TestInstancesThatStartTogetherMakeOneKey(t *testing.T) {
	w := newWorld(t)
	w.exec("DELETE FROM signing_keys")
	instances := make([]inbound.Services, 4)
	var wg sync.WaitGroup
	for i := range instances {
		instances[i] = w.instance()
		wg.Go(func() {
			if err := instances[i].Keys.Load(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	list, err := w.Keys.List(t.Context())
	require.NoError(t, err)
	require.Len(t, list, 1)
	for _, s := range instances {
		require.Equal(t, []string{list[0].KID}, published(t, s))
	}
}

func TestRotationPublishesBeforeItSignsAndKeepsTheLastKey(t *testing.T) {
	w := newWorld(t)
	other := w.instance()
	require.NoError(t, other.Keys.Load(t.Context()))
	first := published(t, w.Services)[0]
	before := w.signUp("ann@example.com")

	made, err := w.Keys.Rotate(t.Context())
	require.NoError(t, err)
	require.Equal(t, token.KeyNext, made.State)
	require.Equal(t, w.clock.Now().Add(10*time.Minute), made.ActiveFrom)
	_, last := w.happened()
	require.Equal(t, event.KeyRotated, last.Name)
	require.Equal(t, event.Operator, last.Actor)
	require.Equal(t, event.OfKey(made.KID), last.Subject)
	require.Equal(t, []string{first, made.KID}, published(t, w.Services), "published at once")
	require.Equal(t, first, signsWith(t, w.signIn("ann@example.com").Tokens.Access), "but does not sign yet")
	_, err = w.Keys.Rotate(t.Context())
	requireCode(t, fault.Conflict, err)

	w.clock.Advance(10 * time.Minute)
	require.NoError(t, w.Keys.Load(t.Context()))
	after := w.signIn("ann@example.com")
	require.Equal(t, made.KID, signsWith(t, after.Tokens.Access))
	w.principal(before)
	w.principal(after)
	// The other instance has not looked into the store since.
	_, err = other.Tokens.Authenticate(t.Context(), w.caller(), after.Tokens.Access)
	require.NoError(t, err)

	w.clock.Advance(w.policy.Access.MaxLifetime() + time.Minute)
	require.NoError(t, w.Keys.Load(t.Context()))
	require.Equal(t, []string{made.KID}, published(t, w.Services), "withdrawn when its last token is dead")
	list, err := w.Keys.List(t.Context())
	require.NoError(t, err)
	require.Equal(t, token.KeyExpired, list[0].State)
	require.Equal(t, token.KeyActive, list[1].State)
}

// The store is asked for keys and does not answer: whoever has what they need
// does not wait for it.
func TestNobodyWaitsForTheKeysToBeRead(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	asked, answer := make(chan struct{}), make(chan struct{})
	w.store.beforeKeys = func() { close(asked); <-answer }
	done := make(chan error, 1)
	go func() { done <- w.Keys.Load(context.Background()) }()
	<-asked
	w.store.beforeKeys = nil
	w.principal(in)
	w.mustRefresh(in.Tokens.Refresh)
	require.Len(t, published(t, w.Services), 1)
	require.Equal(t, inbound.Ready, w.Health.Ready(t.Context()).State)
	close(answer)
	require.NoError(t, <-done)
}

// Run takes a key over when its time comes, and does not need the store for it.
func TestRunTakesKeysOver(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	made, err := w.Keys.Rotate(t.Context())
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Keys.Run(ctx) }()
	w.store.away.Store(true)
	w.clock.Advance(10 * time.Minute)
	require.Eventually(t, func() bool {
		access, err := w.world.Signer.Sign(w.policy.Access.Claim(in.Session, token.ID{1}, w.clock.Now(), 0))
		require.NoError(t, err)
		return signsWith(t, access) == made.KID
	}, 10*time.Second, 50*time.Millisecond)
	cancel()
	require.NoError(t, <-done)
}

func TestAnUnknownKeyIsLookedForOncePerSecond(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	newcomer := w.instance(func(_ *outbound.World, p *app.Policy) { p.ExternalKey, p.Algorithm = ecKey(t), token.ES256 })
	require.NoError(t, newcomer.Keys.Load(t.Context()))
	pair, err := newcomer.Tokens.Refresh(t.Context(), w.caller(), in.Tokens.Refresh)
	require.NoError(t, err)
	_, err = w.Tokens.Authenticate(t.Context(), w.caller(), pair.Access)
	require.NoError(t, err, "made known by a look into the store")

	stranger := newWorld(t).signUp("ann@example.com")
	w.clock.Advance(time.Minute)
	asked := w.store.asked.Load()
	for range 10 {
		_, err = w.Tokens.Authenticate(t.Context(), w.caller(), stranger.Tokens.Access)
		requireCode(t, fault.InvalidToken, err)
	}
	require.EqualValues(t, 1, w.store.asked.Load()-asked)
}

func TestAKeyOfTheConfigurationSignsAndIsNotStored(t *testing.T) {
	key := ecKey(t)
	w := newWorld(t, func(_ *outbound.World, p *app.Policy) { p.ExternalKey, p.Algorithm = key, token.ES256 })
	in := w.signUp("ann@example.com")
	kids := published(t, w.Services)
	require.Equal(t, kids[0], signsWith(t, in.Tokens.Access))
	require.NoError(t, w.Keys.Load(t.Context()))
	require.Equal(t, kids, published(t, w.Services), "registered once")
	keys, err := w.store.Store.SigningKeys().List(t.Context(), w.policy.Tenant)
	require.NoError(t, err)
	require.Len(t, keys, 1)
	require.Nil(t, keys[0].Sealed)
	_, err = w.Keys.Rotate(t.Context())
	requireCode(t, fault.Conflict, err)

	// Another key in its place: the first one's tokens stay good.
	next := w.instance(func(_ *outbound.World, p *app.Policy) { p.ExternalKey = ecKey(t) })
	require.NoError(t, next.Keys.Load(t.Context()))
	require.Len(t, published(t, next), 2)
	_, err = next.Tokens.Authenticate(t.Context(), w.caller(), in.Tokens.Access)
	require.NoError(t, err)

	// And back to keys of Plinto's own, at once, for nobody here holds the other.
	own := w.instance(func(_ *outbound.World, p *app.Policy) { p.ExternalKey, p.Algorithm = nil, token.EdDSA })
	require.NoError(t, own.Keys.Load(t.Context()))
	pair, err := own.Tokens.Refresh(t.Context(), w.caller(), in.Tokens.Refresh)
	require.NoError(t, err)
	require.Equal(t, published(t, own)[2], signsWith(t, pair.Access))
}

func TestAKeyThatDoesNotFitTheAlgorithmIsRefused(t *testing.T) {
	w := newWorld(t)
	s := w.instance(func(_ *outbound.World, p *app.Policy) { p.ExternalKey, p.Algorithm = ecKey(t), token.RS256 })
	require.Error(t, s.Keys.Load(t.Context()))
	require.Equal(t, inbound.Unavailable, s.Health.Ready(t.Context()).State)
}

func TestAnotherAlgorithmTakesOverAfterTheLead(t *testing.T) {
	w := newWorld(t)
	first := published(t, w.Services)[0]
	in := w.signUp("ann@example.com")
	s := w.instance(func(_ *outbound.World, p *app.Policy) { p.Algorithm = token.ES256 })
	require.NoError(t, s.Keys.Load(t.Context()))
	require.Len(t, published(t, s), 2)
	pair, err := s.Tokens.Refresh(t.Context(), w.caller(), in.Tokens.Refresh)
	require.NoError(t, err)
	require.Equal(t, first, signsWith(t, pair.Access))
	w.clock.Advance(10 * time.Minute)
	require.NoError(t, s.Keys.Load(t.Context()))
	pair, err = s.Tokens.Refresh(t.Context(), w.caller(), pair.Refresh)
	require.NoError(t, err)
	require.Equal(t, published(t, s)[1], signsWith(t, pair.Access))
}

func TestKeysSealedUnderAnotherSecret(t *testing.T) {
	w := newWorld(t)
	current, previous := []byte("another secret to seal keys with"), []byte("a key to seal other keys with")
	with := func(previous ...[]byte) inbound.Services {
		sealer, err := aesgcm.New(current, previous...)
		require.NoError(t, err)
		return w.instance(func(o *outbound.World, _ *app.Policy) { o.Sealer = sealer })
	}
	err := with().Keys.Load(t.Context())
	require.ErrorIs(t, err, outbound.ErrSealed)
	require.ErrorContains(t, err, "JWT_SECRET_KEY_PREVIOUS")
	between := with(previous)
	require.NoError(t, between.Keys.Load(t.Context()))

	// An instance that has not heard of the new secret yet goes on with the
	// key it has, and verifies what the others sign.
	_, err = between.Keys.Rotate(t.Context())
	require.NoError(t, err)
	require.NoError(t, w.Keys.Load(t.Context()))
	first := published(t, w.Services)[0]
	w.clock.Advance(10 * time.Minute)
	require.ErrorIs(t, w.Keys.Load(t.Context()), outbound.ErrSealed)
	in := w.signUp("ann@example.com")
	require.Equal(t, first, signsWith(t, in.Tokens.Access))
	require.NoError(t, between.Keys.Load(t.Context()))
	pair, err := between.Tokens.Refresh(t.Context(), w.caller(), in.Tokens.Refresh)
	require.NoError(t, err)
	require.NotEqual(t, first, signsWith(t, pair.Access))
	_, err = w.Tokens.Authenticate(t.Context(), w.caller(), pair.Access)
	require.NoError(t, err)
}

func ecKey(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}
