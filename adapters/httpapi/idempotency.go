package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/ports/inbound"
)

// The fields of a request that may be repeated
// (draft-ietf-httpapi-idempotency-key-header), and of an answer that is given
// again.
const (
	keyField      = "Idempotency-Key"
	replayedField = "Idempotency-Replayed"
)

// endTimeout is how long an answer may take to be kept, whether or not the
// client is still there for it.
const endTimeout = 5 * time.Second

// repeat answers a request with a key, on a route that makes something: by the
// answer that was given before, or by the handler, whose answer it holds back
// until that is kept.
func (s *Server) repeat(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		call := callOf(r.Context())
		sent := r.Header.Values(keyField)
		if call.route == nil || !call.route.idempotent || len(sent) == 0 {
			return next(c)
		}
		key, err := idempotencyKey(sent)
		if err != nil {
			return err
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		// A client that goes away comes back for the answer, so from here on the
		// request is worked on without it.
		deadline, _ := r.Context().Deadline()
		ctx, cancel := context.WithDeadline(context.WithoutCancel(r.Context()), deadline)
		defer cancel()
		defer c.SetRequest(r)
		alone := r.WithContext(ctx)
		alone.Body = io.NopCloser(bytes.NewReader(body))
		c.SetRequest(alone)
		kept, attempt, err := s.services.Idempotency.Begin(ctx, call.caller, call.who, inbound.Repeatable{
			Operation: call.route.id, Key: key, Body: body,
		})
		if err != nil {
			return err
		}
		if kept != nil {
			return replay(c, kept)
		}
		return attend(c, next, attempt)
	}
}

// idempotencyKey reads the one field: a string (RFC 9651 section 3.3.3) as the
// draft has it, or the same without quotation marks as most clients send it.
func idempotencyKey(sent []string) (string, error) {
	text := sent[0]
	if len(sent) > 1 {
		return "", malformedKey()
	}
	if !strings.HasPrefix(text, `"`) {
		return text, nil
	}
	var key strings.Builder
	for i := 1; i < len(text); i++ {
		switch b := text[i]; {
		case b == '"' && i == len(text)-1:
			return key.String(), nil
		case b == '\\' && i+1 < len(text) && (text[i+1] == '"' || text[i+1] == '\\'):
			i++
			key.WriteByte(text[i])
		case b == '"' || b == '\\':
			return "", malformedKey()
		default:
			key.WriteByte(b)
		}
	}
	return "", malformedKey()
}

func malformedKey() error {
	return fault.Invalid(fault.IdempotencyKeyMalformed.In("header." + keyField))
}

// attend has the handler answer, the answer kept, and then sends it. After a
// panic the key is free, and what was written so far goes nowhere.
func attend(c echo.Context, next echo.HandlerFunc, attempt inbound.Attempt) error {
	held := &heldAnswer{ResponseWriter: c.Response().Writer}
	if err := held.attend(c, next, attempt); err != nil {
		return err
	}
	held.send()
	return nil
}

func (h *heldAnswer) attend(c echo.Context, next echo.HandlerFunc, attempt inbound.Attempt) error {
	ctx := c.Request().Context()
	call := callOf(ctx)
	c.Response().Writer = h
	outcome := inbound.Outcome{Refusal: fault.Internal}
	defer func() {
		c.Response().Writer = h.ResponseWriter
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
		defer cancel()
		if err := attempt.End(ending, outcome); err != nil {
			// The client gets its answer all the same; a repetition finds the
			// key in use until its lease has run out.
			call.logFailure(ctx, slog.LevelWarn, err)
		}
	}()
	if err := next(c); err != nil {
		return err
	}
	answer, err := json.Marshal(h.kept())
	if err != nil {
		return fmt.Errorf("write answer to keep: %w", err)
	}
	outcome = inbound.Outcome{Refusal: call.refused, Answer: answer, User: call.concerns}
	return nil
}

// heldAnswer is an answer on its way to the client, held back.
type heldAnswer struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

// WriteHeader takes the status. The router's writer always tells it first.
func (h *heldAnswer) WriteHeader(status int) { h.status = status }

// Write takes a part of the body.
func (h *heldAnswer) Write(p []byte) (int, error) { return h.body.Write(p) }

// send lets the answer go.
func (h *heldAnswer) send() {
	h.ResponseWriter.WriteHeader(h.status)
	// An error here is a client that has gone.
	_, _ = h.ResponseWriter.Write(h.body.Bytes())
}

// keptAnswer is an answer as it is kept.
type keptAnswer struct {
	Status int               `json:"status"`
	Header map[string]string `json:"header"`
	Body   []byte            `json:"body"`
}

// keptFields are what belongs to an answer and not to the request it answers.
var keptFields = []string{"Cache-Control", echo.HeaderContentType, "ETag", echo.HeaderLastModified, echo.HeaderLocation}

func (h *heldAnswer) kept() keptAnswer {
	a := keptAnswer{Status: h.status, Header: map[string]string{}, Body: h.body.Bytes()}
	for _, name := range keptFields {
		if value := h.Header().Get(name); value != "" {
			a.Header[name] = value
		}
	}
	return a
}

// replay gives a kept answer again.
func replay(c echo.Context, kept []byte) error {
	var a keptAnswer
	if err := json.Unmarshal(kept, &a); err != nil {
		return fmt.Errorf("read kept answer: %w", err)
	}
	h := c.Response().Header()
	for name, value := range a.Header {
		h.Set(name, value)
	}
	h.Set(replayedField, "true")
	c.Response().WriteHeader(a.Status)
	// An error here is a client that has gone.
	_, _ = c.Response().Write(a.Body)
	return nil
}

// idempotencyField documents the key.
func idempotencyField() *huma.Param {
	least, most := 1, 257
	return &huma.Param{
		Name: keyField, In: "header",
		Description: "A name for this request, random and new for each: a UUID is one. The same request with the same key is done once, " +
			"however often it is sent within 24 hours: a repetition gets the first answer. 1 to 255 printable ASCII characters, " +
			"with quotation marks (a string of RFC 9651 section 3.3.3) or without.",
		Schema: &huma.Schema{Type: huma.TypeString, MinLength: &least, MaxLength: &most},
	}
}

func replayedHeader() *huma.Header {
	return &huma.Header{
		Description: "`true` when this is the answer to an earlier request with the same key, given again.",
		Schema:      &huma.Schema{Type: huma.TypeString, Enum: []any{"true"}},
	}
}
