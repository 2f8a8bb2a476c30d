package mailapi

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/mail"
	"net/url"
	"strings"
	"time"

	"github.com/plinto/plinto/adapters/internal/recipient"
)

// Provider is a service whose API is spoken.
type Provider string

// The services.
const (
	Generic  Provider = "http" // our own JSON, to an address of the operator's
	Postmark Provider = "postmark"
	Resend   Provider = "resend"
	SendGrid Provider = "sendgrid"
	Mailgun  Provider = "mailgun"
)

// Options says which service, and in whose name.
type Options struct {
	Provider Provider
	URL      string // of the endpoint; empty is the provider's own
	Key      string

	From    mail.Address
	ReplyTo string // empty: none

	Timeout time.Duration // of a whole hand-over; zero is 30 seconds
	// Transport is for tests; nil checks certificates by the system's roots.
	Transport *http.Transport
}

const defaultTimeout = 30 * time.Second

// check gives everything that is wrong with the options, and fills in defaults.
func (o *Options) check() (dialect, error) {
	var wrong []error
	d, known := dialects[o.Provider]
	if !known {
		wrong = append(wrong, fmt.Errorf("%q is no provider that is known here", o.Provider))
	}
	if o.Key == "" || strings.ContainsAny(o.Key, "\r\n") {
		wrong = append(wrong, errors.New("there is no key, or one that is not one line"))
	}
	if o.From.Address == "" || recipient.Domain(o.From.Address) == "" {
		wrong = append(wrong, errors.New("mail has no sender"))
	} else if o.URL == "" && known {
		o.URL = d.endpoint(recipient.Domain(o.From.Address))
	}
	u, err := url.Parse(o.URL)
	switch {
	case err != nil || u.Host == "" || u.User != nil:
		wrong = append(wrong, errors.New("the endpoint is not a web address"))
	case u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())):
		wrong = append(wrong, errors.New("an endpoint elsewhere needs https, for the key goes there"))
	}
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	return d, errors.Join(wrong...)
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
