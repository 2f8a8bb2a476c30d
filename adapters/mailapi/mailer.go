package mailapi

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/plinto/plinto/adapters/internal/recipient"
	"github.com/plinto/plinto/ports/outbound"
)

// Mailer is an outbound.Mailer. Any number of goroutines may use it.
type Mailer struct {
	opts    Options
	dialect dialect
	client  *http.Client
}

var _ outbound.Mailer = (*Mailer)(nil)

// New gives a mailer. It connects to nothing yet.
func New(o Options) (*Mailer, error) {
	d, err := o.check()
	if err != nil {
		return nil, fmt.Errorf("mailapi: %w", err)
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}
	if o.Transport != nil {
		transport = o.Transport.Clone()
	}
	// A transport sends a request again when a kept connection turns out to be
	// closed, and HTTP/2 does when it is told that it may. A mail is sent once.
	transport.DisableKeepAlives = true
	transport.Protocols = new(http.Protocols)
	transport.Protocols.SetHTTP1(true)
	return &Mailer{opts: o, dialect: d, client: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// maxAnswer is how much of an answer is read.
const maxAnswer = 16 << 10

// Send hands a message over. Begin is called when the service is connected to
// and before the first byte of the message.
func (m *Mailer) Send(ctx context.Context, message outbound.Message, begin func() error) error {
	if err := message.Check(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, m.opts.Timeout)
	defer cancel()
	content, header, err := m.dialect.request(m.letter(message))
	if err != nil {
		return fmt.Errorf("mailapi: %w: %w", outbound.ErrUnsent, err)
	}
	body := newBody(content, begin)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, m.opts.URL, body)
	if err != nil {
		return fmt.Errorf("mailapi: %w: the endpoint is not a web address", outbound.ErrUnsent)
	}
	request.ContentLength = int64(len(content))
	request.Header = header
	request.Header.Set("User-Agent", "Plinto")
	m.dialect.authorize(request, m.opts.Key)

	answer, err := m.client.Do(request)
	begun, refusal := body.seal()
	if refusal != nil {
		if answer != nil {
			_ = answer.Body.Close()
		}
		return refusal
	}
	if err != nil {
		return lost(ctx, begun, err)
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		said = nil // the status has come, and says it all
	}
	return m.judge(answer, said)
}

// letter is what a dialect writes.
type letter struct {
	outbound.Message

	fromName, fromAddress, from string // from is both, as a header has them
	replyTo                     string
	messageID                   string // with its angle brackets
}

func (m *Mailer) letter(message outbound.Message) letter {
	l := letter{
		Message: message, fromName: m.opts.From.Name, fromAddress: m.opts.From.Address, from: m.opts.From.Address, replyTo: m.opts.ReplyTo,
		messageID: "<" + message.MessageID(recipient.Domain(m.opts.From.Address)) + ">",
	}
	if l.fromName != "" {
		l.from = m.opts.From.String()
	}
	l.To, _ = recipient.Written(message.To)
	return l
}

// lost is what is known when there is no answer.
func lost(ctx context.Context, begun bool, err error) error {
	why := errors.New("the connection failed")
	if ended := ctx.Err(); ended != nil {
		why = ended
	} else if _, bad := errors.AsType[*tls.CertificateVerificationError](err); bad {
		why = errors.New("the certificate is not good")
	}
	if !begun {
		return fmt.Errorf("mailapi: connect: %w: %w", outbound.ErrUnsent, why)
	}
	return fmt.Errorf("mailapi: the service did not say whether it took the message: %w", why)
}
