package smtp_test

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/mail"
	"strings"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/smtp"
	coremail "github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/ports/outbound"
	"github.com/plinto/plinto/ports/porttest"
)

var written = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func optionsFor(s *server) smtp.Options {
	return smtp.Options{
		Host: s.host, Port: s.port, Security: smtp.StartTLS, Roots: s.roots, Name: "auth.example.com",
		From: mail.Address{Name: "Açaí, Inc.", Address: "no-reply@example.com"}, ReplyTo: "help@example.com",
		Timeout: 10 * time.Second, Now: func() time.Time { return written },
	}
}

func mailer(t *testing.T, o smtp.Options) *smtp.Mailer {
	t.Helper()
	m, err := smtp.New(o)
	require.NoError(t, err)
	return m
}

func TestContract(t *testing.T) {
	for name, variant := range map[string]struct {
		kind     kind
		security smtp.Security
		signIn   string
	}{
		"STARTTLS":     {kind{}, smtp.StartTLS, "PLAIN"},
		"implicit TLS": {kind{implicit: true}, smtp.Implicit, "LOGIN"},
		"without TLS":  {kind{noTLS: true}, smtp.None, ""},
	} {
		t.Run(name, func(t *testing.T) {
			porttest.Mailer(t, func(t *testing.T) *porttest.MailService {
				s := serve(t, variant.kind)
				o := optionsFor(s)
				o.Security = variant.security
				if variant.signIn != "" {
					s.mechanisms = []string{variant.signIn}
					o.Username, o.Password = username, password
				}
				service := &porttest.MailService{Mailer: mailer(t, o)}
				service.Accepted = func() []porttest.AcceptedMail {
					var all []porttest.AcceptedMail
					for _, m := range s.took() {
						all = append(all, m.read(t))
					}
					return all
				}
				service.Refuse = func(to string) {
					s.onRcpt = func() error {
						return &gosmtp.SMTPError{Code: 550, EnhancedCode: gosmtp.EnhancedCode{5, 1, 1}, Message: "<" + to + ">: no such user"}
					}
				}
				service.Busy = func() {
					s.onRcpt = func() error { return &gosmtp.SMTPError{Code: 451, Message: "greylisted, come again"} }
				}
				service.Away = func() { _, _ = s.Close(), s.listener.Close() }
				service.Lose = func() { s.onData = func() error { s.cut(); return nil } }
				return service
			})
		})
	}
}

// cut ends every connection without a word.
func (s *server) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.open {
		_ = c.Close()
	}
}

func message() outbound.Message {
	return outbound.Message{
		ID: coremail.ID{15: 7}, Kind: coremail.MagicLink, To: "ann@example.com", Subject: "Your link", Text: "a link\n", HTML: "<p>a link</p>\n", Locale: "en",
	}
}

func ready() error { return nil }

func TestHeader(t *testing.T) {
	s := serve(t, kind{})
	require.NoError(t, mailer(t, optionsFor(s)).Send(t.Context(), message(), ready))
	m := s.took()[0]
	require.Equal(t, "no-reply@example.com", m.from)
	for name, want := range map[string]string{
		"From": `=?utf-8?b?QcOnYcOtLCBJbmMu?= <no-reply@example.com>`, "To": "<ann@example.com>", "Reply-To": "<help@example.com>",
		"Message-Id": "<00000000-0000-0000-0000-000000000007@example.com>", "Date": "Fri, 02 Jan 2026 03:04:05 +0000",
		"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All", "Content-Language": "en", "Mime-Version": "1.0",
		"User-Agent": "", "X-Mailer": "", "Bcc": "",
	} {
		require.Equal(t, want, m.header.Get(name), name)
	}
}

// What a server refuses, and when, says what becomes of the message.
func TestRefusals(t *testing.T) {
	reply := func(code int) func() error {
		return func() error { return &gosmtp.SMTPError{Code: code, Message: "no"} }
	}
	for name, c := range map[string]struct {
		spoil func(s *server)
		code  int // of a rejection; zero is to be tried again
		begun bool
	}{
		"the sender, for good":     {func(s *server) { s.onMail = reply(550) }, 0, false},
		"the sender, for now":      {func(s *server) { s.onMail = reply(451) }, 0, false},
		"the recipient, for good":  {func(s *server) { s.onRcpt = reply(550) }, 550, false},
		"the recipient, for now":   {func(s *server) { s.onRcpt = reply(450) }, 0, false},
		"no sign-in":               {func(s *server) { s.onRcpt = reply(530) }, 0, false},
		"the message, for good":    {func(s *server) { s.onData = reply(554) }, 554, true},
		"the message, for now":     {func(s *server) { s.onData = reply(452) }, 0, true},
		"the connection, too busy": {func(s *server) { s.onMail = reply(421) }, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, kind{})
			c.spoil(s)
			begun := false
			err := mailer(t, optionsFor(s)).Send(t.Context(), message(), func() error { begun = true; return nil })
			require.Equal(t, c.begun, begun)
			rejected, ok := errors.AsType[*outbound.RejectedError](err)
			require.Equal(t, c.code != 0, ok, "%v", err)
			require.Equal(t, c.code == 0, errors.Is(err, outbound.ErrUnsent), "%v", err)
			if ok {
				require.Equal(t, c.code, rejected.Code)
			}
			require.Empty(t, s.took())
		})
	}
}

