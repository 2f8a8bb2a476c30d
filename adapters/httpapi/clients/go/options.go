package plinto

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Late says what becomes of tokens while the feed of revocations is late.
type Late int

// The choices. FailClosed is the default.
const (
	FailClosed Late = iota // refuse them with ErrFeedLate
	FailOpen               // accept them: a revoked one lives on until it expires
	Introspect             // ask Plinto about each (RFC 7662); the client needs the scope introspect
)

// Options is what a Verifier is told. Issuer, Audience, ClientID and
// ClientSecret are needed.
type Options struct {
	Issuer   string // the iss of tokens, exactly
	Audience string // must be among the aud of a token

	// BaseURL is where Plinto answers; empty is the Issuer.
	BaseURL string
	// PlainHTTP allows a BaseURL without TLS that is not on this machine. The
	// secret and the tokens can then be read on the way.
	PlainHTTP bool

	// ClientID and ClientSecret are what `plinto clients create` printed. The
	// client needs the scope revocations.
	ClientID, ClientSecret string

	// Late says what to do while the feed is late, which it is when it has told
	// everything only up to longer than MaxStaleness ago. Zero is 5 seconds;
	// less than 2 is refused, since heartbeats come every half a second.
	Late         Late
	MaxStaleness time.Duration

	// Poll is how often to read the feed a page at a time, instead of as a
	// stream, where something on the way cannot pass streams on. It must be
	// less than half of MaxStaleness. Zero streams.
	Poll time.Duration

	// Leeway is how far the clocks of Plinto and of this service may be apart.
	// Zero is 5 seconds.
	Leeway time.Duration

	// CheckProof checks the proof that a request brings for a token that is
	// bound to a key (RFC 9449 section 4.3); nil refuses such tokens. It is
	// asked by Require after everything else.
	CheckProof func(r *http.Request, accessToken string, c Claims) error

	// HTTP sends requests; nil is a client of its own. Its Timeout must be
	// zero, because a stream does not end. Redirects are never followed.
	HTTP *http.Client

	// Log is told when the feed is lost and when it is back; nil tells nobody.
	Log *slog.Logger
}

const (
	defaultStaleness = 5 * time.Second
	leastStaleness   = 2 * time.Second
	defaultLeeway    = 5 * time.Second
)

// check gives the options with their defaults, and everything that is wrong
// with them.
func (o Options) check() (Options, error) {
	var wrong []error
	for name, value := range map[string]string{"Issuer": o.Issuer, "Audience": o.Audience, "ClientID": o.ClientID, "ClientSecret": o.ClientSecret} {
		if value == "" {
			wrong = append(wrong, fmt.Errorf("option %s is needed", name))
		}
	}
	if o.BaseURL == "" {
		o.BaseURL = o.Issuer
	}
	o.BaseURL = strings.TrimSuffix(o.BaseURL, "/")
	base, err := url.Parse(o.BaseURL)
	switch {
	case err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https":
		wrong = append(wrong, errors.New("option BaseURL is not an http or https address"))
	case base.Scheme == "http" && !o.PlainHTTP && !isLoopback(base.Hostname()):
		wrong = append(wrong, errors.New("option BaseURL has no TLS; set PlainHTTP if nobody can listen on the way"))
	}
	if o.MaxStaleness == 0 {
		o.MaxStaleness = defaultStaleness
	}
	if o.Leeway == 0 {
		o.Leeway = defaultLeeway
	}
	if o.MaxStaleness < leastStaleness {
		wrong = append(wrong, fmt.Errorf("option MaxStaleness is %s and must be at least %s", o.MaxStaleness, leastStaleness))
	}
	if o.Poll < 0 || o.Poll > 0 && o.Poll >= o.MaxStaleness/2 {
		wrong = append(wrong, fmt.Errorf("option Poll is %s and must be less than half of MaxStaleness", o.Poll))
	}
	if o.Leeway < 0 {
		wrong = append(wrong, fmt.Errorf("option Leeway is %s and must not be negative", o.Leeway))
	}
	if o.Late < FailClosed || o.Late > Introspect {
		wrong = append(wrong, fmt.Errorf("option Late is %d and must be FailClosed, FailOpen or Introspect", o.Late))
	}
	var client http.Client
	if o.HTTP != nil {
		client = *o.HTTP
	}
	if client.Timeout != 0 {
		wrong = append(wrong, errors.New("option HTTP has a Timeout, which would cut streams"))
	}
	// A redirect would take the secret or a token to somebody else.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	o.HTTP = &client
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o, errors.Join(wrong...)
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
