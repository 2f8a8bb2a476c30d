package app_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/app"
	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/proof"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
	"github.com/plinto/plinto/ports/porttest"
)

const (
	signInURI  = "https://auth.example.com/api/v1/auth/signin"
	refreshURI = "https://auth.example.com/api/v1/auth/refresh"
	meURI      = "https://auth.example.com/api/v1/auth/me"
)

// holding is a call with a proof of the prover's key; none for nil.
func (w *world) holding(p *porttest.Prover, method, uri, accessToken string, besides map[string]any) inbound.Caller {
	c := w.caller()
	c.Proof = inbound.Proof{Method: method, URI: uri, Presented: accessToken != ""}
	if p != nil {
		c.Proof.Text = p.Proof(method, uri, accessToken, w.clock.Now(), besides)
	}
	return c
}

func (w *world) boundSignIn(p *porttest.Prover, email string) inbound.SignedIn {
	w.t.Helper()
	in, err := w.Accounts.SignIn(w.t.Context(), w.holding(p, "POST", signInURI, "", nil), inbound.SignIn{Email: email, Password: credential.NewPassword(password)})
	require.NoError(w.t, err)
	return in
}

func (w *world) refreshBy(p *porttest.Prover, text string) (inbound.TokenPair, error) {
	return w.Tokens.Refresh(w.t.Context(), w.holding(p, "POST", refreshURI, "", nil), text)
}

func (w *world) mustRefreshBy(p *porttest.Prover, text string) inbound.TokenPair {
	w.t.Helper()
	pair, err := w.refreshBy(p, text)
	require.NoError(w.t, err)
	return pair
}

func (w *world) authenticateBy(p *porttest.Prover, accessToken string) error {
	_, err := w.Tokens.Authenticate(w.t.Context(), w.holding(p, "GET", meURI, accessToken, nil), accessToken)
	return err
}

func TestASignInWithAProofIsBoundToItsKey(t *testing.T) {
	w := newWorld(t)
	her := porttest.NewProver(t, "ES256")
	up, err := w.Accounts.SignUp(t.Context(), w.holding(her, "POST", signInURI, "", nil), inbound.SignUp{Email: "ann@example.com", Password: credential.NewPassword(password)})
	require.NoError(t, err)
	for _, in := range []inbound.SignedIn{up, w.boundSignIn(her, "ann@example.com")} {
		require.True(t, in.Tokens.KeyBound)
		require.Equal(t, her.Thumbprint(), w.stored(in.Session.ID).KeyThumbprint)
		claims, err := w.world.Signer.Verify(in.Tokens.Access)
		require.NoError(t, err)
		require.Equal(t, her.Thumbprint(), claims.KeyThumbprint)
		require.NoError(t, w.authenticateBy(her, in.Tokens.Access))
	}
	plain := w.signIn("ann@example.com")
	require.False(t, plain.Tokens.KeyBound)
	require.Empty(t, w.stored(plain.Session.ID).KeyThumbprint)
	claims, err := w.world.Signer.Verify(plain.Tokens.Access)
	require.NoError(t, err)
	require.Empty(t, claims.KeyThumbprint)
}

