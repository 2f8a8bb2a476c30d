package app_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/aesgcm"
	"github.com/plinto/plinto/core/app"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// beside is an instance as a world, which it shares with w.
func (w *world) beside(services inbound.Services) *world {
	b := *w
	b.Services = services
	return &b
}

// other is a second instance on the same database, up to date.
func (w *world) other() *world {
	w.t.Helper()
	o := w.beside(w.instance())
	require.NoError(w.t, o.Keys.Load(w.t.Context()))
	require.NoError(w.t, o.Revocations.Load(w.t.Context()))
	return o
}

func (w *world) accepts(access string) bool {
	w.t.Helper()
	_, err := w.Tokens.Authenticate(w.t.Context(), w.caller(), access)
	if err != nil {
		requireCode(w.t, fault.InvalidToken, err)
	}
	return err == nil
}

func TestABearerRequestAsksNoStore(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	asked := w.store.asked.Load()
	for range 10 {
		require.True(t, w.accepts(in.Tokens.Access))
	}
	require.Equal(t, asked, w.store.asked.Load())
}

// Every way to end a session, seen from the instance that ended it, at once,
// and from another one when that has read the feed.
func TestWhatEndsASessionIsKnownEverywhere(t *testing.T) {
	ends := map[string]func(w *world, in inbound.SignedIn) error{
		"sign out": func(w *world, in inbound.SignedIn) error {
			return w.Tokens.SignOut(t.Context(), w.caller(), in.Tokens.Access)
		},
		"revoke": func(w *world, in inbound.SignedIn) error {
			return w.Sessions.Revoke(t.Context(), w.caller(), w.principal(w.signIn("ann@example.com")), in.Session.ID)
		},
		"revoke others": func(w *world, _ inbound.SignedIn) error {
			_, err := w.Sessions.RevokeOthers(t.Context(), w.caller(), w.principal(w.signIn("ann@example.com")))
			return err
		},
		"reuse": func(w *world, in inbound.SignedIn) error {
			w.mustRefresh(w.mustRefresh(in.Tokens.Refresh).Refresh)
			_, err := w.refresh(in.Tokens.Refresh)
			requireCode(t, fault.InvalidRefreshToken, err)
			return nil
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			in := w.signUp("ann@example.com")
			other := w.other()
			require.True(t, other.accepts(in.Tokens.Access))
			require.NoError(t, end(w, in))
			require.False(t, w.accepts(in.Tokens.Access), "where it was ended")
			require.True(t, other.accepts(in.Tokens.Access), "not read yet")
			require.NoError(t, other.Revocations.Load(t.Context()))
			require.False(t, other.accepts(in.Tokens.Access))
			require.False(t, w.other().accepts(in.Tokens.Access), "an instance that starts later")
		})
	}
}

// An instance that cannot know asks, and does not guess.
func TestAnInstanceThatIsBehindAsksTheStore(t *testing.T) {
	w := newWorld(t)
	in, ended := w.signUp("ann@example.com"), w.signIn("ann@example.com")
	other := w.other()
	require.NoError(t, w.Tokens.SignOut(t.Context(), w.caller(), ended.Tokens.Access))

	w.clock.Advance(time.Second)
	require.True(t, other.accepts(ended.Tokens.Access), "within the bound")
	w.clock.Advance(time.Microsecond)
	asked := w.store.asked.Load()
	require.False(t, other.accepts(ended.Tokens.Access), "beyond it")
	require.True(t, other.accepts(in.Tokens.Access))
	require.EqualValues(t, 1+2, w.store.asked.Load()-asked, "the feed for both, and the session that it does not tell of")
	require.EqualValues(t, 2, other.Revocations.State().Asked)

	w.store.away.Store(true)
	_, err := other.Tokens.Authenticate(t.Context(), w.caller(), in.Tokens.Access)
	requireCode(t, fault.Unavailable, err)
	_, err = other.Tokens.Authenticate(t.Context(), w.caller(), ended.Tokens.Access)
	requireCode(t, fault.Unavailable, err)
	require.Error(t, other.Revocations.Load(t.Context()))
	w.store.away.Store(false)
	require.NoError(t, other.Revocations.Load(t.Context()))
	require.False(t, other.accepts(ended.Tokens.Access))
	require.True(t, other.accepts(in.Tokens.Access))

	before := other.Revocations.State().Asked
	require.True(t, other.accepts(in.Tokens.Access))
	require.Equal(t, before, other.Revocations.State().Asked)
	w.clock.Advance(-time.Second)
	require.True(t, other.accepts(in.Tokens.Access))
	require.Equal(t, before+1, other.Revocations.State().Asked, "a clock that was set back tells nothing")
}

