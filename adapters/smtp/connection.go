package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"strings"

	client "github.com/wneessen/go-mail/smtp"
)

var (
	errNoTLS  = errors.New("the server offers no STARTTLS")
	errNoAuth = errors.New("the server offers no way to sign in that is known here")
)

// connect gives a connection that is encrypted and signed in, and what closes
// it. It is closed as well when ctx ends.
func (m *Mailer) connect(ctx context.Context) (*client.Client, func(), error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", m.opts.address())
	if err != nil {
		return nil, func() {}, err
	}
	// Whoever waits on a connection is reached by closing it.
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	hangUp := func() {
		stop()
		_ = conn.Close()
	}
	if m.opts.Security == Implicit {
		encrypted := tls.Client(conn, m.opts.tls())
		if err := encrypted.HandshakeContext(ctx); err != nil {
			return nil, hangUp, err
		}
		conn = encrypted
	}
	server, err := client.NewClient(conn, m.opts.Host)
	if err != nil {
		return nil, hangUp, err
	}
	if err := server.Hello(m.opts.Name); err != nil {
		return nil, hangUp, err
	}
	if m.opts.Security == StartTLS {
		if offered, _ := server.Extension("STARTTLS"); !offered {
			return nil, hangUp, errNoTLS
		}
		if err := server.StartTLS(m.opts.tls()); err != nil {
			return nil, hangUp, err
		}
	}
	return server, hangUp, m.signIn(server)
}

// signIn takes the best of the mechanisms that the server offers (RFC 4954).
func (m *Mailer) signIn(server *client.Client) error {
	if m.opts.Username == "" {
		return nil
	}
	_, offered := server.Extension("AUTH")
	for _, mechanism := range []struct {
		name string
		auth client.Auth
	}{
		{"SCRAM-SHA-256", client.ScramSHA256Auth(m.opts.Username, m.opts.Password)},
		{"PLAIN", client.PlainAuth("", m.opts.Username, m.opts.Password, m.opts.Host, false)},
		{"LOGIN", client.LoginAuth(m.opts.Username, m.opts.Password, m.opts.Host, false)},
		{"CRAM-MD5", client.CRAMMD5Auth(m.opts.Username, m.opts.Password)},
	} {
		if slices.Contains(strings.Fields(strings.ToUpper(offered)), mechanism.name) {
			return server.Auth(mechanism.auth)
		}
	}
	return errNoAuth
}
