package app_test

import (
	"encoding/base64"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/app"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

func (w *world) refresh(text string) (inbound.TokenPair, error) {
	return w.Tokens.Refresh(w.t.Context(), w.caller(), text)
}

func (w *world) mustRefresh(text string) inbound.TokenPair {
	w.t.Helper()
	pair, err := w.refresh(text)
	require.NoError(w.t, err)
	return pair
}

func TestRefreshRotatesInOneLook(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	w.clock.Advance(time.Hour)
	before, asked := len(strings.Fields(first(w.happened()))), w.store.asked.Load()
	pair := w.mustRefresh(in.Tokens.Refresh)
	require.EqualValues(t, 1, w.store.asked.Load()-asked)
	require.NotEqual(t, in.Tokens.Refresh, pair.Refresh)
	require.Len(t, strings.Fields(first(w.happened())), before, "a plain rotation is no event")
	s := w.stored(in.Session.ID)
	require.EqualValues(t, 1, s.Rotation.Generation)
	require.Equal(t, w.clock.Now().Add(7*24*time.Hour), s.ExpiresAt)
	require.Equal(t, w.clock.Now(), s.LastActivityAt)
	who, err := w.Tokens.Authenticate(t.Context(), w.caller(), pair.Access)
	require.NoError(t, err)
	require.Equal(t, in.Session.ID, who.Session)
}

func TestALostAnswerIsGivenAgainWithinTheGrace(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	first := w.mustRefresh(in.Tokens.Refresh)
	w.clock.Advance(10*time.Second - time.Microsecond)
	again := w.mustRefresh(in.Tokens.Refresh)
	require.Equal(t, first.Refresh, again.Refresh, "the same successor")
	require.NotEqual(t, first.Access, again.Access)
	require.EqualValues(t, 1, w.stored(in.Session.ID).Rotation.Generation)
	w.mustRefresh(first.Refresh)
}

func TestReuseEndsThatSessionAndNoOther(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	other := w.signIn("ann@example.com")
	next := w.mustRefresh(in.Tokens.Refresh)
	w.clock.Advance(10 * time.Second)
	_, err := w.refresh(in.Tokens.Refresh)
	requireCode(t, fault.InvalidRefreshToken, err)

	s := w.stored(in.Session.ID)
	require.Equal(t, session.ReuseDetected, s.EndReason, "kept although the answer is a refusal")
	require.Equal(t, w.clock.Now(), *s.EndedAt)
	names, last := w.happened()
	require.True(t, strings.HasSuffix(names, "session.revoked session.reuse_detected"), names)
	require.Equal(t, event.OfSession(in.Session.ID), last.Subject)

	_, err = w.refresh(next.Refresh)
	requireCode(t, fault.InvalidRefreshToken, err)
	_, err = w.Tokens.Authenticate(t.Context(), w.caller(), next.Access)
	requireCode(t, fault.InvalidToken, err)
	w.mustRefresh(other.Tokens.Refresh)

	_, err = w.refresh(in.Tokens.Refresh)
	requireCode(t, fault.InvalidRefreshToken, err)
	again, _ := w.happened()
	require.Equal(t, names, again, "an ended session is not found out twice")
}

func TestATokenTwoGenerationsOldIsReuseAtOnce(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	w.mustRefresh(w.mustRefresh(in.Tokens.Refresh).Refresh)
	_, err := w.refresh(in.Tokens.Refresh)
	requireCode(t, fault.InvalidRefreshToken, err)
	require.Equal(t, session.ReuseDetected, w.stored(in.Session.ID).EndReason)
}

// The database lost a rotation that was acknowledged, as in a failover to a
// standby that lagged.
func TestATokenThatTheStoreHasNotReachedEndsTheSession(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	s := w.stored(in.Session.ID)
	next := w.mustRefresh(in.Tokens.Refresh)
	w.exec("UPDATE sessions SET generation = 0, secret_hash = x'" + hexOf(s.Rotation.SecretHash) + "'")
	_, err := w.refresh(next.Refresh)
	requireCode(t, fault.InvalidRefreshToken, err)
	require.Equal(t, session.StateLost, w.stored(in.Session.ID).EndReason)
	_, err = w.refresh(in.Tokens.Refresh)
	requireCode(t, fault.InvalidRefreshToken, err)
}

func TestForgedRefreshTokensReachNoStore(t *testing.T) {
	w := newWorld(t, limits)
	in := w.signUp("ann@example.com")
	foreign, err := token.NewKeyring([]byte("the key of another application"))
	require.NoError(t, err)
	asked := w.store.asked.Load()
	for _, text := range []string{"", "prt_", "nonsense", in.Tokens.Access, in.Tokens.Refresh + "A", foreign.Encode(foreign.First(in.Session.ID, [32]byte{1}))} {
		_, err := w.refresh(text)
		requireCode(t, fault.InvalidRefreshToken, err)
	}
	require.Equal(t, asked, w.store.asked.Load())
	for range 60 {
		_, err = w.refresh("prt_forged")
	}
	requireCode(t, fault.RateLimited, err)
}

func TestARefreshTokenWhoseSessionIsGone(t *testing.T) {
	w := newWorld(t)
	for name, spoil := range map[string]func(in inbound.SignedIn){
		"unknown": func(in inbound.SignedIn) { w.exec("DELETE FROM sessions WHERE id = '" + in.Session.ID.String() + "'") },
		"expired": func(inbound.SignedIn) { w.clock.Advance(7 * 24 * time.Hour) },
		"revoked": func(in inbound.SignedIn) {
			require.NoError(t, w.Tokens.SignOut(t.Context(), w.caller(), in.Tokens.Access))
		},
		"suspended": func(in inbound.SignedIn) {
			w.exec("UPDATE users SET status = 'suspended' WHERE id = '" + in.User.ID.String() + "'")
		},
	} {
		in := w.signUp(name + "@example.com")
		spoil(in)
		_, err := w.refresh(in.Tokens.Refresh)
		requireCode(t, fault.InvalidRefreshToken, err)
		w.clock.Advance(2 * time.Second) // the feed knows nothing of rows that are gone
		_, err = w.Tokens.Authenticate(t.Context(), w.caller(), in.Tokens.Access)
		requireCode(t, fault.InvalidToken, err)
	}
}

func TestASessionEndsWhateverIsDone(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	text := in.Tokens.Refresh
	for range 5 {
		w.clock.Advance(6*24*time.Hour - time.Hour)
		text = w.mustRefresh(text).Refresh
	}
	require.Equal(t, in.Session.EndsAt, w.stored(in.Session.ID).ExpiresAt)
	w.clock.Set(in.Session.EndsAt)
	_, err := w.refresh(text)
	requireCode(t, fault.InvalidRefreshToken, err)
}

// Idle for too long: no refresh, no list, no end of it, and no access by a
// session that is looked at.
func TestASessionThatIsNotUsedEnds(t *testing.T) {
	w := newWorld(t, func(_ *outbound.World, p *app.Policy) {
		p.Sessions.Idle = time.Hour
		p.Access.Lifetime = 24 * time.Hour
	})
	in, other := w.signUp("ann@example.com"), w.signIn("ann@example.com")
	w.clock.Advance(time.Hour - time.Microsecond)
	next := w.mustRefresh(in.Tokens.Refresh)
	who := w.principal(in)
	w.clock.Advance(time.Microsecond)

	_, err := w.refresh(other.Tokens.Refresh)
	requireCode(t, fault.InvalidRefreshToken, err)
	requireCode(t, fault.InvalidToken, w.Tokens.SignOut(t.Context(), w.caller(), other.Tokens.Access))
	requireCode(t, fault.NotFound, w.Sessions.Revoke(t.Context(), w.caller(), who, other.Session.ID))
	n, err := w.Sessions.RevokeOthers(t.Context(), w.caller(), who)
	require.NoError(t, err)
	require.Zero(t, n)
	page, err := w.Sessions.List(t.Context(), who, inbound.Page{Limit: 10})
	require.NoError(t, err)
	require.Equal(t, []session.ID{in.Session.ID}, ids(page.Sessions))
	require.Nil(t, w.stored(other.Session.ID).EndedAt)

	lenient := w.instance(func(_ *outbound.World, p *app.Policy) { p.Sessions.Idle = 2 * time.Hour })
	require.NoError(t, lenient.Keys.Load(t.Context()))
	_, err = lenient.Tokens.Refresh(t.Context(), w.caller(), other.Tokens.Refresh)
	require.NoError(t, err, "another limit holds at once")

	w.clock.Advance(time.Hour - time.Microsecond)
	_, err = w.refresh(in.Tokens.Refresh)
	requireCode(t, fault.InvalidRefreshToken, err)
	_, err = w.refresh(next.Refresh)
	requireCode(t, fault.InvalidRefreshToken, err)
	require.Empty(t, w.stored(in.Session.ID).EndReason, "an old token of a session that is over is no reuse")
}

func TestRefreshesOfASessionAreLimited(t *testing.T) {
	w := newWorld(t, limits)
	in := w.signUp("ann@example.com")
	text := in.Tokens.Refresh
	for range 4 {
		text = w.mustRefresh(text).Refresh
	}
	_, err := w.refresh(text)
	requireCode(t, fault.RateLimited, err)
	w.clock.Advance(15 * time.Second)
	w.mustRefresh(text)
}

// Thirty-two presentations of one token over two instances: one generation
// passes, and all get the same successor.
func TestABurstConverges(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	other := w.instance()
	require.NoError(t, other.Keys.Load(t.Context()))
	answers := make([]string, 32)
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range answers {
		tokens := w.Tokens
		if i%2 == 1 {
			tokens = other.Tokens
		}
		wg.Go(func() {
			<-start
			pair, err := tokens.Refresh(t.Context(), w.caller(), in.Tokens.Refresh)
			if err != nil {
				t.Error(err)
			}
			answers[i] = pair.Refresh
		})
	}
	close(start)
	wg.Wait()
	for _, a := range answers {
		require.Equal(t, answers[0], a)
	}
	require.EqualValues(t, 1, w.stored(in.Session.ID).Rotation.Generation)
	w.mustRefresh(answers[0])
}

func TestSignOutIsAtOnceAndOnce(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	asked := w.store.asked.Load()
	require.NoError(t, w.Tokens.SignOut(t.Context(), w.caller(), in.Tokens.Access))
	require.EqualValues(t, 1, w.store.asked.Load()-asked)
	_, last := w.happened()
	require.Equal(t, event.SessionRevoked, last.Name)
	require.Equal(t, "signed_out", last.Payload["reason"])
	require.Equal(t, event.OfUser(in.User.ID), last.Actor)
	requireCode(t, fault.InvalidToken, w.Tokens.SignOut(t.Context(), w.caller(), in.Tokens.Access))
	_, err := w.Tokens.Authenticate(t.Context(), w.caller(), in.Tokens.Access)
	requireCode(t, fault.InvalidToken, err)
	_, err = w.refresh(in.Tokens.Refresh)
	requireCode(t, fault.InvalidRefreshToken, err)
}

func TestAccessTokensThatAreNotGood(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	elsewhere := w.instance(func(_ *outbound.World, p *app.Policy) { p.Access.Issuer = "https://other.example.com" })
	require.NoError(t, elsewhere.Keys.Load(t.Context()))
	_, err := elsewhere.Tokens.Authenticate(t.Context(), w.caller(), in.Tokens.Access)
	requireCode(t, fault.InvalidToken, err)

	stranger := w.caller()
	stranger.Tenant = tenant.ID{9}
	_, err = w.Tokens.Authenticate(t.Context(), stranger, in.Tokens.Access)
	requireCode(t, fault.InvalidToken, err)

	bob := w.signUp("bob@example.com")
	mixed := w.policy.Access.Claim(in.Session, token.ID{1}, w.clock.Now(), 0.5)
	mixed.Subject = bob.User.ID
	text, err := w.world.Signer.Sign(mixed)
	require.NoError(t, err)
	requireCode(t, fault.InvalidToken, w.Tokens.SignOut(t.Context(), w.caller(), text))

	for _, text := range []string{"", "x", in.Tokens.Refresh, in.Tokens.Access[:len(in.Tokens.Access)-2], in.Tokens.Access + "x"} {
		_, err = w.Tokens.Authenticate(t.Context(), w.caller(), text)
		requireCode(t, fault.InvalidToken, err)
		requireCode(t, fault.InvalidToken, w.Tokens.SignOut(t.Context(), w.caller(), text))
	}
	w.clock.Advance(15 * time.Minute)
	_, err = w.Tokens.Authenticate(t.Context(), w.caller(), in.Tokens.Access)
	requireCode(t, fault.InvalidToken, err)
}

type always float64

func (always) Secret() [32]byte    { return [32]byte{1} }
func (a always) Fraction() float64 { return float64(a) }

func TestExpiresInTellsTheTruth(t *testing.T) {
	for fraction, want := range map[always]time.Duration{0: 855 * time.Second, 0.75: 922 * time.Second} {
		w := newWorld(t, func(o *outbound.World, _ *app.Policy) { o.Random = fraction })
		require.Equal(t, want, w.signUp("ann@example.com").Tokens.ExpiresIn)
	}
}

func TestSessions(t *testing.T) {
	w := newWorld(t)
	first := w.signUp("ann@example.com")
	bob := w.signUp("bob@example.com")
	second, third := w.signIn("ann@example.com"), w.signIn("ann@example.com")
	ctx, who := t.Context(), w.principal(first)

	page, err := w.Sessions.List(ctx, who, inbound.Page{Limit: 2})
	require.NoError(t, err)
	require.Equal(t, []session.ID{third.Session.ID, second.Session.ID}, ids(page.Sessions))
	require.Equal(t, second.Session.ID, page.Next)
	page, err = w.Sessions.List(ctx, who, inbound.Page{Limit: 2, After: page.Next})
	require.NoError(t, err)
	require.Equal(t, []session.ID{first.Session.ID}, ids(page.Sessions))
	require.True(t, page.Next.IsZero())
	page, err = w.Sessions.List(ctx, who, inbound.Page{Limit: 3})
	require.NoError(t, err)
	require.True(t, page.Next.IsZero(), "a full page that is the last")

	got, err := w.Sessions.Get(ctx, who, second.Session.ID)
	require.NoError(t, err)
	require.Equal(t, second.Session, got.Session)
	for _, id := range []session.ID{bob.Session.ID, {9}} {
		_, err = w.Sessions.Get(ctx, who, id)
		requireCode(t, fault.NotFound, err)
		requireCode(t, fault.NotFound, w.Sessions.Revoke(ctx, w.caller(), who, id))
	}
	w.principal(bob)

	require.NoError(t, w.Sessions.Revoke(ctx, w.caller(), who, second.Session.ID))
	requireCode(t, fault.NotFound, w.Sessions.Revoke(ctx, w.caller(), who, second.Session.ID))
	_, err = w.Tokens.Authenticate(ctx, w.caller(), second.Tokens.Access)
	requireCode(t, fault.InvalidToken, err)
	got, err = w.Sessions.Get(ctx, who, second.Session.ID)
	require.NoError(t, err)
	require.Equal(t, session.Revoked, got.Session.EndReason)

	fourth := w.signIn("ann@example.com")
	n, err := w.Sessions.RevokeOthers(ctx, w.caller(), who)
	require.NoError(t, err)
	require.Equal(t, 2, n)
	names, last := w.happened()
	require.True(t, strings.HasSuffix(names, "session.created session.revoked session.revoked"), names)
	require.Equal(t, event.OfSession(fourth.Session.ID), last.Subject)
	for _, ended := range []inbound.SignedIn{third, fourth} {
		_, err = w.Tokens.Authenticate(ctx, w.caller(), ended.Tokens.Access)
		requireCode(t, fault.InvalidToken, err)
	}
	w.principal(first)
	w.principal(bob)
	n, err = w.Sessions.RevokeOthers(ctx, w.caller(), who)
	require.NoError(t, err)
	require.Zero(t, n)
}

func TestASignInBeyondTheLimitEndsTheOldest(t *testing.T) {
	w := newWorld(t, func(_ *outbound.World, p *app.Policy) { p.MostSessions = 2 })
	first, bob := w.signUp("ann@example.com"), w.signUp("bob@example.com")
	second := w.signIn("ann@example.com")
	w.principal(first)
	asked := w.store.asked.Load()
	third := w.signIn("ann@example.com")
	require.EqualValues(t, 2, w.store.asked.Load()-asked, "in the look that opens the session")

	require.NoError(t, w.Revocations.Load(t.Context()))
	_, err := w.Tokens.Authenticate(t.Context(), w.caller(), first.Tokens.Access)
	requireCode(t, fault.InvalidToken, err)
	_, err = w.refresh(first.Tokens.Refresh)
	requireCode(t, fault.InvalidRefreshToken, err)
	for _, in := range []inbound.SignedIn{second, third, bob} {
		w.mustRefresh(in.Tokens.Refresh)
	}
	names, last := w.happened()
	require.True(t, strings.HasSuffix(names, "session.created session.revoked"), names)
	require.Equal(t, event.Ended(w.caller().Origin(), event.OfUser(first.User.ID), first.Session.ID, first.User.ID, session.Displaced, w.clock.Now()), last.Event)
	require.Equal(t, "displaced", last.Payload["reason"])
}

func TestDraining(t *testing.T) {
	w := newWorld(t)
	require.Equal(t, inbound.Ready, w.Health.Ready(t.Context()).State)
	w.Health.Drain()
	r := w.Health.Ready(t.Context())
	require.Equal(t, inbound.Unavailable, r.State)
	require.True(t, r.Draining)
	require.True(t, r.Database.Healthy)
}

func ids(list []session.Session) []session.ID {
	var out []session.ID
	for _, s := range list {
		out = append(out, s.ID)
	}
	return out
}

func first[A, B any](a A, _ B) A { return a }

func hexOf(b [32]byte) string {
	const digits = "0123456789abcdef"
	var out strings.Builder
	for _, c := range b {
		out.WriteByte(digits[c>>4])
		out.WriteByte(digits[c&15])
	}
	return out.String()
}

// decodeSegment gives the header of a token in compact form.
func decodeSegment(t *testing.T, text string) []byte {
	t.Helper()
	header, _, _ := strings.Cut(text, ".")
	raw, err := base64.RawURLEncoding.DecodeString(header)
	require.NoError(t, err)
	return raw
}
