package httpapi_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/httpapi"
	"github.com/plinto/plinto/core/client"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/revocation"
	"github.com/plinto/plinto/ports/inbound"
)

// pages is a stream of pages that a test sends.
type pages struct {
	send   chan inbound.RevocationPage
	fail   chan error
	closed chan struct{}
	once   sync.Once
}

func newPages() *pages {
	return &pages{send: make(chan inbound.RevocationPage), fail: make(chan error), closed: make(chan struct{})}
}

func (p *pages) Next(ctx context.Context) (inbound.RevocationPage, error) {
	select {
	case <-ctx.Done():
		return inbound.RevocationPage{}, ctx.Err()
	case page := <-p.send:
		return page, nil
	case err := <-p.fail:
		return inbound.RevocationPage{}, err
	}
}

func (p *pages) Close() { p.once.Do(func() { close(p.closed) }) }

// listening is an API that listens, whose limits on a request are far shorter
// than a stream lasts.
type listening struct {
	*httptest.Server
	api    server
	stream *pages
	from   chan string // the cursors that were followed from
}

func listen(t *testing.T, f *fakes, change ...func(*httpapi.Options)) *listening {
	t.Helper()
	l := &listening{stream: newPages(), from: make(chan string, 8)}
	if f.follow == nil {
		f.follow = func(_ context.Context, _ client.ID, cursor string) (inbound.RevocationStream, error) {
			l.from <- cursor
			return l.stream, nil
		}
	}
	l.api = start(t, f, append([]func(*httpapi.Options){func(o *httpapi.Options) {
		o.RequestTimeout = 50 * time.Millisecond
		o.Log = nil
	}}, change...)...)
	l.Server = httptest.NewUnstartedServer(l.api.Server)
	l.Config.ReadTimeout, l.Config.WriteTimeout = 100*time.Millisecond, 100*time.Millisecond
	l.Config.RegisterOnShutdown(l.api.EndStreams)
	l.Start()
	t.Cleanup(l.Close)
	return l
}

// open begins a stream, which is closed when the test ends.
func (l *listening) open(t *testing.T, headers ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", l.URL+revokedPath, nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", goodBasic)
	r.Header.Set("Accept", "text/event-stream")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := l.Client().Do(r)
	require.NoError(t, err)
	t.Cleanup(func() { _ = response.Body.Close() })
	return response
}

func (p *pages) give(t *testing.T, page inbound.RevocationPage) {
	t.Helper()
	select {
	case p.send <- page:
	case <-time.After(10 * time.Second):
		t.Fatal("nobody reads the stream")
	}
}

func (p *pages) ended(t *testing.T) {
	t.Helper()
	select {
	case <-p.closed:
	case <-time.After(10 * time.Second):
		t.Fatal("the stream does not end")
	}
}

// nextEvent reads one event, up to the empty line behind it.
func nextEvent(t *testing.T, r *bufio.Reader) string {
	t.Helper()
	var text strings.Builder
	for {
		line, err := r.ReadString('\n')
		require.NoError(t, err)
		if line == "\n" {
			return text.String()
		}
		text.WriteString(line)
	}
}

func TestAStreamOutlivesTheTimeOfARequest(t *testing.T) {
	l := listen(t, newFakes())
	response := l.open(t)
	require.Equal(t, 200, response.StatusCode)
	require.Equal(t, "text/event-stream", response.Header.Get("Content-Type"))
	require.Equal(t, "no-store", response.Header.Get("Cache-Control"))
	require.Equal(t, "no", response.Header.Get("X-Accel-Buffering"))
	secure(t, response.Header)
	require.Empty(t, <-l.from)
	events := bufio.NewReader(response.Body)
	require.Equal(t, "retry: 1000\n", nextEvent(t, events))

	l.stream.give(t, inbound.RevocationPage{Entries: revokedEntries(), Next: "mark/1", AsOf: instant, MaxAge: time.Minute})
	require.Equal(t, `event: revocation
data: {"type":"session","session_id":"02000000-0000-0000-0000-000000000000","user_id":"01000000-0000-0000-0000-000000000000","revoked_at":"2026-01-02T03:04:05.000006Z","reason":"signed_out"}
`, nextEvent(t, events))
	require.Equal(t, `event: revocation
data: {"type":"all_sessions","before":"2026-01-02T03:04:05.000006Z","revoked_at":"2026-01-02T03:04:05.000006Z"}
`, nextEvent(t, events))
	const id = "MW1hcmsvMQ"
	require.Equal(t, "event: revocation\nid: "+id+`
data: {"type":"key","kid":"k1","revoked_at":"2026-01-02T03:04:05.000006Z","reason":"leaked"}
`, nextEvent(t, events), "only the last of a page has a place to go on from")
	const heartbeat = "event: heartbeat\nid: " + id + `
data: {"as_of":"2026-01-02T03:04:05.000006Z","sent_at":"2026-01-02T03:04:05.000006Z","access_token_max_age":60}
`
	require.Equal(t, heartbeat, nextEvent(t, events))

	// Longer than a request, a reading and a writing may take here.
	for range 5 {
		time.Sleep(100 * time.Millisecond)
		l.stream.give(t, inbound.RevocationPage{Next: "mark/1", AsOf: instant, MaxAge: time.Minute})
		require.Equal(t, heartbeat, nextEvent(t, events))
	}
	// A page that has more behind it is not all there is.
	l.stream.give(t, inbound.RevocationPage{Entries: revokedEntries()[:1], Next: "mark/1", More: true, AsOf: instant})
	l.stream.give(t, inbound.RevocationPage{Next: "mark/1", AsOf: instant, MaxAge: time.Minute})
	require.Contains(t, nextEvent(t, events), "event: revocation\nid: ")
	require.Equal(t, heartbeat, nextEvent(t, events))

	require.NoError(t, response.Body.Close())
	l.stream.ended(t)
}

