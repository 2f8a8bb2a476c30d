package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/plinto/plinto/core/client"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/ports/inbound"
)

// eventStream is the media type of server-sent events (WHATWG HTML section 9.2).
const eventStream = "text/event-stream"

// EndStreams ends every stream and lets none begin. A stream would otherwise go
// on for as long as its reader wants, and keep the server from shutting down.
func (s *Server) EndStreams() { s.endStreams() }

type heartbeatJSON struct {
	AsOf              instant `json:"as_of"`
	SentAt            instant `json:"sent_at"`
	AccessTokenMaxAge int64   `json:"access_token_max_age"`
}

// stream sends what is revoked for as long as the connection lives, the server
// is not asked to end and the client is good. It has no time limit of its own:
// each write has one, and a reader that does not keep up is cut off.
func (v revocations) stream(c echo.Context, who client.ID, cursor string) error {
	call := callOf(c.Request().Context())
	ctx, cancel := context.WithCancel(call.connection)
	defer cancel()
	defer context.AfterFunc(v.server.streaming, cancel)()
	stream, err := v.service.Follow(c.Request().Context(), who, cursor)
	if err != nil {
		return err
	}
	defer stream.Close()
	out := events{to: c.Response(), control: http.NewResponseController(c.Response()), patience: v.server.opts.StreamWriteTimeout, now: v.server.opts.Now}
	for err = out.begin(); err == nil; {
		var page inbound.RevocationPage
		if page, err = stream.Next(ctx); err != nil {
			break
		}
		// While the store is away there is nothing new to tell anyhow.
		if err = v.clients.Check(ctx, who, client.Revocations); err != nil && fault.CodeOf(err) != fault.Unavailable {
			break
		}
		err = out.send(page)
	}
	// What has begun cannot become an error. The reader comes back with its
	// cursor, and is told then.
	if ctx.Err() == nil && fault.CodeOf(err) != fault.InvalidClient && !errors.Is(err, errReader) {
		call.logFailure(ctx, slog.LevelWarn, err)
	}
	return nil
}

// errReader says that the reader has gone or is too slow.
var errReader = errors.New("the stream cannot be written")

// events writes server-sent events.
type events struct {
	to       http.ResponseWriter
	control  *http.ResponseController
	patience time.Duration // with one write
	now      func() time.Time
	buffer   bytes.Buffer
}

// comeBackAfter is how long a reader waits before it connects again.
const comeBackAfter = time.Second

func (e *events) begin() error {
	h := e.to.Header()
	h.Set("Content-Type", eventStream)
	h.Set("X-Accel-Buffering", "no") // or some proxies would keep events to themselves
	e.to.WriteHeader(http.StatusOK)
	fmt.Fprintf(&e.buffer, "retry: %d\n\n", comeBackAfter.Milliseconds())
	return e.flush()
}

// send writes the entries of a page, and a heartbeat when there is no more for
// now. Only the last event has an id: a reader that is cut off between two of
// them goes on before both.
func (e *events) send(p inbound.RevocationPage) error {
	cursor := writeFeedCursor(p.Next)
	for i, entry := range p.Entries {
		id := ""
		if i == len(p.Entries)-1 {
			id = cursor
		}
		if err := e.event("revocation", id, newRevocationJSON(entry)); err != nil {
			return err
		}
	}
	if !p.More {
		if err := e.event("heartbeat", cursor, heartbeatJSON{instant(p.AsOf), instant(e.now()), wholeSeconds(p.MaxAge)}); err != nil {
			return err
		}
	}
	return e.flush()
}

func (e *events) event(name, id string, data any) error {
	text, err := json.Marshal(data)
	if err != nil {
		return err
	}
	fmt.Fprintf(&e.buffer, "event: %s\n", name)
	if id != "" {
		fmt.Fprintf(&e.buffer, "id: %s\n", id)
	}
	fmt.Fprintf(&e.buffer, "data: %s\n\n", text)
	if e.buffer.Len() < most {
		return nil
	}
	return e.flush()
}

// most is about how much is written at once, in bytes: each stream holds so much
// for as long as it lasts.
const most = 16 << 10

func (e *events) flush() error {
	if e.buffer.Len() == 0 {
		return nil
	}
	// The deadline is the connection's, so it follows the real clock.
	err := e.control.SetWriteDeadline(time.Now().Add(e.patience))
	if errors.Is(err, http.ErrNotSupported) {
		err = nil
	}
	if err == nil {
		_, err = e.to.Write(e.buffer.Bytes())
	}
	if err == nil {
		err = e.control.Flush()
	}
	e.buffer.Reset()
	if err != nil {
		return fmt.Errorf("%w: %w", errReader, err)
	}
	return nil
}