func TestABoundAccessTokenNeedsItsKey(t *testing.T) {
	w := newWorld(t)
	w.signUp("ann@example.com")
	her, thief := porttest.NewProver(t, "EdDSA"), porttest.NewProver(t, "EdDSA")
	in, plain := w.boundSignIn(her, "ann@example.com"), w.signIn("ann@example.com")
	access := in.Tokens.Access

	good := w.holding(her, "GET", meURI, access, nil)
	_, err := w.Tokens.Authenticate(t.Context(), good, access)
	require.NoError(t, err)
	_, err = w.Tokens.Authenticate(t.Context(), good, access)
	requireCode(t, fault.InvalidProof, err)

	bearer := w.holding(her, "GET", meURI, access, nil)
	bearer.Proof.Presented = false
	elsewhere := w.holding(her, "GET", meURI, access, nil)
	elsewhere.Proof.URI = refreshURI
	otherwise := w.holding(her, "GET", meURI, access, nil)
	otherwise.Proof.Method = "DELETE"
	for name, c := range map[string]struct {
		caller inbound.Caller
		want   fault.Code
	}{
		"as a bearer token, without a proof": {w.caller(), fault.InvalidToken},
		"as a bearer token, with a proof":    {bearer, fault.InvalidToken},
		"without a proof":                    {w.holding(nil, "GET", meURI, access, nil), fault.InvalidProof},
		"by another key":                     {w.holding(thief, "GET", meURI, access, nil), fault.InvalidToken},
		"to another address":                 {elsewhere, fault.InvalidProof},
		"by another method":                  {otherwise, fault.InvalidProof},
		"with the hash of another token":     {w.holding(her, "GET", meURI, access, map[string]any{"ath": proof.TokenHash(plain.Tokens.Access)}), fault.InvalidProof},
		"too late":                           {w.holding(her, "GET", meURI, access, map[string]any{"iat": w.clock.Now().Add(-time.Minute).Unix()}), fault.InvalidProof},
		"too early":                          {w.holding(her, "GET", meURI, access, map[string]any{"iat": w.clock.Now().Add(7 * time.Second).Unix()}), fault.InvalidProof},
		"with a nonce of nobody's":           {w.holding(her, "GET", meURI, access, map[string]any{"nonce": "x"}), fault.ProofNonceNeeded},
	} {
		t.Run(name, func(t *testing.T) {
			asked := w.store.asked.Load()
			_, err := w.Tokens.Authenticate(t.Context(), c.caller, access)
			requireCode(t, c.want, err)
			requireCode(t, c.want, w.Tokens.SignOut(t.Context(), c.caller, access))
			require.Equal(t, asked, w.store.asked.Load(), "the store was asked")
		})
	}
	require.ErrorIs(t, errorOf(w.Tokens.Authenticate(t.Context(), w.caller(), access)), proof.ErrBearer)
	requireCode(t, fault.InvalidToken, w.authenticateBy(her, plain.Tokens.Access))
	_, err = w.Tokens.Authenticate(t.Context(), w.caller(), plain.Tokens.Access)
	require.NoError(t, err)

	require.NoError(t, w.Tokens.SignOut(t.Context(), w.holding(her, "POST", meURI, access, nil), access))
	require.Equal(t, session.SignedOut, w.stored(in.Session.ID).EndReason)
}

func errorOf[A any](_ A, err error) error { return err }

func TestARefreshBindsOnceAndForGood(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	her, thief := porttest.NewProver(t, "ES256"), porttest.NewProver(t, "ES256")
	bound := w.mustRefreshBy(her, in.Tokens.Refresh)
	require.True(t, bound.KeyBound)
	require.Equal(t, her.Thumbprint(), w.stored(in.Session.ID).KeyThumbprint)
	require.NoError(t, w.authenticateBy(her, bound.Access))

	before := w.stored(in.Session.ID)
	for _, p := range []*porttest.Prover{nil, thief} {
		for _, text := range []string{bound.Refresh, in.Tokens.Refresh} {
			_, err := w.refreshBy(p, text)
			requireCode(t, fault.InvalidRefreshToken, err)
		}
	}
	require.Equal(t, before, w.stored(in.Session.ID), "neither rotated nor ended")
	require.True(t, w.mustRefreshBy(her, bound.Refresh).KeyBound)
}

