package plinto_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	plinto "github.com/plinto/plinto/adapters/httpapi/clients/go"
)

func revocation(id, data string) string {
	return "event: revocation\nid: " + id + "\ndata: " + data + "\n\n"
}

// settled waits until an error is as wanted.
func settled(t *testing.T, v *plinto.Verifier, token string, want error) {
	t.Helper()
	var err error
	require.Eventually(t, func() bool {
		_, err = v.Verify(t.Context(), token)
		return errors.Is(err, want)
	}, 10*time.Second, time.Millisecond, "%v", err)
}

func TestWhatTheFeedTellsIsRefused(t *testing.T) {
	for name, told := range map[string]string{
		"its session":  `{"type":"session","session_id":"` + session + `","revoked_at":"2026-11-01T00:00:00Z"}`,
		"all sessions": `{"type":"all_sessions","before":"2030-01-01T00:00:00Z"}`,
	} {
		k := newSigner(t, "k", "EdDSA")
		s := newService(t, k)
		v := s.verifier()
		good := k.token(t, nil, nil)
		_, err := v.Verify(t.Context(), good)
		require.ErrorIs(t, err, plinto.ErrFeedLate, "nothing is known yet")
		running(t, v)
		s.say("retry: 1000\n\n:comment\n\n" + heartbeat("1", 0))
		inStep(t, v)
		c, err := v.Verify(t.Context(), good)
		require.NoError(t, err)
		require.Equal(t, userID, c.Subject)
		s.say(revocation("2", `{"type":"of tomorrow"}`) + revocation("3", `{"type":"session","session_id":"another"}`) + "event: of tomorrow\ndata: x\n\n")
		s.say(revocation("4", `{"type":"all_sessions","before":"2020-01-01T00:00:00Z"}`) + heartbeat("4", 0))
		_, err = v.Verify(t.Context(), good)
		require.NoError(t, err)
		s.say(revocation("5", told))
		settled(t, v, good, plinto.ErrRevoked)
		_, err = v.Verify(t.Context(), good)
		require.ErrorIs(t, err, plinto.ErrInvalidToken, name)
	}
}

func TestARevokedKeyIsRefusedThoughItIsStillPublished(t *testing.T) {
	k, other := newSigner(t, "k", "EdDSA"), newSigner(t, "other", "EdDSA")
	s := newService(t, k, other)
	v := s.verifier()
	running(t, v)
	s.say(heartbeat("1", 0))
	inStep(t, v)
	_, err := v.Verify(t.Context(), k.token(t, nil, nil))
	require.NoError(t, err)
	s.say(revocation("2", `{"type":"key","kid":"k"}`))
	settled(t, v, k.token(t, nil, nil), plinto.ErrInvalidToken)
	_, err = v.Verify(t.Context(), other.token(t, nil, nil))
	require.NoError(t, err)
}

// A session whose id does not say when it was opened may be an old one.
func TestASessionOfUnknownAgeIsAmongAllSessions(t *testing.T) {
	k := newSigner(t, "k", "EdDSA")
	s := newService(t, k)
	v := s.verifier()
	running(t, v)
	s.say(revocation("1", `{"type":"all_sessions","before":"2020-01-01T00:00:00Z"}`) + heartbeat("1", 0))
	inStep(t, v)
	for _, sid := range []string{"x", "019f0000-0000-4000-8000-000000000001", "019f0000"} {
		_, err := v.Verify(t.Context(), k.token(t, nil, map[string]any{"sid": sid}))
		require.ErrorIs(t, err, plinto.ErrRevoked, sid)
	}
}

