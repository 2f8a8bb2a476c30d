package main_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/tenant"
)

// Thirty-two requests present one token over two instances. All of each but
// its last byte is sent before; the last bytes go out together; and none of
// what the instances then say reaches the database before all of them speak.
func TestABurstOverTwoInstancesPassesOneGeneration(t *testing.T) {
	t.Run("with Redis", func(t *testing.T) { burst(t, "REDIS_URL="+redisURL(t)) })
	t.Run("without Redis", func(t *testing.T) { burst(t) })
}

func burst(t *testing.T, more ...string) {
	const requests = 32
	database := postgresURL(t)
	wire := newSlowWire(t, database, 5*time.Millisecond)
	dir, settings := t.TempDir(), append(append([]string{"DATABASE_URL=" + wire.url}, more...), unlimited("60")...)
	both := []*instance{start(t, dir, settings...), start(t, dir, settings...)}
	var in signIn
	both[0].call("POST", "/api/v1/auth/signup", "", map[string]string{"email": "ann@example.com", "password": password}).want(201, &in)

	conns := make([]net.Conn, requests)
	text := "POST /api/v1/auth/refresh HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
	body := `{"refresh_token":"` + in.Tokens.Refresh + `"}`
	text += "Content-Length: " + itoa(len(body)) + "\r\n\r\n" + body
	for n := range conns {
		conn, err := net.Dial("tcp", strings.TrimPrefix(both[n%2].url, "http://"))
		require.NoError(t, err)
		defer func() { _ = conn.Close() }()
		_, err = io.WriteString(conn, text[:len(text)-1])
		require.NoError(t, err)
		conns[n] = conn
	}

	wire.hold()
	var sent, answered sync.WaitGroup
	together := make(chan struct{})
	successors := make([]tokens, requests)
	for n, conn := range conns {
		sent.Add(1)
		answered.Go(func() {
			<-together
			_, err := io.WriteString(conn, text[len(text)-1:])
			sent.Done()
			if err != nil {
				t.Errorf("the last byte of request %d: %v", n, err)
				return
			}
			response, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Errorf("the answer to request %d: %v", n, err)
				return
			}
			defer func() { _ = response.Body.Close() }()
			if err := json.NewDecoder(response.Body).Decode(&successors[n]); err != nil || response.StatusCode != 200 {
				t.Errorf("the answer to request %d: %d, %v", n, response.StatusCode, err)
			}
		})
	}
	close(together)
	sent.Wait()
	eventually(t, 20*time.Second, "all requests ask the database", func() bool { return wire.held.Load() >= requests })
	wire.release()
	answered.Wait()

	require.NotEmpty(t, successors[0].Refresh)
	require.NotEqual(t, in.Tokens.Refresh, successors[0].Refresh)
	for _, s := range successors {
		require.Equal(t, successors[0].Refresh, s.Refresh)
	}
	store := postgresStore(t, database)
	id := sessionID(t, in.Session.ID)
	stored, err := store.Sessions().ByID(t.Context(), tenant.Default, id)
	require.NoError(t, err)
	require.EqualValues(t, 1, stored.Rotation.Generation, "one generation passed")
	require.Empty(t, stored.EndReason)
	require.NotContains(t, both[0].run("events", "tail", "-n", "100"), "session.reuse_detected")

	both[1].call("POST", "/api/v1/auth/refresh", "", map[string]string{"refresh_token": successors[0].Refresh}).want(200)
	for n, i := range both {
		i.call("GET", "/api/v1/auth/me", successors[n].Access, nil).want(200)
	}
}

// slowWire is a wire to a server that everything said to it is late on, and
// that can be held: then nothing arrives.
type slowWire struct {
	url   string
	delay time.Duration
	held  atomic.Int64 // how many have spoken and are not heard
	gate  sync.RWMutex
}

func newSlowWire(t *testing.T, address string, delay time.Duration) *slowWire {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	server := u.Host
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	u.Host = listener.Addr().String()
	w := &slowWire{url: u.String(), delay: delay}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			upstream, err := net.Dial("tcp", server)
			if err != nil {
				_ = client.Close()
				continue
			}
			running.Go(func() { w.say(upstream, client) })
			running.Go(func() {
				_, _ = io.Copy(client, upstream)
				_, _ = client.Close(), upstream.Close()
			})
		}
	})
	t.Cleanup(func() {
		// The instances were stopped before, and their connections with them.
		_ = listener.Close()
		running.Wait()
	})
	return w
}

func (w *slowWire) hold() { w.gate.Lock() }

func (w *slowWire) release() { w.gate.Unlock() }

func (w *slowWire) say(upstream, client net.Conn) {
	defer func() { _, _ = upstream.Close(), client.Close() }()
	buf := make([]byte, 64<<10)
	for {
		n, err := client.Read(buf)
		if err != nil {
			return
		}
		time.Sleep(w.delay)
		w.held.Add(1)
		w.gate.RLock()
		w.held.Add(-1)
		_, err = upstream.Write(buf[:n])
		w.gate.RUnlock()
		if err != nil {
			return
		}
	}
}
