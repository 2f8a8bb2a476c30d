package main_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	plinto "github.com/plinto/plinto/adapters/httpapi/clients/go"
	"github.com/plinto/plinto/ports/porttest"
)

// service is another service's credential.
type service struct{ id, secret string }

// newService makes a client by the command.
func (i *instance) newService(scopes ...string) service {
	i.t.Helper()
	args := []string{"clients", "create", "orders"}
	for _, s := range scopes {
		args = append(args, "--scope", s)
	}
	out := i.run(args...)
	found := regexp.MustCompile(`client_id +(\S+)\nclient_secret +(pcs_\S{43})\n`).FindStringSubmatch(out)
	require.NotNil(i.t, found, out)
	return service{found[1], found[2]}
}

// as sends a request as a service; a form is sent unless it is nil.
func (i *instance) as(s service, method, path string, form url.Values) answer {
	i.t.Helper()
	a, err := i.tryAs(s, method, path, form)
	require.NoError(i.t, err)
	return a
}

func (i *instance) tryAs(s service, method, path string, form url.Values) (answer, error) {
	request, err := http.NewRequest(method, i.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		return answer{}, err
	}
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	request.SetBasicAuth(s.id, s.secret)
	return i.send(request)
}

// active introspects a token.
func (i *instance) active(s service, token string) bool {
	i.t.Helper()
	var told struct{ Active bool }
	a := i.as(s, "POST", "/api/v1/auth/introspect", url.Values{"token": {token}}).want(200, &told)
	if !told.Active {
		require.JSONEq(i.t, `{"active":false}`, string(a.body))
	}
	return told.Active
}

// setups are one instance on SQLite, and two on PostgreSQL.
func setups(t *testing.T, test func(t *testing.T, a, b *instance)) {
	t.Helper()
	t.Run("on nothing", func(t *testing.T) {
		one := start(t, t.TempDir(), fast...)
		test(t, one, one)
	})
	t.Run("on PostgreSQL, two instances", func(t *testing.T) {
		dir, settings := t.TempDir(), append([]string{"DATABASE_URL=" + postgresURL(t)}, fast...)
		test(t, start(t, dir, settings...), start(t, dir, settings...))
	})
}

func TestServicesAskAboutTokens(t *testing.T) {
	setups(t, func(t *testing.T, a, b *instance) {
		asker, follower := a.newService("introspect"), a.newService("revocations")
		in := a.signUp("ann")
		require.True(t, b.active(asker, in.Tokens.Access))
		require.True(t, b.active(asker, in.Tokens.Refresh))
		require.False(t, b.active(asker, in.Tokens.Access+"x"))
		require.False(t, b.active(asker, asker.secret))
		b.as(follower, "POST", "/api/v1/auth/introspect", url.Values{"token": {in.Tokens.Access}}).fault(403, "insufficient_scope")
		b.as(asker, "GET", "/api/v1/revocations", nil).fault(403, "insufficient_scope")

		// Looking at a token that was used moves nothing and ends nothing.
		var next tokens
		a.call("POST", "/api/v1/auth/refresh", "", map[string]string{"refresh_token": in.Tokens.Refresh}).want(200, &next)
		require.False(t, b.active(asker, in.Tokens.Refresh))
		require.True(t, b.active(asker, next.Refresh))
		require.NotContains(t, a.run("events", "tail"), "reuse_detected")

		// A session that ends at one instance is over at the other, at once.
		a.call("POST", "/api/v1/auth/signout", next.Access, nil).want(204)
		for _, token := range []string{in.Tokens.Access, next.Access, next.Refresh} {
			require.False(t, b.active(asker, token))
		}

		// It is in the feed, from a cursor on.
		var page struct {
			Data []struct {
				Type      string
				SessionID string `json:"session_id"`
				UserID    string `json:"user_id"`
				Reason    string
			}
			NextCursor string `json:"next_cursor"`
			More       bool
		}
		b.as(follower, "GET", "/api/v1/revocations", nil).want(200, &page)
		require.Len(t, page.Data, 1)
		require.Equal(t, "session", page.Data[0].Type)
		require.Equal(t, in.Session.ID, page.Data[0].SessionID)
		require.Equal(t, in.User.ID, page.Data[0].UserID)
		require.Equal(t, "signed_out", page.Data[0].Reason)
		require.False(t, page.More)
		cursor := page.NextCursor
		b.as(follower, "GET", "/api/v1/revocations?cursor="+cursor, nil).want(200, &page)
		require.Empty(t, page.Data)
		b.as(follower, "GET", "/api/v1/revocations?cursor=MXg", nil).fault(422, "validation_error")

		// The credential is in no table, log or event, and a revoked one is out.
		list := a.run("clients", "list")
		require.Contains(t, list, asker.id)
		require.Contains(t, a.run("events", "tail", "-n", "100"), `"name":"client.created","actor":"operator","subject":"client:`+asker.id)
		for _, text := range []string{list, a.run("events", "tail", "-n", "100"), a.out.String(), b.out.String()} {
			require.NotContains(t, text, asker.secret)
			require.NotContains(t, text, next.Access)
		}
		a.run("clients", "revoke", asker.id)
		for _, i := range []*instance{a, b} {
			wrong := i.as(asker, "POST", "/api/v1/auth/introspect", url.Values{"token": {next.Access}}).fault(401, "invalid_client")
			require.Equal(t, `Basic realm="plinto"`, wrong.header.Get("WWW-Authenticate"))
		}
		require.Contains(t, a.run("events", "tail"), `"name":"client.revoked"`)
		for _, args := range [][]string{{"revoke", asker.id}, {"revoke", "orders"}, {"create", "x", "--scope", "admin"}, {"create", ""}, {"create"}} {
			out, err := command(a.dir, a.env, append([]string{"clients"}, args...)...)
			require.Error(t, err, out)
			require.NotContains(t, out, "pcs_")
		}
	})
}

