package smtp_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/ports/porttest"
)

// server is a mail server that keeps what it accepts. Its hooks answer instead
// of it.
type server struct {
	*gosmtp.Server
	host     string
	port     int
	roots    *x509.CertPool
	listener net.Listener

	mu       sync.Mutex
	accepted []mailed
	signedIn []string // mechanisms
	open     []net.Conn

	onMail, onRcpt, onData func() error
	mechanisms             []string
}

type mailed struct {
	from, to string
	header   mail.Header
	raw      string
}

const (
	username = "plinto"
	password = "a mail server's password"
)

type kind struct{ implicit, noTLS bool }

func serve(t *testing.T, k kind) *server {
	t.Helper()
	s := &server{host: "127.0.0.1"}
	s.Server = gosmtp.NewServer(gosmtp.BackendFunc(func(c *gosmtp.Conn) (gosmtp.Session, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.open = append(s.open, c.Conn())
		return &session{server: s, conn: c}, nil
	}))
	s.Domain, s.ErrorLog = "mail.example.org", log.New(io.Discard, "", 0)
	certificate, roots := issue(t, s.host)
	s.roots = roots
	settings := &tls.Config{Certificates: []tls.Certificate{certificate}}
	if !k.noTLS {
		s.TLSConfig = settings
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s.port = listener.Addr().(*net.TCPAddr).Port
	if k.implicit {
		listener = tls.NewListener(listener, settings)
	}
	s.listener = listener
	served := make(chan struct{})
	go func() { defer close(served); _ = s.Serve(listener) }()
	t.Cleanup(func() { _, _ = s.Close(), listener.Close(); <-served })
	return s
}

func issue(t *testing.T, host string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		IPAddresses: []net.IP{net.ParseIP(host)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

func (s *server) took() []mailed {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]mailed(nil), s.accepted...)
}

func (s *server) mechanismsUsed() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.signedIn...)
}

type session struct {
	server *server
	conn   *gosmtp.Conn
	from   string
	to     []string
}

func (x *session) Reset()        { x.from, x.to = "", nil }
func (x *session) Logout() error { return nil }

func (x *session) Mail(from string, _ *gosmtp.MailOptions) error {
	x.from = from
	if x.server.onMail != nil {
		return x.server.onMail()
	}
	return nil
}

func (x *session) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	x.to = append(x.to, to)
	if x.server.onRcpt != nil {
		return x.server.onRcpt()
	}
	return nil
}

func (x *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if x.server.onData != nil {
		if err := x.server.onData(); err != nil {
			return err
		}
	}
	parsed, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	x.server.mu.Lock()
	defer x.server.mu.Unlock()
	x.server.accepted = append(x.server.accepted, mailed{x.from, strings.Join(x.to, ","), parsed.Header, string(raw)})
	return nil
}

func (x *session) AuthMechanisms() []string { return x.server.mechanisms }

func (x *session) Auth(mechanism string) (sasl.Server, error) {
	check := func(user, pass string) error {
		if user != username || pass != password {
			return gosmtp.ErrAuthFailed
		}
		x.server.mu.Lock()
		defer x.server.mu.Unlock()
		x.server.signedIn = append(x.server.signedIn, mechanism)
		return nil
	}
	switch mechanism {
	case sasl.Plain:
		return sasl.NewPlainServer(func(_, user, pass string) error { return check(user, pass) }), nil
	case sasl.Login:
		return &login{check: check}, nil
	}
	return nil, gosmtp.ErrAuthUnknownMechanism
}

// login is the server's side of LOGIN.
type login struct {
	check func(user, pass string) error
	step  int
	user  string
}

func (l *login) Next(response []byte) ([]byte, bool, error) {
	l.step++
	switch l.step {
	case 1:
		return []byte("Username:"), false, nil
	case 2:
		l.user = string(response)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(l.user, string(response))
}

// read takes a message apart as a mail program does.
func (m mailed) read(t *testing.T) porttest.AcceptedMail {
	t.Helper()
	parsed, err := mail.ReadMessage(strings.NewReader(m.raw))
	require.NoError(t, err)
	subject, err := new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject"))
	require.NoError(t, err)
	kind, parameters, err := mime.ParseMediaType(parsed.Header.Get("Content-Type"))
	require.NoError(t, err)
	require.Equal(t, "multipart/alternative", kind)
	parts := multipart.NewReader(parsed.Body, parameters["boundary"])
	var bodies []string
	for _, want := range []string{"text/plain; charset=UTF-8", "text/html; charset=UTF-8"} {
		part, err := parts.NextRawPart()
		require.NoError(t, err)
		require.Equal(t, want, part.Header.Get("Content-Type"))
		require.Equal(t, "quoted-printable", part.Header.Get("Content-Transfer-Encoding"))
		body, err := io.ReadAll(quotedprintable.NewReader(part))
		require.NoError(t, err)
		bodies = append(bodies, string(body))
	}
	_, err = parts.NextPart()
	require.ErrorIs(t, err, io.EOF)
	return porttest.AcceptedMail{To: m.to, Subject: subject, Text: bodies[0], HTML: bodies[1]}
}