// The thief has copies of every refresh token, and tries them whenever.
func TestAThiefWithoutTheKeyDoesNotEvenSignTheOwnerOut(t *testing.T) {
	w := newWorld(t)
	w.signUp("ann@example.com")
	her, thief := porttest.NewProver(t, "ES256"), porttest.NewProver(t, "RS256")
	in := w.boundSignIn(her, "ann@example.com")
	text := in.Tokens.Refresh
	stolen := []string{text}
	for range 4 {
		w.clock.Advance(time.Hour)
		events, _ := w.happened()
		for _, copied := range stolen {
			for _, p := range []*porttest.Prover{nil, thief} {
				_, err := w.refreshBy(p, copied)
				requireCode(t, fault.InvalidRefreshToken, err)
			}
		}
		after, _ := w.happened()
		require.Equal(t, events, after)
		text = w.mustRefreshBy(her, text).Refresh
		stolen = append(stolen, text)
	}
	require.Nil(t, w.stored(in.Session.ID).EndedAt)
}

// What a copy without the key spends is not the owner's to pay.
func TestAThiefWithoutTheKeyDoesNotUseUpTheOwnersRefreshes(t *testing.T) {
	w := newWorld(t, limits)
	w.signUp("ann@example.com")
	her, thief := porttest.NewProver(t, "ES256"), porttest.NewProver(t, "ES256")
	text := w.boundSignIn(her, "ann@example.com").Tokens.Refresh
	for _, p := range []*porttest.Prover{nil, thief} {
		for range 4 {
			_, err := w.refreshBy(p, text)
			requireCode(t, fault.InvalidRefreshToken, err)
		}
		_, err := w.refreshBy(p, text)
		requireCode(t, fault.RateLimited, err)
	}
	for range 4 {
		text = w.mustRefreshBy(her, text).Refresh
	}
	_, err := w.refreshBy(her, text)
	requireCode(t, fault.RateLimited, err)
}

func TestTheKeysHolderRecoversALostAnswerAtAnyTime(t *testing.T) {
	w := newWorld(t)
	w.signUp("ann@example.com")
	her := porttest.NewProver(t, "ES256")
	in := w.boundSignIn(her, "ann@example.com")
	lost := w.mustRefreshBy(her, in.Tokens.Refresh)
	w.clock.Advance(6 * 24 * time.Hour)
	again := w.mustRefreshBy(her, in.Tokens.Refresh)
	require.Equal(t, lost.Refresh, again.Refresh)
	require.True(t, again.KeyBound)
	require.EqualValues(t, 1, w.stored(in.Session.ID).Rotation.Generation)
	w.mustRefreshBy(her, again.Refresh)

	_, err := w.refreshBy(her, in.Tokens.Refresh)
	requireCode(t, fault.InvalidRefreshToken, err)
	require.Equal(t, session.ReuseDetected, w.stored(in.Session.ID).EndReason, "two generations behind, by the same key")
}

func TestABadProofIsRefusedBeforeAnythingIsDone(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	her := porttest.NewProver(t, "ES256")
	bad := w.holding(her, "POST", refreshURI, "", map[string]any{"htu": meURI})
	asked := w.store.asked.Load()
	_, err := w.Tokens.Refresh(t.Context(), bad, in.Tokens.Refresh)
	requireCode(t, fault.InvalidProof, err)
	_, err = w.Accounts.SignIn(t.Context(), bad, inbound.SignIn{Email: "ann@example.com", Password: credential.NewPassword(password)})
	requireCode(t, fault.InvalidProof, err)
	_, err = w.Accounts.SignUp(t.Context(), bad, inbound.SignUp{Email: "bob@example.com", Password: credential.NewPassword(password)})
	requireCode(t, fault.InvalidProof, err)
	require.Equal(t, asked, w.store.asked.Load())
	require.Zero(t, w.hasher.verified.Load())
	require.EqualValues(t, 0, w.stored(in.Session.ID).Rotation.Generation)
}

