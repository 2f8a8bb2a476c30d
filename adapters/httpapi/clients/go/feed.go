package plinto

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

const revocationsPath = "/api/v1/revocations"

// Bounds of the wait between two tries at a feed that was lost.
const (
	firstWait = 100 * time.Millisecond
	lastWait  = 5 * time.Second
)

// maxAnswer bounds a page of the feed, in bytes: a thousand entries have a
// quarter of that.
const maxAnswer = 1 << 20

// entry is one revocation, as the feed has it.
type entry struct {
	Type    string    `json:"type"`
	Session string    `json:"session_id"`
	Before  time.Time `json:"before"`
	KID     string    `json:"kid"`
}

// Run follows what is revoked until ctx ends, and then answers nil. When the
// feed is lost it goes on from where it was, again and again.
func (v *Verifier) Run(ctx context.Context) error {
	f := &feed{v: v, wait: firstWait}
	for ctx.Err() == nil {
		err := f.follow(ctx)
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			v.options.Log.WarnContext(ctx, "the feed of revocations is lost", slog.Any("error", err), slog.Bool("late", v.Late()))
		}
		f.rest(ctx, err)
	}
	return nil //nolint:nilerr // the end of ctx is how it is asked to end
}

// feed is a reader of the feed.
type feed struct {
	v      *Verifier
	cursor string
	wait   time.Duration // before the next try
}

// answerError is an answer of the feed that is none.
type answerError struct {
	status     int
	retryAfter time.Duration
}

func (e *answerError) Error() string { return fmt.Sprintf("the feed answers with status %d", e.status) }

func (f *feed) follow(ctx context.Context) error {
	if f.v.options.Poll > 0 {
		return f.poll(ctx)
	}
	return f.stream(ctx)
}

// rest waits before the next try: longer each time, evenly spread, and as long
// as it was told to.
func (f *feed) rest(ctx context.Context, err error) {
	wait := time.Duration(rand.Int64N(int64(f.wait))) + f.wait/2 //nolint:gosec // to spread, not to hide
	f.wait = min(2*f.wait, lastWait)
	if answer, ok := errors.AsType[*answerError](err); ok {
		wait = max(wait, min(answer.retryAfter, lastWait))
		if answer.status == http.StatusUnprocessableEntity {
			f.cursor = "" // of another server: begin anew
		}
	}
	pause(ctx, wait)
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// ask sends a request to the feed, and gives the answer if it is one.
func (f *feed) ask(ctx context.Context, accept string, query url.Values) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, f.v.options.BaseURL+revocationsPath+"?"+query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", accept)
	f.v.authorize(request)
	response, err := f.v.options.HTTP.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		_ = response.Body.Close()
		seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
		return nil, &answerError{response.StatusCode, time.Duration(seconds) * time.Second}
	}
	return response, nil
}

func (f *feed) query() url.Values {
	if f.cursor == "" {
		return url.Values{}
	}
	return url.Values{"cursor": {f.cursor}}
}

// poll reads the feed a page at a time. What a page tells is known as of when it
// was asked for.
func (f *feed) poll(ctx context.Context) error {
	for {
		began := f.v.now()
		page, err := f.page(ctx)
		if err != nil {
			return err
		}
		for _, e := range page.Data {
			f.take(e)
		}
		f.cursor, f.wait = page.NextCursor, firstWait
		if page.More {
			continue
		}
		f.v.revoked.advance(began, time.Duration(page.MaxAge)*time.Second)
		pause(ctx, f.v.options.Poll)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // likewise
		}
	}
}

type page struct {
	Data       []entry `json:"data"`
	NextCursor string  `json:"next_cursor"`
	More       bool    `json:"more"`
	MaxAge     int64   `json:"access_token_max_age"`
}

func (f *feed) page(ctx context.Context) (page, error) {
	ctx, cancel := context.WithTimeout(ctx, f.v.options.MaxStaleness)
	defer cancel()
	query := f.query()
	query.Set("limit", "1000")
	response, err := f.ask(ctx, "application/json", query)
	if err != nil {
		return page{}, err
	}
	defer response.Body.Close()
	var p page
	err = json.NewDecoder(io.LimitReader(response.Body, maxAnswer)).Decode(&p)
	if err == nil && p.NextCursor == "" {
		err = errNotFeed
	}
	return p, err
}

var errNotFeed = errors.New("what answers is not the feed of revocations")

// stream reads the feed as server-sent events, until it ends or falls silent.
func (f *feed) stream(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	// A connection may die without a word.
	silence := time.AfterFunc(f.v.options.MaxStaleness, func() { cancel(errSilent) })
	defer silence.Stop()
	response, err := f.ask(ctx, eventStream, f.query())
	if err != nil {
		return causeOf(ctx, err)
	}
	defer response.Body.Close()
	if !isEventStream(response.Header) {
		return errNotFeed
	}
	events := bufio.NewReader(response.Body)
	for {
		e, err := readEvent(events)
		if err != nil {
			return causeOf(ctx, err)
		}
		silence.Reset(f.v.options.MaxStaleness)
		if err := f.happened(e); err != nil {
			return err
		}
	}
}

var errSilent = errors.New("the feed is silent")

func causeOf(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// happened takes in one event of the stream. A kind that is not known is passed
// over.
func (f *feed) happened(e event) error {
	switch e.name {
	case "revocation":
		var told entry
		if err := json.Unmarshal([]byte(e.data), &told); err != nil {
			return errNotFeed
		}
		f.take(told)
	case "heartbeat":
		var beat struct {
			AsOf   time.Time `json:"as_of"`
			SentAt time.Time `json:"sent_at"`
			MaxAge int64     `json:"access_token_max_age"`
		}
		if err := json.Unmarshal([]byte(e.data), &beat); err != nil || beat.AsOf.IsZero() {
			return errNotFeed
		}
		if beat.SentAt.Before(beat.AsOf) {
			break // Plinto's clock was set back: the next one tells more
		}
		// Both are of Plinto's clock; how old it was when it was sent is the
		// same by any.
		f.v.revoked.advance(f.v.now().Add(-beat.SentAt.Sub(beat.AsOf)), time.Duration(beat.MaxAge)*time.Second)
		f.wait = firstWait
	}
	if e.id != "" {
		f.cursor = e.id
	}
	return nil
}

// take remembers an entry. A kind that is not known is passed over: a newer
// server may have it.
func (f *feed) take(e entry) {
	switch e.Type {
	case "session":
		f.v.revoked.add(e.Session, f.v.now())
	case "all_sessions":
		f.v.revoked.addAll(e.Before)
	case "key":
		f.v.keys.revoke(e.KID)
	}
}