func TestAFeedThatIsLate(t *testing.T) {
	for name, c := range map[string]struct {
		late plinto.Late
		told any
		code int
		want error
	}{
		"refuses":                      {late: plinto.FailClosed, want: plinto.ErrFeedLate},
		"accepts":                      {late: plinto.FailOpen},
		"asks, and it is active":       {late: plinto.Introspect, code: 200, told: map[string]any{"active": true, "token_type": "Bearer", "sub": userID, "sid": session, "jti": "j"}},
		"asks, and it is not":          {late: plinto.Introspect, code: 200, told: map[string]any{"active": false}, want: plinto.ErrRevoked},
		"asks, and it is no access":    {late: plinto.Introspect, code: 200, told: map[string]any{"active": true, "sub": userID, "sid": session, "jti": "j"}, want: plinto.ErrRevoked},
		"asks, and it is another":      {late: plinto.Introspect, code: 200, told: map[string]any{"active": true, "token_type": "Bearer", "sub": userID, "sid": "x", "jti": "j"}, want: plinto.ErrRevoked},
		"asks, and may not":            {late: plinto.Introspect, code: 403, told: "x", want: plinto.ErrIntrospection},
		"asks, and is not understood":  {late: plinto.Introspect, code: 200, told: "x", want: plinto.ErrIntrospection},
		"asks, and there is an excuse": {late: plinto.Introspect, code: 503, told: map[string]any{"active": true}, want: plinto.ErrIntrospection},
	} {
		t.Run(name, func(t *testing.T) {
			k := newSigner(t, "k", "EdDSA")
			s := newService(t, k)
			good := k.token(t, nil, nil)
			asked := 0
			s.introspect = func(form map[string][]string) (int, any) {
				asked++
				require.Equal(t, map[string][]string{"token": {good}, "token_type_hint": {"access_token"}}, form)
				return c.code, c.told
			}
			v := s.verifier(func(o *plinto.Options) { o.Late = c.late })
			clock := newClock()
			v.SetClock(clock.now)
			running(t, v)
			s.say(heartbeat("1", 0))
			inStep(t, v)
			_, err := v.Verify(t.Context(), good)
			require.NoError(t, err)
			require.Zero(t, asked, "nobody is asked while the feed is in step")

			clock.advance(5*time.Second + time.Millisecond)
			require.True(t, v.Late())
			_, err = v.Verify(t.Context(), good)
			require.ErrorIs(t, err, c.want)
			if c.late == plinto.Introspect {
				require.Equal(t, 1, asked)
			}
			s.say(revocation("2", `{"type":"session","session_id":"`+session+`"}`))
			settled(t, v, good, plinto.ErrRevoked) // known, however late the feed is
		})
	}
}

// A feed that was late catches up at any moment of a verification, and tells
// that the token is revoked.
func TestAFeedThatCatchesUpMeanwhile(t *testing.T) {
	k := newSigner(t, "k", "EdDSA")
	s := newService(t, k)
	good := k.token(t, nil, nil)
	for look := 1; look <= 10; look++ {
		v := s.verifier()
		looks := 0
		v.SetClock(func() time.Time {
			now := time.Now()
			if looks++; looks == look {
				v.CatchUp(session, now)
			}
			return now
		})
		_, err := v.Verify(t.Context(), good)
		require.Error(t, err, "caught up at look %d at the clock", look)
	}
}

// What the server itself is behind counts, and by its own clock.
func TestAHeartbeatOfAServerThatIsBehind(t *testing.T) {
	k := newSigner(t, "k", "EdDSA")
	s := newService(t, k)
	v := s.verifier()
	running(t, v)
	s.say(strings.ReplaceAll(heartbeat("1", 0), "sent_at", "sent")) // in the year 1, before it was known: says nothing
	s.say(heartbeat("1", 6*time.Second))
	require.Eventually(t, func() bool { return !v.AsOf().IsZero() }, 10*time.Second, time.Millisecond)
	require.True(t, v.Late())
	s.say(heartbeat("1", 4*time.Second))
	inStep(t, v)
	hour := time.Hour
	ahead := time.Now().Add(hour).Format(time.RFC3339Nano)
	before := v.AsOf()
	s.say(fmt.Sprintf("event: heartbeat\ndata: {\"as_of\":%q,\"sent_at\":%q,\"access_token_max_age\":60}\n\n", ahead, ahead))
	require.Eventually(t, func() bool { return v.AsOf() != before }, 10*time.Second, time.Millisecond)
	require.WithinDuration(t, time.Now(), v.AsOf(), 10*time.Second, "its clock is an hour ahead, and that is all")
}

// The machine slept, or somebody set the clock.
func TestAClockThatJumpsMakesTheFeedLate(t *testing.T) {
	for _, jump := range []time.Duration{time.Hour, -time.Hour} {
		s := newService(t, newSigner(t, "k", "EdDSA"))
		v := s.verifier()
		clock := newClock()
		v.SetClock(clock.now)
		running(t, v)
		s.say(heartbeat("1", 0))
		inStep(t, v)
		clock.at = clock.at.Round(0).Add(jump)
		require.True(t, v.Late(), jump)
	}
}

func TestATokenFromWhenTokensLivedLonger(t *testing.T) {
	k := newSigner(t, "k", "EdDSA")
	s := newService(t, k)
	v := s.verifier()
	running(t, v)
	s.say(heartbeat("1", 0))
	inStep(t, v)
	old := time.Now().Add(-1005*time.Second - 10*time.Second).Unix()
	_, err := v.Verify(t.Context(), k.token(t, nil, map[string]any{"iat": old, "nbf": old}))
	require.ErrorIs(t, err, plinto.ErrInvalidToken, "whether it was revoked may be forgotten")
}