// consumer makes a Verifier that talks to an address, and runs it until the test
// ends.
func consumer(t *testing.T, address string, s service, change ...func(*plinto.Options)) *plinto.Verifier {
	t.Helper()
	o := plinto.Options{Issuer: "https://auth.example.com", Audience: "plinto", BaseURL: address, ClientID: s.id, ClientSecret: s.secret, MaxStaleness: 2 * time.Second}
	for _, c := range change {
		c(&o)
	}
	v, err := plinto.New(o)
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- v.Run(t.Context()) }()
	t.Cleanup(func() { require.NoError(t, <-done) })
	eventually(t, 10*time.Second, "it gets in step", func() bool { return !v.Late() })
	return v
}

// becomes waits until a token is judged as wanted.
func becomes(t *testing.T, v *plinto.Verifier, token string, want error) {
	t.Helper()
	var err error
	require.Eventually(t, func() bool {
		_, err = v.Verify(t.Context(), token)
		return errors.Is(err, want)
	}, 10*time.Second, 10*time.Millisecond, "%v", err)
}

func TestAConsumerRefusesWhatIsRevoked(t *testing.T) {
	setups(t, func(t *testing.T, a, b *instance) {
		s := a.newService("revocations")
		in, other := a.signUp("ann"), a.signUp("bob")
		before := a.signUp("eve")
		a.call("POST", "/api/v1/auth/signout", before.Tokens.Access, nil).want(204)
		for name, v := range map[string]*plinto.Verifier{
			"by a stream": consumer(t, b.url, s),
			"by polling":  consumer(t, b.url, s, func(o *plinto.Options) { o.Poll = 100 * time.Millisecond }),
		} {
			_, err := v.Verify(t.Context(), before.Tokens.Access)
			require.ErrorIs(t, err, plinto.ErrRevoked, "%s: ended before it began to follow", name)
			c, err := v.Verify(t.Context(), other.Tokens.Access)
			require.NoError(t, err, name)
			require.Equal(t, other.User.ID, c.Subject)
			require.Equal(t, other.Session.ID, c.Session)
		}
		streaming := consumer(t, b.url, s)
		polling := consumer(t, b.url, s, func(o *plinto.Options) { o.Poll = 100 * time.Millisecond })
		a.call("POST", "/api/v1/auth/signout", in.Tokens.Access, nil).want(204)
		becomes(t, streaming, in.Tokens.Access, plinto.ErrRevoked)
		becomes(t, polling, in.Tokens.Access, plinto.ErrRevoked)
		_, err := streaming.Verify(t.Context(), other.Tokens.Access)
		require.NoError(t, err)
	})
}