func TestAProofIsUsedOnce(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	her := porttest.NewProver(t, "ES256")
	caller := w.holding(her, "POST", refreshURI, "", nil)
	pair, err := w.Tokens.Refresh(t.Context(), caller, in.Tokens.Refresh)
	require.NoError(t, err)
	other := w.instance()
	require.NoError(t, other.Keys.Load(t.Context()))
	for _, tokens := range []inbound.Tokens{w.Tokens, other.Tokens} {
		_, err = tokens.Refresh(t.Context(), caller, pair.Refresh)
		requireCode(t, fault.InvalidProof, err)
	}
	require.EqualValues(t, 1, w.stored(in.Session.ID).Rotation.Generation)

	signUp := w.holding(her, "POST", signInURI, "", nil)
	_, err = w.Accounts.SignUp(t.Context(), signUp, inbound.SignUp{Email: "bob@example.com", Password: credential.NewPassword(password)})
	require.NoError(t, err)
	_, err = w.Accounts.SignUp(t.Context(), signUp, inbound.SignUp{Email: "cat@example.com", Password: credential.NewPassword(password)})
	requireCode(t, fault.InvalidProof, err)

	signIn := w.holding(her, "POST", signInURI, "", nil)
	_, err = w.Accounts.SignIn(t.Context(), signIn, inbound.SignIn{Email: "ann@example.com", Password: credential.NewPassword("not the password")})
	requireCode(t, fault.InvalidCredentials, err)
	_, err = w.Accounts.SignIn(t.Context(), signIn, inbound.SignIn{Email: "ann@example.com", Password: credential.NewPassword(password)})
	requireCode(t, fault.InvalidProof, err)
}

// A proof at the very end of its life is remembered until no instance takes it.
func TestAProofIsRememberedForAsLongAsItIsGood(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	her := porttest.NewProver(t, "ES256")
	ahead := w.holding(her, "POST", refreshURI, "", map[string]any{"iat": w.clock.Now().Add(4 * time.Second).Unix()})
	pair, err := w.Tokens.Refresh(t.Context(), ahead, in.Tokens.Refresh)
	require.NoError(t, err)
	w.clock.Advance(time.Minute + 3*time.Second)
	n, err := w.store.Store.UsedProofs().DeleteExpired(t.Context(), tenant.Default, w.clock.Now(), 100)
	require.NoError(t, err)
	require.Zero(t, n)
	_, err = w.Tokens.Refresh(t.Context(), ahead, pair.Refresh)
	requireCode(t, fault.InvalidProof, err)
	w.clock.Advance(2*time.Second + proof.Margin)
	n, err = w.store.Store.UsedProofs().DeleteExpired(t.Context(), tenant.Default, w.clock.Now(), 100)
	require.NoError(t, err)
	require.Equal(t, 1, n)
}

func TestOfManyUsesOfOneProofAtOnceOneGoesOn(t *testing.T) {
	w := newWorld(t)
	w.signUp("ann@example.com")
	her := porttest.NewProver(t, "ES256")
	in := w.boundSignIn(her, "ann@example.com")
	caller := w.holding(her, "GET", meURI, in.Tokens.Access, nil)
	var won atomic.Int32
	var wg sync.WaitGroup
	start := make(chan struct{})
	for range 8 {
		wg.Go(func() {
			<-start
			if _, err := w.Tokens.Authenticate(t.Context(), caller, in.Tokens.Access); err == nil {
				won.Add(1)
			} else if fault.CodeOf(err) != fault.InvalidProof {
				t.Error(err)
			}
		})
	}
	close(start)
	wg.Wait()
	require.EqualValues(t, 1, won.Load())
}

