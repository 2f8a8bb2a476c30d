package app_test

import (
	"errors"
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

// states gives what each key is good for, in the order of their numbers.
func (w *world) states() []token.KeyState {
	w.t.Helper()
	list, err := w.Keys.List(w.t.Context())
	require.NoError(w.t, err)
	var states []token.KeyState
	for _, k := range list {
		states = append(states, k.State)
	}
	return states
}

func (w *world) refuses(s inbound.Services, in inbound.SignedIn) {
	w.t.Helper()
	_, err := s.Tokens.Authenticate(w.t.Context(), w.caller(), in.Tokens.Access)
	requireCode(w.t, fault.InvalidToken, err)
}

func (w *world) admits(s inbound.Services, access string) {
	w.t.Helper()
	_, err := s.Tokens.Authenticate(w.t.Context(), w.caller(), access)
	require.NoError(w.t, err)
}

func TestARevokedKeyEndsAtOnce(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	first := published(t, w.Services)[0]
	other, operator := w.instance(), w.instance()
	require.NoError(t, other.Keys.Load(t.Context()))
	require.NoError(t, other.Revocations.Load(t.Context()))
	w.admits(other, in.Tokens.Access)

	done, err := operator.Keys.Revoke(t.Context(), first)
	require.NoError(t, err)
	require.Equal(t, first, done.Revoked.KID)
	require.Equal(t, token.KeyRevoked, done.Revoked.State)
	require.Equal(t, token.KeyActive, done.Replacement.State)
	require.Equal(t, w.clock.Now(), done.Replacement.ActiveFrom, "there is no lead")
	require.Equal(t, []token.KeyState{token.KeyRevoked, token.KeyActive}, w.states())

	list, err := w.Events.Latest(t.Context(), 2)
	require.NoError(t, err)
	require.Equal(t, event.KeyRevoked, list[0].Name)
	require.Equal(t, event.OfKey(first), list[0].Subject)
	require.Equal(t, event.Operator, list[0].Actor)
	require.Equal(t, map[string]string{"replaced_by": done.Replacement.KID}, list[0].Payload)
	require.Equal(t, event.KeyRotated, list[1].Name)
	require.Equal(t, event.OfKey(done.Replacement.KID), list[1].Subject)
	keys, err := w.store.Store.SigningKeys().List(t.Context(), w.policy.Tenant)
	require.NoError(t, err)
	require.Nil(t, keys[0].Sealed, "the private half is gone")

	for _, s := range []inbound.Services{w.Services, other} {
		require.NoError(t, s.Keys.Load(t.Context()))
		w.refuses(s, in)
		require.Equal(t, []string{done.Replacement.KID}, published(t, s))
		require.Equal(t, inbound.Ready, s.Health.Ready(t.Context()).State)
	}
	// The session lives on, under the new key.
	pair := w.mustRefresh(in.Tokens.Refresh)
	require.Equal(t, done.Replacement.KID, signsWith(t, pair.Access))
	w.admits(other, pair.Access)

	_, err = operator.Keys.Revoke(t.Context(), first)
	requireCode(t, fault.Conflict, err)
	require.ErrorContains(t, err, "conflict")
	_, err = operator.Keys.Revoke(t.Context(), "nobody's")
	requireCode(t, fault.NotFound, err)
}

// Whoever revokes on an instance that serves has it obey at once.
func TestTheInstanceThatRevokesObeysAtOnce(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	_, err := w.Keys.Revoke(t.Context(), published(t, w.Services)[0])
	require.NoError(t, err)
	w.refuses(w.Services, in)
	w.principal(w.signIn("ann@example.com"))
}

func TestTheNextKeyIsRevoked(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	next, err := w.Keys.Rotate(t.Context())
	require.NoError(t, err)
	done, err := w.Keys.Revoke(t.Context(), next.KID)
	require.NoError(t, err)
	require.Equal(t, []token.KeyState{token.KeyRetired, token.KeyRevoked, token.KeyActive}, w.states())
	require.Equal(t, done.Replacement.KID, signsWith(t, w.signIn("ann@example.com").Tokens.Access))
	w.principal(in) // the key before it is as good as ever
	w.clock.Advance(time.Hour)
	require.NoError(t, w.Keys.Load(t.Context()))
	require.Equal(t, []string{done.Replacement.KID}, published(t, w.Services))
}

// The next key was sealed beside the one that is withdrawn; it is passed over.
func TestTheActiveKeyIsRevokedDuringARotation(t *testing.T) {
	w := newWorld(t)
	first := published(t, w.Services)[0]
	_, err := w.Keys.Rotate(t.Context())
	require.NoError(t, err)
	done, err := w.Keys.Revoke(t.Context(), first)
	require.NoError(t, err)
	require.Equal(t, []token.KeyState{token.KeyRevoked, token.KeyRetired, token.KeyActive}, w.states())
	w.clock.Advance(10 * time.Minute)
	require.NoError(t, w.Keys.Load(t.Context()))
	require.Equal(t, done.Replacement.KID, signsWith(t, w.signUp("ann@example.com").Tokens.Access))
	_, err = w.Keys.Rotate(t.Context())
	require.NoError(t, err, "no rotation is under way")
}

func TestAKeyThatSignsNoMoreIsRevoked(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	first := published(t, w.Services)[0]
	made, err := w.Keys.Rotate(t.Context())
	require.NoError(t, err)
	w.clock.Advance(11 * time.Minute)
	done, err := w.Keys.Revoke(t.Context(), first)
	require.NoError(t, err)
	require.Nil(t, done.Replacement)
	_, last := w.happened()
	require.Equal(t, event.KeyRevoked, last.Name)
	require.Empty(t, last.Payload)
	require.Equal(t, []string{made.KID}, published(t, w.Services))
	w.refuses(w.Services, in)
}

// forkedSigner lets something happen while a key is made.
type forkedSigner struct {
	outbound.Signer
	once sync.Once
	then func()
}

func (s *forkedSigner) Generate(a token.Algorithm) (outbound.KeyPair, error) {
	s.once.Do(s.then)
	return s.Signer.Generate(a)
}

func TestAKeyIsMadeWhileOneIsRevoked(t *testing.T) {
	w := newWorld(t)
	first := published(t, w.Services)[0]
	operator := w.instance(func(o *outbound.World, _ *app.Policy) {
		o.Signer = &forkedSigner{Signer: o.Signer, then: func() {
			_, err := w.Keys.Rotate(t.Context())
			require.NoError(t, err)
		}}
	})
	done, err := operator.Keys.Revoke(t.Context(), first)
	require.NoError(t, err)
	require.Equal(t, []token.KeyState{token.KeyRevoked, token.KeyRetired, token.KeyActive}, w.states())
	require.NotNil(t, done.Replacement)
}

func TestAKeyIsRevokedByManyAtOnce(t *testing.T) {
	w := newWorld(t)
	first := published(t, w.Services)[0]
	errs := make(chan error, 4)
	for range cap(errs) {
		operator := w.instance()
		go func() {
			_, err := operator.Keys.Revoke(t.Context(), first)
			errs <- err
		}()
	}
	won := 0
	for range cap(errs) {
		err := <-errs
		if err == nil {
			won++
			continue
		}
		if fault.CodeOf(err) != fault.Conflict {
			t.Error(err)
		}
	}
	require.Equal(t, 1, won)
	require.Equal(t, []token.KeyState{token.KeyRevoked, token.KeyActive}, w.states())
}

func external(t *testing.T) ([]byte, func(*outbound.World, *app.Policy)) {
	key := ecKey(t)
	return key, func(_ *outbound.World, p *app.Policy) { p.ExternalKey, p.Algorithm = key, token.ES256 }
}

func TestAnExternalKeyIsRevoked(t *testing.T) {
	_, configured := external(t)
	w := newWorld(t, configured)
	in := w.signUp("ann@example.com")
	kid := published(t, w.Services)[0]
	operator := w.instance()
	done, err := operator.Keys.Revoke(t.Context(), kid)
	require.NoError(t, err)
	require.Nil(t, done.Replacement, "the configuration has no other")

	for _, s := range []inbound.Services{w.Services, w.instance()} {
		err = s.Keys.Load(t.Context())
		require.ErrorContains(t, err, kid+", was revoked")
		require.Equal(t, inbound.Unavailable, s.Health.Ready(t.Context()).State)
		_, err = s.Keys.Published()
		requireCode(t, fault.Unavailable, err)
		_, err = s.Tokens.Authenticate(t.Context(), w.caller(), in.Tokens.Access)
		requireCode(t, fault.Unavailable, err)
		_, err = s.Tokens.Refresh(t.Context(), w.caller(), in.Tokens.Refresh)
		requireCode(t, fault.Unavailable, err)
	}
	require.Zero(t, w.stored(in.Session.ID).Rotation.Generation, "no session moves while nobody can sign")
	require.ErrorContains(t, w.Keys.Load(t.Context()), "was revoked", "and it stays so")

	_, another := external(t)
	next := w.instance(another)
	require.NoError(t, next.Keys.Load(t.Context()))
	w.refuses(next, in)
	pair, err := next.Tokens.Refresh(t.Context(), w.caller(), in.Tokens.Refresh)
	require.NoError(t, err)
	w.admits(next, pair.Access)
}

// The operator has the next key in the configuration already: it takes over in
// the transaction that withdraws the last.
func TestAnExternalKeyIsReplacedByAnother(t *testing.T) {
	_, configured := external(t)
	w := newWorld(t, configured)
	kid := published(t, w.Services)[0]
	_, another := external(t)
	operator := w.instance(another)
	done, err := operator.Keys.Revoke(t.Context(), kid)
	require.NoError(t, err)
	require.Equal(t, []token.KeyState{token.KeyRevoked, token.KeyActive}, w.states())
	require.NoError(t, operator.Keys.Load(t.Context()))
	require.Equal(t, []string{done.Replacement.KID}, published(t, operator))
	again, err := operator.Keys.Revoke(t.Context(), done.Replacement.KID)
	require.Error(t, err, "nothing is left to sign with")
	require.Nil(t, again.Replacement)
}

// The new key cannot be opened here: better to serve nobody than to go on with
// one that was withdrawn.
func TestAnInstanceThatCannotOpenTheReplacementSignsNoMore(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	sealer, err := aesgcm.New([]byte("another secret to seal keys with"), []byte("a key to seal other keys with"))
	require.NoError(t, err)
	operator := w.instance(func(o *outbound.World, _ *app.Policy) { o.Sealer = sealer })
	_, err = operator.Keys.Revoke(t.Context(), published(t, w.Services)[0])
	require.NoError(t, err)
	for range 2 {
		require.ErrorIs(t, w.Keys.Load(t.Context()), outbound.ErrSealed)
		_, err = w.Tokens.Authenticate(t.Context(), w.caller(), in.Tokens.Access)
		requireCode(t, fault.Unavailable, err)
		_, err = w.Tokens.Refresh(t.Context(), w.caller(), in.Tokens.Refresh)
		requireCode(t, fault.Unavailable, err)
		require.Equal(t, inbound.Unavailable, w.Health.Ready(t.Context()).State)
	}
}

// Whoever cannot open the key in use must not make one that nobody can open.
func TestAnOperatorWithAnotherSecretIsToldSo(t *testing.T) {
	w := newWorld(t)
	sealer, err := aesgcm.New([]byte("another secret to seal keys with"))
	require.NoError(t, err)
	operator := w.instance(func(o *outbound.World, _ *app.Policy) { o.Sealer = sealer })
	_, err = operator.Keys.Revoke(t.Context(), published(t, w.Services)[0])
	require.ErrorContains(t, err, "JWT_SECRET_KEY_PREVIOUS")
	require.Equal(t, []token.KeyState{token.KeyActive}, w.states())
}

// The key of an instance that makes its own was revoked by somebody whose
// configuration has another key: the instance makes the next one itself, and
// signs nothing until that is stored.
func TestAnInstanceReplacesItsRevokedKeyItself(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	first := published(t, w.Services)[0]
	_, configured := external(t)
	operator := w.instance(configured)
	done, err := operator.Keys.Revoke(t.Context(), first)
	require.NoError(t, err)

	w.store.refuse = errors.New("the disk is full")
	require.ErrorIs(t, w.Keys.Load(t.Context()), w.store.refuse)
	_, err = w.Tokens.Authenticate(t.Context(), w.caller(), in.Tokens.Access)
	requireCode(t, fault.Unavailable, err)
	_, err = w.world.Signer.Sign(w.policy.Access.Claim(in.Session, token.ID{1}, w.clock.Now(), 0))
	require.ErrorIs(t, err, outbound.ErrUnavailable)

	w.store.refuse = nil
	require.NoError(t, w.Keys.Load(t.Context()))
	w.refuses(w.Services, in)
	kids := published(t, w.Services)
	require.Len(t, kids, 2)
	require.Equal(t, done.Replacement.KID, kids[0])
	require.Equal(t, kids[1], signsWith(t, w.mustRefresh(in.Tokens.Refresh).Access))
}

// An instance that cannot open the key in use goes on with the one before it,
// but not when that one is withdrawn.
func TestAnInstanceThatLagsBehindObeysARevocation(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	first := published(t, w.Services)[0]
	sealer, err := aesgcm.New([]byte("another secret to seal keys with"), []byte("a key to seal other keys with"))
	require.NoError(t, err)
	operator := w.instance(func(o *outbound.World, _ *app.Policy) { o.Sealer = sealer })
	_, err = operator.Keys.Rotate(t.Context())
	require.NoError(t, err)
	require.NoError(t, w.Keys.Load(t.Context()))
	w.clock.Advance(10 * time.Minute)
	require.ErrorIs(t, w.Keys.Load(t.Context()), outbound.ErrSealed)
	w.admits(w.Services, in.Tokens.Access)

	_, err = operator.Keys.Revoke(t.Context(), first)
	require.NoError(t, err)
	for range 2 {
		require.ErrorIs(t, w.Keys.Load(t.Context()), outbound.ErrSealed)
		_, err = w.Tokens.Authenticate(t.Context(), w.caller(), in.Tokens.Access)
		requireCode(t, fault.Unavailable, err)
		_, err = w.Tokens.Refresh(t.Context(), w.caller(), in.Tokens.Refresh)
		requireCode(t, fault.Unavailable, err)
		require.Equal(t, inbound.Unavailable, w.Health.Ready(t.Context()).State)
	}
}
