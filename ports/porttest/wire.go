package porttest

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// Wire is what lies between a client and a server that tests want to lose. It
// counts round trips: how often the client speaks after the server has spoken.
type Wire struct {
	listener net.Listener
	server   string
	trips    atomic.Int64

	mu    sync.Mutex
	cut   bool
	conns []net.Conn
}

// NewWire lays a wire to the server at this address (host:port), until the
// test ends.
func NewWire(t *testing.T, server string) *Wire {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w := &Wire{listener: listener, server: server}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			w.join(client, &running)
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		w.Cut()
		running.Wait()
	})
	return w
}

// Address is the client's end of the wire (host:port).
func (w *Wire) Address() string { return w.listener.Addr().String() }

// Trips is the number of round trips so far.
func (w *Wire) Trips() int64 { return w.trips.Load() }

// Cut ends every connection and refuses new ones.
func (w *Wire) Cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = true
	for _, c := range w.conns {
		_ = c.Close()
	}
	w.conns = nil
}

// Mend lets new connections through again.
func (w *Wire) Mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = false
}

func (w *Wire) join(client net.Conn, running *sync.WaitGroup) {
	upstream, err := net.Dial("tcp", w.server)
	if err != nil {
		_ = client.Close()
		return
	}
	if !w.keep(client, upstream) {
		return
	}
	var serverSpoke atomic.Bool
	serverSpoke.Store(true)
	running.Go(func() {
		pass(upstream, client, func() {
			if serverSpoke.Swap(false) {
				w.trips.Add(1)
			}
		})
	})
	running.Go(func() { pass(client, upstream, func() { serverSpoke.Store(true) }) })
}

// keep remembers connections so that they can be cut, and closes them when the
// wire is cut already.
func (w *Wire) keep(conns ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cut {
		for _, c := range conns {
			_ = c.Close()
		}
		return false
	}
	w.conns = append(w.conns, conns...)
	return true
}

func pass(to io.WriteCloser, from io.ReadCloser, spoke func()) {
	defer func() { _, _ = to.Close(), from.Close() }()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			spoke()
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