func TestTLSIsNotGivenUp(t *testing.T) {
	for name, spoil := range map[string]func(s *server, o *smtp.Options){
		"a server without STARTTLS":     func(s *server, _ *smtp.Options) { s.TLSConfig = nil },
		"a certificate of nobody known": func(_ *server, o *smtp.Options) { o.Roots = x509.NewCertPool() },
		"a certificate for another":     func(_ *server, o *smtp.Options) { o.Host = "localhost" },
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, kind{})
			s.mechanisms = []string{"PLAIN"}
			o := optionsFor(s)
			o.Username, o.Password = username, password
			spoil(s, &o)
			err := mailer(t, o).Send(t.Context(), message(), func() error { t.Error("begun"); return nil })
			require.ErrorIs(t, err, outbound.ErrUnsent)
			require.Empty(t, s.mechanismsUsed(), "no password goes out in the clear")
			require.Empty(t, s.took())
		})
	}
	t.Run("a server without STARTTLS that wants no password", func(t *testing.T) {
		s := serve(t, kind{noTLS: true})
		err := mailer(t, optionsFor(s)).Send(t.Context(), message(), func() error { t.Error("begun"); return nil })
		require.ErrorIs(t, err, outbound.ErrUnsent)
		require.ErrorContains(t, err, "no STARTTLS")
		require.Empty(t, s.took())
	})
	t.Run("a server of implicit TLS that speaks in the clear", func(t *testing.T) {
		s := serve(t, kind{noTLS: true})
		o := optionsFor(s)
		o.Security = smtp.Implicit
		require.ErrorIs(t, mailer(t, o).Send(t.Context(), message(), ready), outbound.ErrUnsent)
		require.Empty(t, s.took())
	})
}

func TestSignIn(t *testing.T) {
	try := func(t *testing.T, offered []string, pass string) (*server, error) {
		s := serve(t, kind{})
		s.mechanisms = offered
		o := optionsFor(s)
		o.Username, o.Password = username, pass
		return s, mailer(t, o).Send(t.Context(), message(), ready)
	}
	for _, offered := range [][]string{{"PLAIN"}, {"LOGIN"}, {"LOGIN", "PLAIN"}} {
		s, err := try(t, offered, password)
		require.NoError(t, err)
		require.Len(t, s.mechanismsUsed(), 1)
		if len(offered) == 2 {
			require.Equal(t, []string{"PLAIN"}, s.mechanismsUsed())
		}
	}
	s, err := try(t, []string{"PLAIN"}, "a wrong password")
	require.ErrorIs(t, err, outbound.ErrUnsent, "the operator's mistake is none of the message")
	require.ErrorContains(t, err, "535")
	require.NotContains(t, err.Error(), "a wrong password")
	require.Empty(t, s.took())
	_, err = try(t, []string{"GSSAPI"}, password)
	require.ErrorIs(t, err, outbound.ErrUnsent)
	require.ErrorContains(t, err, "no way to sign in")
}

func TestAddressesBeyondASCII(t *testing.T) {
	s := serve(t, kind{})
	m := mailer(t, optionsFor(s))
	beyond := message()
	beyond.To = "ann@bücher.example"
	require.NoError(t, m.Send(t.Context(), beyond, ready))
	require.Equal(t, "ann@xn--bcher-kva.example", s.took()[0].to)

	beyond.To = "änn@example.com"
	_, rejected := errors.AsType[*outbound.RejectedError](m.Send(t.Context(), beyond, ready))
	require.True(t, rejected, "a server that takes none gets none")
	s = serve(t, kind{})
	s.EnableSMTPUTF8 = true
	require.NoError(t, mailer(t, optionsFor(s)).Send(t.Context(), beyond, ready))
	require.Equal(t, "änn@example.com", s.took()[0].to)
}

// A server that says nothing holds nobody up.
func TestSilentServer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	o := smtp.Options{
		Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port, Security: smtp.None,
		From: mail.Address{Address: "no-reply@example.com"}, Timeout: 100 * time.Millisecond,
	}
	err = mailer(t, o).Send(t.Context(), message(), func() error { t.Error("begun"); return nil })
	require.ErrorIs(t, err, outbound.ErrUnsent)
	require.ErrorIs(t, err, context.DeadlineExceeded)

	o.Timeout = time.Minute
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		if conn, err := listener.Accept(); err == nil {
			cancel()
			t.Cleanup(func() { _ = conn.Close() })
		}
	}()
	require.ErrorIs(t, mailer(t, o).Send(ctx, message(), ready), context.Canceled)
}

func TestOptions(t *testing.T) {
	good := smtp.Options{Host: "mail.example.com", Port: 587, Security: smtp.StartTLS, From: mail.Address{Address: "a@example.com"}}
	_, err := smtp.New(good)
	require.NoError(t, err)
	for why, spoil := range map[string]func(o *smtp.Options){
		"no server":             func(o *smtp.Options) { o.Host = "" },
		"not a port":            func(o *smtp.Options) { o.Port = 0 },
		"no sender":             func(o *smtp.Options) { o.From.Address = "" },
		"belong together":       func(o *smtp.Options) { o.Username = "u" },
		"elsewhere needs TLS":   func(o *smtp.Options) { o.Security = smtp.None },
		"a password needs TLS":  func(o *smtp.Options) { o.Host, o.Security, o.Username, o.Password = "localhost", smtp.None, "u", "p" },
		"the security is none":  func(o *smtp.Options) { o.Security = "" },
		"smtp: no server is na": func(o *smtp.Options) { *o = smtp.Options{} },
	} {
		o := good
		spoil(&o)
		_, err := smtp.New(o)
		require.ErrorContains(t, err, why)
		require.False(t, strings.HasSuffix(err.Error(), "\n"))
	}
}
