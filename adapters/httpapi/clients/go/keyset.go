package plinto

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	keySetPath = "/.well-known/jwks.json"
	// tryAgain is the least time between two fetches: anybody can make up a key
	// id.
	tryAgain = time.Second
	// survive is how long keys are used beyond their max-age while the set
	// cannot be fetched. That a key was revoked is told by the feed.
	survive = 10 * time.Minute
	// fetchTime bounds a fetch.
	fetchTime = 5 * time.Second
	// maxKeySet bounds its answer, in bytes.
	maxKeySet = 1 << 20
	// defaultMaxAge is for a server that does not say.
	defaultMaxAge = 5 * time.Minute
)

// keySet fetches and keeps the published keys.
type keySet struct {
	url    string
	client *http.Client
	now    func() time.Time

	mu        sync.RWMutex
	keys      map[string]key
	revoked   map[string]bool // keys of which nothing is good any more
	fetchedAt time.Time
	maxAge    time.Duration

	// fetching holds one token: whoever has it may fetch.
	fetching chan struct{}
	triedAt  time.Time // guarded by fetching
	failed   error     // why the last try gave no set; likewise
}

func newKeySet(o Options, now func() time.Time) *keySet {
	return &keySet{url: o.BaseURL + keySetPath, client: o.HTTP, now: now, revoked: map[string]bool{}, fetching: make(chan struct{}, 1)}
}

// find gives a key by its id. Nobody who has a good key waits for a fetch.
// ErrInvalidToken when there is no such key, ErrKeys when that cannot be known.
func (s *keySet) find(ctx context.Context, kid string) (key, error) {
	k, known, age, maxAge := s.look(kid)
	switch {
	case s.isRevoked(kid):
		return key{}, ErrInvalidToken
	case known && age <= maxAge:
		return k, nil
	case known && age <= maxAge+survive:
		// Old, but of use for as long as it takes to fetch.
		select {
		case s.fetching <- struct{}{}:
			go func() {
				defer func() { <-s.fetching }()
				_ = s.fetch(ctx) // who comes when the keys are too old is told
			}()
		default:
		}
		return k, nil
	}
	select {
	case s.fetching <- struct{}{}:
		defer func() { <-s.fetching }()
	case <-ctx.Done():
		return key{}, fmt.Errorf("%w: %w", ErrKeys, ctx.Err())
	}
	if k, known, age, maxAge = s.look(kid); known && age <= maxAge {
		return k, nil // somebody else has fetched meanwhile
	}
	if err := s.fetch(ctx); err != nil {
		return key{}, err
	}
	if k, known, _, _ = s.look(kid); known {
		return k, nil
	}
	return key{}, ErrInvalidToken
}

func (s *keySet) look(kid string) (k key, known bool, age, maxAge time.Duration) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	k, known = s.keys[kid]
	return k, known && !s.revoked[kid], s.now().Sub(s.fetchedAt), s.maxAge
}

// revoke forgets a key for good.
func (s *keySet) revoke(kid string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revoked[kid] = true
}

var errTooSoon = errors.New("fetched a moment ago")

// isRevoked tells whether nothing that a key signed is good any more.
func (s *keySet) isRevoked(kid string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.revoked[kid]
}

// fetch gets the set, unless it was tried a moment ago: that is an error only
// where that try failed.
func (s *keySet) fetch(ctx context.Context) error {
	now := s.now()
	if wait := s.triedAt.Add(tryAgain).Sub(now); wait > 0 && wait <= tryAgain {
		if s.failed != nil {
			return fmt.Errorf("%w: %w: %w", ErrKeys, errTooSoon, s.failed)
		}
		return nil
	}
	s.triedAt = now
	// The fetch is everybody's, and outlives the request that caused it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTime)
	defer cancel()
	keys, maxAge, err := s.get(ctx)
	if s.failed = err; err != nil {
		return fmt.Errorf("%w: %w", ErrKeys, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys, s.maxAge, s.fetchedAt = keys, maxAge, now
	return nil
}

func (s *keySet) get(ctx context.Context) (map[string]key, time.Duration, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil)
	if err != nil {
		return nil, 0, err
	}
	response, err := s.client.Do(request)
	if err != nil {
		return nil, 0, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxKeySet))
	if err != nil {
		return nil, 0, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, 0, fmt.Errorf("the key set answers with status %d", response.StatusCode)
	}
	keys, err := readKeySet(body)
	return keys, maxAgeOf(response.Header), err
}

// maxAgeOf reads how long an answer may be kept (RFC 9111 section 5.2.2.1).
func maxAgeOf(h http.Header) time.Duration {
	for _, line := range h.Values("Cache-Control") {
		for directive := range strings.SplitSeq(line, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
			if seconds, err := strconv.ParseInt(value, 10, 32); err == nil && seconds >= 0 && strings.EqualFold(name, "max-age") {
				return time.Duration(seconds) * time.Second
			}
		}
	}
	return defaultMaxAge
}