func TestTheFeedGoesOnFromWhereItWas(t *testing.T) {
	k := newSigner(t, "k", "EdDSA")
	s := newService(t, k)
	v := s.verifier()
	running(t, v)
	s.say(heartbeat("a", 0))
	require.Empty(t, <-s.from)
	s.say("event: revocation\ndata: {\"type\":\"session\",\"session_id\":\"x\"}\n\n") // no id: in the middle of a page
	s.drop <- struct{}{}
	require.Equal(t, "a", <-s.from)
	s.say(revocation("b", `{"type":"session","session_id":"`+session+`"}`) + heartbeat("b", 0))
	inStep(t, v)
	settled(t, v, k.token(t, nil, nil), plinto.ErrRevoked)

	// A cursor that is not understood begins anew; what is known stays known.
	s.set(func() { s.feedFail = 422 })
	s.drop <- struct{}{}
	s.set(func() {})
	time.Sleep(300 * time.Millisecond)
	s.set(func() { s.feedFail = 0 })
	require.Empty(t, <-s.from)
	_, err := v.Verify(t.Context(), k.token(t, nil, nil))
	require.ErrorIs(t, err, plinto.ErrRevoked)
}

func TestWhatIsNotTheFeed(t *testing.T) {
	k := newSigner(t, "k", "EdDSA")
	for name, say := range map[string]string{
		"not JSON":           revocation("1", "x"),
		"a strange beat":     "event: heartbeat\ndata: {}\n\n",
		"an endless line":    "data: " + strings.Repeat("x", 65<<10),
		"an endless event":   strings.Repeat("data: x\n", 10_000),
		"a beat without end": "event: heartbeat\ndata: [",
	} {
		s := newService(t, k)
		v := s.verifier()
		running(t, v)
		<-s.from
		s.say(say)
		if name == "a beat without end" {
			s.drop <- struct{}{}
		}
		<-s.from // it tries again
		require.True(t, v.Late(), name)
	}
	s := newService(t, k)
	s.feedType = "text/html"
	v := s.verifier()
	running(t, v)
	<-s.from
	<-s.from
	require.True(t, v.Late())
}

// A connection that died without a word is given up.
func TestAFeedThatFallsSilent(t *testing.T) {
	s := newService(t, newSigner(t, "k", "EdDSA"))
	v := s.verifier(func(o *plinto.Options) { o.MaxStaleness = 2 * time.Second })
	running(t, v)
	s.say(heartbeat("a", 0))
	<-s.from
	inStep(t, v)
	require.Equal(t, "a", <-s.from, "it connects again")
	require.True(t, v.Late())
}

func TestPolling(t *testing.T) {
	k := newSigner(t, "k", "EdDSA")
	s := newService(t, k)
	v := s.verifier(func(o *plinto.Options) { o.Poll = time.Millisecond })
	running(t, v)
	page := func(cursor string, more bool, data string) string {
		return fmt.Sprintf(`{"data":[%s],"next_cursor":%q,"more":%t,"as_of":"2026-11-01T00:00:00Z","access_token_max_age":1005}`, data, cursor, more)
	}
	require.Empty(t, <-s.from)
	s.say(page("1", true, `{"type":"session","session_id":"x"}`))
	require.Equal(t, "1", <-s.from)
	require.True(t, v.Late(), "there is more to know")
	s.say(page("2", false, ""))
	inStep(t, v)
	require.Equal(t, "2", <-s.from)
	_, err := v.Verify(t.Context(), k.token(t, nil, nil))
	require.NoError(t, err)
	s.say(page("3", false, `{"type":"session","session_id":"`+session+`"}`))
	settled(t, v, k.token(t, nil, nil), plinto.ErrRevoked)
	for _, broken := range []string{"x", "{}", `{"next_cursor":""}`} {
		require.Equal(t, "3", <-s.from)
		s.say(broken)
	}
	require.Equal(t, "3", <-s.from)
	s.say(page("4", false, ""))
	s.set(func() { s.feedFail = 503 })
}

// The secret and the token go nowhere else.
func TestNoRedirectIsFollowed(t *testing.T) {
	k := newSigner(t, "k", "EdDSA")
	s := newService(t, k)
	stranger := newService(t, k)
	followed := func(*http.Request, []*http.Request) error { return nil }
	redirect := roundTrip(func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "jwks.json") || r.URL.Host != strings.TrimPrefix(s.URL, "http://") {
			return http.DefaultTransport.RoundTrip(r)
		}
		to, _ := url.Parse(stranger.URL + r.URL.Path)
		return &http.Response{StatusCode: 307, Header: http.Header{"Location": {to.String()}}, Body: http.NoBody, Request: r}, nil
	})
	v := s.verifier(func(o *plinto.Options) {
		o.Late, o.HTTP = plinto.Introspect, &http.Client{Transport: redirect, CheckRedirect: followed}
	})
	stranger.introspect = func(map[string][]string) (int, any) {
		t.Error("the token went to a stranger")
		return 500, nil
	}
	_, err := v.Verify(t.Context(), k.token(t, nil, nil))
	require.ErrorIs(t, err, plinto.ErrIntrospection)
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