func TestAStreamGoesOnFromItsLastEvent(t *testing.T) {
	l := listen(t, newFakes())
	_ = l.open(t, "Last-Event-ID", "MW1hcmsvMQ").Body.Close()
	require.Equal(t, "mark/1", <-l.from)

	s := start(t, newFakes())
	_, faults := refused(t, s.do(ask("GET", revokedPath, "", "Authorization", goodBasic, "Accept", "text/event-stream", "Last-Event-ID", "!")), 422, fault.ValidationError)
	require.Equal(t, []string{"header.Last-Event-ID invalid_cursor"}, faults)
}

func TestThereIsNoRoomForAStream(t *testing.T) {
	for code, status := range map[fault.Code]int{fault.RateLimited: 429, fault.Unavailable: 503} {
		f := newFakes()
		f.follow = func(context.Context, client.ID, string) (inbound.RevocationStream, error) {
			return nil, fault.New(code).After(5 * time.Second)
		}
		w := start(t, f).do(ask("GET", revokedPath, "", "Authorization", goodBasic, "Accept", "text/event-stream"))
		refused(t, w, status, code)
		require.Equal(t, "5", w.Header().Get("Retry-After"))
	}
}

func TestTheStreamOfARevokedClientEnds(t *testing.T) {
	f := newFakes()
	var good atomic.Bool
	good.Store(true)
	f.checkClient = func(_ context.Context, who client.ID, need client.Scope) error {
		if who != (client.ID{7}) || need != client.Revocations {
			return errors.New("another client, or another scope")
		}
		if good.Load() {
			return fault.New(fault.Unavailable) // not known: nothing new can be known either
		}
		return fault.New(fault.InvalidClient)
	}
	l := listen(t, f)
	response := l.open(t)
	defer func() { _ = response.Body.Close() }()
	events := bufio.NewReader(response.Body)
	nextEvent(t, events)
	l.stream.give(t, inbound.RevocationPage{Next: "1"})
	require.Contains(t, nextEvent(t, events), "heartbeat")
	good.Store(false)
	l.stream.give(t, inbound.RevocationPage{Entries: revokedEntries(), Next: "1"})
	rest, err := io.ReadAll(events)
	require.NoError(t, err)
	require.Empty(t, rest, "and it is told nothing more")
	l.stream.ended(t)
}

func TestAStreamThatFailsEnds(t *testing.T) {
	l := listen(t, newFakes())
	response := l.open(t)
	defer func() { _ = response.Body.Close() }()
	events := bufio.NewReader(response.Body)
	nextEvent(t, events)
	l.stream.fail <- fault.New(fault.Unavailable)
	rest, err := io.ReadAll(events)
	require.NoError(t, err)
	require.Empty(t, rest)
	l.stream.ended(t)
}

func TestStreamsEndWithTheServer(t *testing.T) {
	l := listen(t, newFakes())
	response := l.open(t)
	defer func() { _ = response.Body.Close() }()
	events := bufio.NewReader(response.Body)
	nextEvent(t, events)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	require.NoError(t, l.Config.Shutdown(ctx), "it waits for no stream")
	_, err := io.ReadAll(events)
	require.NoError(t, err)
	l.stream.ended(t)
}

// A reader that reads nothing is cut off, and takes no goroutine with it.
func TestASlowReaderIsCutOff(t *testing.T) {
	l := listen(t, newFakes(), func(o *httpapi.Options) { o.StreamWriteTimeout = 100 * time.Millisecond })
	before := runtime.NumGoroutine()
	conn, err := net.Dial("tcp", l.Listener.Addr().String())
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	_, err = io.WriteString(conn, "GET "+revokedPath+" HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nAuthorization: "+goodBasic+"\r\n\r\n")
	require.NoError(t, err)
	<-l.from
	page := inbound.RevocationPage{Next: "mark/1"}
	for range 10_000 {
		page.Entries = append(page.Entries, revocation.Entry{Kind: revocation.OneKey, KID: strings.Repeat("k", 100)})
	}
	for cut := false; !cut; {
		select {
		case l.stream.send <- page:
		case <-l.stream.closed:
			cut = true
		case <-time.After(10 * time.Second):
			t.Fatal("the reader is not cut off")
		}
	}
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; time.Sleep(10 * time.Millisecond) {
		require.True(t, time.Now().Before(deadline), "a goroutine is left over")
	}
}

// widest notes the longest of what is written at once.
type widest struct {
	*httptest.ResponseRecorder
	length int
}

func (w *widest) Write(p []byte) (int, error) {
	w.length = max(w.length, len(p))
	return w.ResponseRecorder.Write(p)
}

// However much there is to tell, a stream holds little of it at a time.
func TestAStreamIsWrittenLittleByLittle(t *testing.T) {
	l := listen(t, newFakes())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w := &widest{ResponseRecorder: httptest.NewRecorder()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.api.ServeHTTP(w, ask("GET", revokedPath, "", "Authorization", goodBasic, "Accept", "text/event-stream").WithContext(ctx))
	}()
	page := inbound.RevocationPage{Next: "mark/1"}
	for range 10_000 {
		page.Entries = append(page.Entries, revocation.Entry{Kind: revocation.OneKey, KID: strings.Repeat("k", 100)})
	}
	l.stream.give(t, page)
	l.stream.give(t, inbound.RevocationPage{Next: "mark/2"})
	cancel()
	<-done
	require.Equal(t, 10_000, strings.Count(w.Body.String(), "event: revocation\n"))
	require.Less(t, w.length, 64<<10)
}