// What a reading tells is as old as its beginning.
func TestAReadingIsAsOldAsItsBeginning(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	w.store.duringFeed = func() { w.clock.Advance(2 * time.Second) }
	require.NoError(t, w.Revocations.Load(t.Context()))
	require.Equal(t, w.clock.Now().Add(-2*time.Second), w.Revocations.State().ReadAt)
	require.True(t, w.accepts(in.Tokens.Access))
	require.EqualValues(t, 1, w.Revocations.State().Asked)
}

// A store that is asked is asked for all that it knows.
func TestWhatTheStoreIsAskedFor(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.signUp("ann@example.com"), w.signUp("bob@example.com")
	late := w.beside(w.instance())
	require.NoError(t, late.Keys.Load(t.Context()))
	claims := w.policy.Access.Claim(ann.Session, token.ID{1}, w.clock.Now(), 0.5)
	claims.Subject = bob.User.ID
	mixed, err := w.world.Signer.Sign(claims)
	require.NoError(t, err)
	require.False(t, late.accepts(mixed))
	require.True(t, late.accepts(ann.Tokens.Access))
	w.exec("UPDATE users SET status = 'suspended'")
	require.False(t, late.accepts(ann.Tokens.Access))
	w.exec("DELETE FROM sessions")
	require.False(t, late.accepts(bob.Tokens.Access))
}

func TestAnInstanceIsNotReadyBeforeItHasReadTheFeed(t *testing.T) {
	w := newWorld(t)
	in, ended := w.signUp("ann@example.com"), w.signIn("ann@example.com")
	require.NoError(t, w.Tokens.SignOut(t.Context(), w.caller(), ended.Tokens.Access))
	late := w.beside(w.instance())
	require.NoError(t, late.Keys.Load(t.Context()))
	require.Equal(t, inbound.Unavailable, late.Health.Ready(t.Context()).State)
	require.True(t, late.accepts(in.Tokens.Access), "it asks the store")
	require.False(t, late.accepts(ended.Tokens.Access))
	require.NoError(t, late.Revocations.Load(t.Context()))
	w.clock.Advance(time.Second)
	require.Equal(t, inbound.Ready, late.Health.Ready(t.Context()).State)
}

// All sessions that are there are over at once, before their rows are.
func TestTheEndOfAllSessions(t *testing.T) {
	w := newWorld(t, func(o *outbound.World, _ *app.Policy) { o.Identifiers = &timed{clock: o.Clock} })
	in := w.signUp("ann@example.com")
	other := w.other()
	w.clock.Advance(time.Millisecond)
	now := w.clock.Now()
	require.NoError(t, w.store.Events().Append(t.Context(), event.AllEnded(event.Origin{Tenant: tenant.Default}, event.Operator, now)))
	later := w.signIn("ann@example.com")
	require.NoError(t, other.Revocations.Load(t.Context()))
	require.False(t, other.accepts(in.Tokens.Access))
	require.True(t, other.accepts(later.Tokens.Access))
	require.False(t, other.accepts(other.mustRefresh(in.Tokens.Refresh).Access), "a refresh does not bring it back")
	w.clock.Advance(time.Hour)
	require.NoError(t, other.Revocations.Load(t.Context()))
	require.True(t, other.accepts(w.signIn("ann@example.com").Tokens.Access))
}

// A token cannot outlive what is remembered of its session, also when tokens
// lived longer before a restart.
func TestALifetimeThatIsShortenedForgetsNothing(t *testing.T) {
	w := newWorld(t, func(_ *outbound.World, p *app.Policy) { p.Access.Lifetime = time.Hour })
	in := w.signUp("ann@example.com")
	require.NoError(t, w.Tokens.SignOut(t.Context(), w.caller(), in.Tokens.Access))
	w.clock.Advance(30 * time.Minute)
	short := w.beside(w.instance(func(_ *outbound.World, p *app.Policy) { p.Access.Lifetime = 5 * time.Minute }))
	require.NoError(t, short.Keys.Load(t.Context()))
	require.NoError(t, short.Revocations.Load(t.Context()))
	require.False(t, short.accepts(in.Tokens.Access))
}

// A key that was made elsewhere is here as soon as the feed tells of it.
func TestARotationElsewhereIsFollowed(t *testing.T) {
	w := newWorld(t)
	other := w.other()
	next, err := w.Keys.Rotate(t.Context())
	require.NoError(t, err)
	set, err := other.Keys.Published()
	require.NoError(t, err)
	require.NotContains(t, string(set.Body), next.KID)
	require.NoError(t, other.Revocations.Load(t.Context()))
	set, err = other.Keys.Published()
	require.NoError(t, err)
	require.Contains(t, string(set.Body), next.KID)
}

// timed makes identifiers by the clock of the test, as real ones are.
type timed struct {
	clock outbound.Clock
	made  byte
}

func (i *timed) New() [16]byte {
	i.made++
	ms := i.clock.Now().UnixMilli()
	return [16]byte{byte(ms >> 40), byte(ms >> 32), byte(ms >> 24), byte(ms >> 16), byte(ms >> 8), byte(ms), 0x70, 8: 0x80, 15: i.made}
}

