package smtp

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"strconv"
	"time"

	"github.com/plinto/plinto/adapters/internal/recipient"
)

// Security is when a connection becomes one by TLS.
type Security string

const (
	// StartTLS begins in the clear and goes on by TLS, or not at all (RFC 3207).
	StartTLS Security = "starttls"
	// Implicit is TLS from the first byte (RFC 8314).
	Implicit Security = "implicit"
	// None is for a server on this machine.
	None Security = "none"
)

// Options says which server, and in whose name.
type Options struct {
	Host     string
	Port     int
	Security Security
	Username string // empty: the server asks for none
	Password string

	From    mail.Address
	ReplyTo string // empty: none
	Name    string // that the client greets with; empty is localhost

	Timeout time.Duration  // of a whole hand-over; zero is 30 seconds
	Roots   *x509.CertPool // nil is the system's
	Now     func() time.Time
}

const defaultTimeout = 30 * time.Second

// check gives everything that is wrong with the options, and fills in defaults.
func (o *Options) check() error {
	var wrong []error
	refuse := func(bad bool, why string) {
		if bad {
			wrong = append(wrong, errors.New(why))
		}
	}
	refuse(o.Host == "", "no server is named")
	refuse(o.Port < 1 || o.Port > 65535, fmt.Sprintf("%d is not a port", o.Port))
	refuse(o.From.Address == "" || recipient.Domain(o.From.Address) == "", "mail has no sender")
	refuse((o.Username == "") != (o.Password == ""), "a user and a password belong together")
	switch o.Security {
	case StartTLS, Implicit:
	case None:
		refuse(!isLoopback(o.Host), "a server elsewhere needs TLS")
		refuse(o.Username != "", "a password needs TLS")
	default:
		refuse(true, "the security is none that there is")
	}
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Name == "" {
		o.Name = "localhost"
	}
	return errors.Join(wrong...)
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (o *Options) address() string { return net.JoinHostPort(o.Host, strconv.Itoa(o.Port)) }

func (o *Options) tls() *tls.Config {
	return &tls.Config{ServerName: o.Host, RootCAs: o.Roots, MinVersion: tls.VersionTLS12}
}