// The whole of a burst, each with a proof of its own, gets the same successor.
func TestABurstOfABoundSessionConverges(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	her := porttest.NewProver(t, "ES256")
	answers := make([]inbound.TokenPair, 16)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() {
			var err error
			if answers[i], err = w.refreshBy(her, in.Tokens.Refresh); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, a := range answers {
		require.Equal(t, answers[0].Refresh, a.Refresh)
		require.True(t, a.KeyBound)
	}
	require.EqualValues(t, 1, w.stored(in.Session.ID).Rotation.Generation)
}

func TestWhatAProofCosts(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	her := porttest.NewProver(t, "ES256")
	cost := func(do func()) int32 {
		before := w.store.asked.Load()
		do()
		return w.store.asked.Load() - before
	}
	text := in.Tokens.Refresh
	require.EqualValues(t, 1, cost(func() { text = w.mustRefresh(text).Refresh }), "an unbound refresh")
	require.EqualValues(t, 2, cost(func() { text = w.mustRefreshBy(her, text).Refresh }), "a refresh that binds")
	var pair inbound.TokenPair
	require.EqualValues(t, 2, cost(func() { pair = w.mustRefreshBy(her, text) }), "a bound refresh")
	require.EqualValues(t, 3, cost(func() { w.boundSignIn(her, "ann@example.com") }), "a bound sign-in")
	require.EqualValues(t, 2, cost(func() { w.signIn("ann@example.com") }), "a sign-in")
	require.EqualValues(t, 1, cost(func() { require.NoError(t, w.authenticateBy(her, pair.Access)) }), "a bound call")
}

func TestWithoutTheStoreNoProofIsTaken(t *testing.T) {
	w := newWorld(t)
	w.signUp("ann@example.com")
	her := porttest.NewProver(t, "ES256")
	in := w.boundSignIn(her, "ann@example.com")
	w.store.away.Store(true)
	requireCode(t, fault.Unavailable, w.authenticateBy(her, in.Tokens.Access))
	_, err := w.refreshBy(her, in.Tokens.Refresh)
	requireCode(t, fault.Unavailable, err)
	w.store.away.Store(false)
	require.NoError(t, w.authenticateBy(her, in.Tokens.Access))
}

func TestNoncesWhereTheyAreRequired(t *testing.T) {
	w := newWorld(t, func(_ *outbound.World, p *app.Policy) { p.Proofs.NonceRequired = true })
	in := w.signUp("ann@example.com")
	w.mustRefresh(in.Tokens.Refresh) // who proves nothing needs no nonce
	her := porttest.NewProver(t, "ES256")
	_, err := w.Accounts.SignIn(t.Context(), w.holding(her, "POST", signInURI, "", nil), inbound.SignIn{Email: "ann@example.com", Password: credential.NewPassword(password)})
	requireCode(t, fault.ProofNonceNeeded, err)

	with := map[string]any{"nonce": w.Proofs.Nonce(), "iat": w.clock.Now().Add(-48 * time.Hour).Unix()}
	bound, err := w.Accounts.SignIn(t.Context(), w.holding(her, "POST", signInURI, "", with), inbound.SignIn{Email: "ann@example.com", Password: credential.NewPassword(password)})
	require.NoError(t, err, "the client's clock does not matter")
	requireCode(t, fault.ProofNonceNeeded, w.authenticateBy(her, bound.Tokens.Access))
	other := w.instance()
	require.Equal(t, w.Proofs.Nonce(), other.Proofs.Nonce(), "instances know each other's nonces")
	w.clock.Advance(proof.NonceLifetime)
	_, err = w.Tokens.Authenticate(t.Context(), w.holding(her, "GET", meURI, bound.Tokens.Access, with), bound.Tokens.Access)
	requireCode(t, fault.ProofNonceNeeded, err)
	with["nonce"] = w.Proofs.Nonce()
	_, err = w.Tokens.Authenticate(t.Context(), w.holding(her, "GET", meURI, bound.Tokens.Access, with), bound.Tokens.Access)
	require.NoError(t, err)
}

func TestBadProofsAreCounted(t *testing.T) {
	w := newWorld(t, limits)
	in := w.signUp("ann@example.com")
	her := porttest.NewProver(t, "ES256")
	misplaced := w.holding(her, "POST", refreshURI, "", map[string]any{"htu": meURI})
	for range 59 {
		_, err := w.Tokens.Refresh(t.Context(), misplaced, in.Tokens.Refresh)
		requireCode(t, fault.InvalidProof, err)
	}
	_, err := w.Tokens.Refresh(t.Context(), misplaced, in.Tokens.Refresh)
	requireCode(t, fault.RateLimited, err)
}