// byWire sends the requests for the feed to another address, so that it can be
// lost alone.
type byWire struct{ host string }

func (b byWire) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/revocations") {
		r = r.Clone(r.Context())
		r.URL.Host = b.host
	}
	return http.DefaultTransport.RoundTrip(r)
}

func TestAConsumerWhoseFeedIsCut(t *testing.T) {
	setups(t, func(t *testing.T, a, b *instance) {
		s := a.newService()
		wire := porttest.NewWire(t, strings.TrimPrefix(b.url, "http://"))
		verifiers := map[plinto.Late]*plinto.Verifier{}
		for _, late := range []plinto.Late{plinto.FailClosed, plinto.FailOpen, plinto.Introspect} {
			verifiers[late] = consumer(t, b.url, s, func(o *plinto.Options) {
				o.Late, o.HTTP = late, &http.Client{Transport: byWire{wire.Address()}}
			})
		}
		good := a.signUp("ann")
		var lost []signIn
		for _, name := range []string{"bob", "eve", "mia"} {
			lost = append(lost, a.signUp(name))
		}
		for _, v := range verifiers {
			_, err := v.Verify(t.Context(), good.Tokens.Access)
			require.NoError(t, err)
		}

		wire.Cut()
		for _, in := range lost {
			a.call("POST", "/api/v1/auth/signout", in.Tokens.Access, nil).want(204)
		}
		for _, v := range verifiers {
			eventually(t, 10*time.Second, "the feed is late", v.Late)
		}
		for _, in := range lost {
			_, err := verifiers[plinto.FailClosed].Verify(t.Context(), in.Tokens.Access)
			require.ErrorIs(t, err, plinto.ErrFeedLate)
			_, err = verifiers[plinto.FailOpen].Verify(t.Context(), in.Tokens.Access)
			require.NoError(t, err)
			_, err = verifiers[plinto.Introspect].Verify(t.Context(), in.Tokens.Access)
			require.ErrorIs(t, err, plinto.ErrRevoked)
		}
		_, err := verifiers[plinto.FailClosed].Verify(t.Context(), good.Tokens.Access)
		require.ErrorIs(t, err, plinto.ErrFeedLate)
		for _, late := range []plinto.Late{plinto.FailOpen, plinto.Introspect} {
			_, err := verifiers[late].Verify(t.Context(), good.Tokens.Access)
			require.NoError(t, err)
		}

		wire.Mend()
		for _, v := range verifiers {
			eventually(t, 15*time.Second, "it is in step again", func() bool { return !v.Late() })
			for _, in := range lost {
				_, err := v.Verify(t.Context(), in.Tokens.Access)
				require.ErrorIs(t, err, plinto.ErrRevoked, "it missed none")
			}
			_, err := v.Verify(t.Context(), good.Tokens.Access)
			require.NoError(t, err)
		}
	})
}

// An instance that is replaced has cursors of its own; what happened meanwhile
// is told all the same.
func TestAConsumerOutlivesTheInstanceItFollows(t *testing.T) {
	dir := t.TempDir()
	first := start(t, dir, fast...)
	s := first.newService("revocations")
	at := &moving{host: strings.TrimPrefix(first.url, "http://")}
	v := consumer(t, first.url, s, func(o *plinto.Options) { o.HTTP = &http.Client{Transport: at} })
	in := first.signUp("ann")
	_, err := v.Verify(t.Context(), in.Tokens.Access)
	require.NoError(t, err)
	require.Zero(t, first.stop(), "a stream keeps nobody from stopping")
	second := start(t, dir, fast...)
	second.call("POST", "/api/v1/auth/signout", in.Tokens.Access, nil).want(204)
	at.move(strings.TrimPrefix(second.url, "http://"))
	becomes(t, v, in.Tokens.Access, plinto.ErrRevoked)
	eventually(t, 15*time.Second, "it is in step", func() bool { return !v.Late() })
}

