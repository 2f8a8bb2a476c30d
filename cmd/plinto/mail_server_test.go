package main_test

import (
	"io"
	"log"
	"net"
	"net/mail"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"
)

// mailServer keeps what it accepts. While it is away whoever comes is turned
// out.
type mailServer struct {
	net.Listener
	away atomic.Bool

	mu       sync.Mutex
	subjects map[string][]string // by recipient
}

func newMailServer(t *testing.T) *mailServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &mailServer{Listener: listener, subjects: map[string][]string{}}
	server := gosmtp.NewServer(gosmtp.BackendFunc(func(*gosmtp.Conn) (gosmtp.Session, error) { return &delivery{server: s}, nil }))
	server.Domain, server.ErrorLog = "mail.example.org", log.New(io.Discard, "", 0)
	served := make(chan struct{})
	go func() { defer close(served); _ = server.Serve(s) }()
	t.Cleanup(func() { _, _ = server.Close(), listener.Close(); <-served })
	return s
}

func (s *mailServer) port() string { return strconv.Itoa(s.Addr().(*net.TCPAddr).Port) }

func (s *mailServer) Accept() (net.Conn, error) {
	for {
		conn, err := s.Listener.Accept()
		if err != nil || !s.away.Load() {
			return conn, err
		}
		_ = conn.Close()
	}
}

// to gives the subjects of the mails that somebody got.
func (s *mailServer) to(address string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.subjects[address]...)
}

type delivery struct {
	server *mailServer
	to     string
}

func (d *delivery) Reset()                                      { d.to = "" }
func (d *delivery) Logout() error                               { return nil }
func (d *delivery) Mail(string, *gosmtp.MailOptions) error      { return nil }
func (d *delivery) Rcpt(to string, _ *gosmtp.RcptOptions) error { d.to = to; return nil }

func (d *delivery) Data(r io.Reader) error {
	m, err := mail.ReadMessage(r)
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, m.Body); err != nil {
		return err
	}
	d.server.mu.Lock()
	defer d.server.mu.Unlock()
	d.server.subjects[d.to] = append(d.server.subjects[d.to], m.Header.Get("Subject"))
	return nil
}

// Mails wait for a mail server that is away, where an operator sees them, and
// arrive once when it is back, however many instances send them.
func TestMailsWaitForTheMailServer(t *testing.T) {
	server := newMailServer(t)
	settings := []string{
		"EMAIL_ENABLED=true", "EMAIL_FROM_ADDRESS=plinto@example.com", "SMTP_HOST=127.0.0.1", "SMTP_TLS=none", "SMTP_PORT=" + server.port(),
		"PUBLIC_URL=http://127.0.0.1",
	}
	onBothSetUps(t, func(t *testing.T, a, b *instance) {
		name := strings.ToLower(strings.ReplaceAll(t.Name()[strings.LastIndex(t.Name(), "/")+1:], ",", ""))
		address := name + "@example.com"
		server.away.Store(true)
		a.call("POST", "/api/v1/auth/signup", "", map[string]string{"email": address, "password": password}).want(201)
		tried := regexp.MustCompile(`verify_email +waiting +[1-9]`)
		require.Eventually(t, func() bool { return tried.MatchString(a.run("mail", "list")) }, time.Minute, 100*time.Millisecond)
		require.Empty(t, server.to(address))
		require.Equal(t, 1, strings.Count(a.run("mail", "list", "--dead"), "\n"), "it is not given up")

		server.away.Store(false)
		require.Eventually(t, func() bool { return len(server.to(address)) > 0 }, 2*time.Minute, 100*time.Millisecond)
		b.call("POST", "/api/v1/auth/password/forgot", "", map[string]string{"email": address}).want(202)
		require.Eventually(t, func() bool { return strings.Count(a.run("mail", "list"), "\n") == 1 }, time.Minute, 100*time.Millisecond, "nothing is owed any more")
		require.Len(t, server.to(address), 2, "each came once")
		require.NotEqual(t, server.to(address)[0], server.to(address)[1])
	}, settings...)
}
