package redis_test

import (
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// proxy stands between a client and a server and plays the network: it can
// cut, swallow silently, and come back at the same address.
type proxy struct {
	listener net.Listener
	server   string
	turns    atomic.Int64 // times that a client spoke after silence or after the server
	group    sync.WaitGroup

	mu     sync.Mutex
	conns  map[net.Conn]bool
	refuse bool
	pass   chan struct{} // closed while bytes pass
}

func startProxy(t *testing.T, url string) *proxy {
	t.Helper()
	_, host, _ := strings.Cut(url, "://")
	host, _, _ = strings.Cut(host[strings.LastIndexByte(host, '@')+1:], "/")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proxy{listener: l, server: host, conns: map[net.Conn]bool{}, pass: make(chan struct{})}
	close(p.pass)
	p.group.Go(p.serve)
	t.Cleanup(func() {
		p.listener.Close()
		p.cut()
		p.group.Wait()
	})
	return p
}

func (p *proxy) url() string { return "redis://" + p.listener.Addr().String() }

func (p *proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.server)
		if err != nil {
			client.Close()
			continue
		}
		p.mu.Lock()
		if p.refuse {
			client.Close()
			server.Close()
		} else {
			p.conns[client], p.conns[server] = true, true
			var asked atomic.Bool
			p.group.Go(func() {
				p.copy(server, client, func() {
					if !asked.Swap(true) {
						p.turns.Add(1)
					}
				})
			})
			p.group.Go(func() { p.copy(client, server, func() { asked.Store(false) }) })
		}
		p.mu.Unlock()
	}
}

func (p *proxy) copy(to, from net.Conn, seen func()) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		p.mu.Lock()
		pass := p.pass
		p.mu.Unlock()
		<-pass // a network that is silent loses nothing: what was sent comes late
		if n > 0 {
			seen()
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// cut ends every connection, and new ones as soon as they are made.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuse = true
	for c := range p.conns {
		c.Close()
		delete(p.conns, c)
	}
	p.open()
}

// silence lets nothing through and ends nothing.
func (p *proxy) silence() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pass = make(chan struct{})
}

func (p *proxy) restore() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuse = false
	p.open()
}

func (p *proxy) open() {
	select {
	case <-p.pass:
	default:
		close(p.pass)
	}
}