func TestAConsumerFollowsANewKey(t *testing.T) {
	dir, settings := t.TempDir(), append([]string{"DATABASE_URL=" + postgresURL(t)}, fast...)
	a := start(t, dir, settings...)
	v := consumer(t, a.url, a.newService("revocations"))
	in := a.signUp("ann")
	_, err := v.Verify(t.Context(), in.Tokens.Access)
	require.NoError(t, err)

	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	text := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	b := start(t, dir, append([]string{"JWT_ALGORITHM=ES256", "JWT_PRIVATE_KEY=" + text}, settings...)...)
	becomes(t, v, b.signUp("bob").Tokens.Access, nil)
	_, err = v.Verify(t.Context(), in.Tokens.Access)
	require.NoError(t, err, "and those of the old one are good for as long as they live")
}

// follow opens a stream as a browser would, and reads up to its first
// heartbeat.
func (i *instance) follow(s service) io.Reader {
	i.t.Helper()
	ctx, cancel := context.WithCancel(i.t.Context())
	i.t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, "GET", i.url+"/api/v1/revocations", nil)
	require.NoError(i.t, err)
	request.Header.Set("Accept", "text/event-stream")
	request.SetBasicAuth(s.id, s.secret)
	response, err := http.DefaultClient.Do(request)
	require.NoError(i.t, err)
	require.Equal(i.t, 200, response.StatusCode)
	i.t.Cleanup(func() { _ = response.Body.Close() })
	lines := bufio.NewScanner(response.Body)
	for lines.Text() != "event: heartbeat" {
		require.True(i.t, lines.Scan(), "it begins")
	}
	return response.Body
}

// ends waits for the end of a stream.
func ends(t *testing.T, r io.Reader) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(io.Discard, r)
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("the stream goes on")
	}
}

func TestStreamsEnd(t *testing.T) {
	setups(t, func(t *testing.T, a, b *instance) {
		s, other := a.newService("revocations"), a.newService("revocations")
		of, ofOther := b.follow(s), b.follow(other)
		a.run("clients", "revoke", s.id)
		ends(t, of)
		_, err := ofOther.Read(make([]byte, 1))
		require.NoError(t, err, "another client's goes on")
		require.NoError(t, b.cmd.Process.Signal(syscall.SIGTERM))
		ends(t, ofOther)
		<-b.exited
		require.Zero(t, b.cmd.ProcessState.ExitCode())
	})
}

// Streams and questions cost the store what they promise, and hold no
// connection of its pool.
func TestWhatServicesCostTheStore(t *testing.T) {
	address, wire := wired(t, postgresURL(t))
	i := start(t, t.TempDir(), append([]string{"DATABASE_URL=" + address, "DATABASE_POOL_SIZE=1", "DATABASE_MAX_OVERFLOW=0"}, fast...)...)
	s := i.newService()
	in := i.signUp("ann")
	for range 20 {
		i.follow(s)
	}
	require.True(t, i.active(s, in.Tokens.Access), "the one connection is free")
	// The feed asks once in 200 ms, and all streams together twice a second;
	// twenty that asked for themselves would ask a hundred times a second.
	const asked = 20
	before := wire.Trips()
	begun := time.Now()
	for range asked {
		require.True(t, i.active(s, in.Tokens.Access))
	}
	for time.Since(begun) < 2*time.Second {
		time.Sleep(50 * time.Millisecond)
	}
	trips, beside := wire.Trips()-before, int64(time.Since(begun)/time.Second+1)*2*(5+2)
	require.LessOrEqual(t, trips, asked*2+beside)
}

// moving sends every request to where the service is by now.
type moving struct {
	mu   sync.Mutex
	host string
}

func (m *moving) move(host string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.host = host
}

func (m *moving) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	m.mu.Lock()
	r.URL.Host = m.host
	m.mu.Unlock()
	return http.DefaultTransport.RoundTrip(r)
}

// The key set may be kept for minutes; that a key was revoked is in the feed.
func TestAConsumerRefusesARevokedKey(t *testing.T) {
	setups(t, func(t *testing.T, a, b *instance) {
		v := consumer(t, b.url, a.newService("revocations"))
		in := a.signUp("ann")
		_, err := v.Verify(t.Context(), in.Tokens.Access)
		require.NoError(t, err)
		kid, ok := verify(t, a, in.Tokens.Access).Header["kid"].(string)
		require.True(t, ok)
		a.run("keys", "revoke", kid, "--yes")
		becomes(t, v, in.Tokens.Access, plinto.ErrInvalidToken)
		becomes(t, v, b.signUp("bob").Tokens.Access, nil)
	})
}
