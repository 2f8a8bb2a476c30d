// Package hibp owns the way to a service that knows which passwords were in
// breaches, by the range API of Have I Been Pwned (version 3). It sends the
// first five characters of a SHA-1 hash, which hundreds of passwords share, and
// looks for the rest in what comes back; answers are padded, so that their
// length tells nobody on the way which range it was (Add-Padding).
//
// It refuses to hold anybody up: what the service does not say within the
// timeout is not known.
package hibp

import (
	"bufio"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/ports/outbound"
)

// Options are where the service is and how long it may take.
type Options struct {
	URL     string        // to which a slash and the five characters are added
	Timeout time.Duration // of one question
	Agent   string        // the User-Agent, which the service wants
	Log     *slog.Logger  // is told when the service is away, and back
	Failed  func()        // counts questions without an answer
}

// Ranges is an outbound.BreachedPasswords.
type Ranges struct {
	options Options
	client  *http.Client
	away    atomic.Bool
}

var _ outbound.BreachedPasswords = (*Ranges)(nil)

// New gives a way to the service. It does not ask whether it is there.
func New(o Options) *Ranges {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxConnsPerHost, transport.MaxIdleConnsPerHost = 16, 4
	return &Ranges{options: o, client: &http.Client{
		Transport:     transport,
		Timeout:       o.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Close gives up the connections that are kept.
func (r *Ranges) Close() error {
	r.client.CloseIdleConnections()
	return nil
}

// Has implements outbound.BreachedPasswords.
func (r *Ranges) Has(ctx context.Context, p credential.Password) (bool, error) {
	sum := sha1.Sum([]byte(p.Reveal())) // the service's choice; nothing relies on its strength
	digits := strings.ToUpper(hex.EncodeToString(sum[:]))
	found, err := r.ask(ctx, digits[:prefix], digits[prefix:])
	if err == nil {
		if r.away.Swap(false) {
			r.options.Log.InfoContext(ctx, "the service that knows breached passwords answers again")
		}
		return found, nil
	}
	err = withoutAddress(err)
	if ctx.Err() == nil { // the caller did not go away
		r.options.Failed()
		if !r.away.Swap(true) {
			r.options.Log.WarnContext(ctx, "the service that knows breached passwords is away; new passwords are not held against it", slog.Any("error", err))
		}
	}
	return false, fmt.Errorf("%w: ask for breached passwords: %w", outbound.ErrUnavailable, err)
}

const (
	// prefix is how many characters of a hash are sent.
	prefix = 5
	// maxAnswer is the longest answer that is read, several times what comes.
	maxAnswer = 1 << 20
)

func (r *Ranges) ask(ctx context.Context, prefix, suffix string) (bool, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.options.URL+"/"+prefix, nil)
	if err != nil {
		return false, err
	}
	request.Header.Set("Add-Padding", "true")
	request.Header.Set("User-Agent", r.options.Agent)
	answer, err := r.client.Do(request)
	if err != nil {
		return false, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return false, fmt.Errorf("status %d", answer.StatusCode)
	}
	return listed(io.LimitReader(answer.Body, maxAnswer), suffix)
}

// listed looks for a line "suffix:count". What is there for padding has a count
// of 0.
func listed(body io.Reader, suffix string) (bool, error) {
	found, read := false, 0
	lines := bufio.NewScanner(body)
	for lines.Scan() {
		hash, count, ok := strings.Cut(strings.TrimSpace(lines.Text()), ":")
		if !ok || len(hash) != len(suffix) {
			return false, errors.New("the answer is not a range of hashes")
		}
		read++
		found = found || strings.EqualFold(hash, suffix) && count != "0"
	}
	if err := lines.Err(); err != nil {
		return false, err
	}
	if read == 0 {
		return false, errors.New("the answer is empty")
	}
	return found, nil
}

// withoutAddress leaves out of an error where was asked: a part of a hash of
// somebody's password is no matter for a log.
func withoutAddress(err error) error {
	if asked, ok := errors.AsType[*url.Error](err); ok {
		return asked.Err
	}
	return err
}