// An instance that cannot open a new key goes on following what is revoked.
func TestAKeyThatCannotBeOpenedDoesNotStopTheFeed(t *testing.T) {
	w := newWorld(t)
	sealer, err := aesgcm.New([]byte("another secret to seal keys with"), []byte("a key to seal other keys with"))
	require.NoError(t, err)
	other := w.beside(w.instance(func(o *outbound.World, _ *app.Policy) { o.Sealer = sealer }))
	require.NoError(t, other.Keys.Load(t.Context()))
	_, err = other.Keys.Rotate(t.Context())
	require.NoError(t, err)
	w.clock.Advance(10 * time.Minute)
	in, ended := w.signUp("ann@example.com"), w.signIn("ann@example.com")
	require.NoError(t, other.Tokens.SignOut(t.Context(), w.caller(), ended.Tokens.Access))
	require.NoError(t, w.Revocations.Load(t.Context()))
	require.Equal(t, w.clock.Now(), w.Revocations.State().ReadAt)
	require.False(t, w.accepts(ended.Tokens.Access))
	require.True(t, w.accepts(in.Tokens.Access))
	require.ErrorIs(t, w.Keys.Load(t.Context()), outbound.ErrSealed)
}

// impatientFeed reads a few events at a time, and runs out of time when there
// are more.
type impatientFeed struct {
	outbound.Feed
	size   int
	expire func()
}

func (f *impatientFeed) Revocations(ctx context.Context, t tenant.ID, since time.Time, m outbound.Mark, _ int) (outbound.FeedPage, error) {
	if err := ctx.Err(); err != nil {
		return outbound.FeedPage{}, fmt.Errorf("%w: %w", outbound.ErrUnavailable, err)
	}
	page, err := f.Feed.Revocations(ctx, t, since, m, f.size)
	if page.More {
		f.expire()
	}
	return page, err
}

// A feed that is longer than what can be read in time is read in parts, and
// what ends between two parts is not missed.
func TestAFeedThatIsLongIsReadInParts(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	late := w.beside(w.instance())
	require.NoError(t, late.Keys.Load(t.Context()))
	end := func() inbound.SignedIn {
		ended := w.signIn("ann@example.com")
		require.NoError(t, w.Tokens.SignOut(t.Context(), w.caller(), ended.Tokens.Access))
		return ended
	}
	next, err := w.Keys.Rotate(t.Context())
	require.NoError(t, err)
	var ended []inbound.SignedIn
	for range 7 {
		ended = append(ended, end())
	}
	feed := &impatientFeed{Feed: w.store.Store.Feed(), size: 3}
	w.store.feed = feed
	for n := 1; late.Revocations.State().ReadAt.IsZero(); n++ {
		require.Less(t, n, 8, "it begins from the beginning each time")
		ctx, cancel := context.WithCancel(t.Context())
		feed.expire = cancel
		err := late.Revocations.Load(ctx)
		cancel()
		if err == nil {
			break
		}
		ended = append(ended, end())
	}
	for _, e := range ended[:7] {
		require.False(t, late.accepts(e.Tokens.Access))
	}
	w.store.feed = nil
	require.NoError(t, late.Revocations.Load(t.Context()))
	asked := late.Revocations.State().Asked
	for _, e := range ended {
		require.False(t, late.accepts(e.Tokens.Access))
	}
	require.True(t, late.accepts(in.Tokens.Access))
	require.Equal(t, asked, late.Revocations.State().Asked)
	require.Contains(t, published(t, late.Services), next.KID)
}

// scriptedFeed has a first page and a second, and then nothing.
type scriptedFeed struct {
	asked  []outbound.Mark
	expire func()
}

func (f *scriptedFeed) Revocations(ctx context.Context, _ tenant.ID, _ time.Time, m outbound.Mark, _ int) (outbound.FeedPage, error) {
	f.asked = append(f.asked, m)
	if err := ctx.Err(); err != nil {
		return outbound.FeedPage{}, fmt.Errorf("%w: %w", outbound.ErrUnavailable, err)
	}
	if m == "" {
		f.expire()
		return outbound.FeedPage{Next: "middle", More: true}, nil
	}
	return outbound.FeedPage{Next: "end"}, nil
}

// The rest of a reading that ran out of time tells nothing of what happened
// since that began: the end is asked for once more.
func TestTheRestOfAReadingIsNotAllThereIs(t *testing.T) {
	w := newWorld(t)
	late := w.beside(w.instance())
	ctx, cancel := context.WithCancel(t.Context())
	feed := &scriptedFeed{expire: cancel}
	w.store.feed = feed
	require.Error(t, late.Revocations.Load(ctx))
	require.NoError(t, late.Revocations.Load(t.Context()))
	require.Equal(t, []outbound.Mark{"", "middle", "middle", "end"}, feed.asked)
}
