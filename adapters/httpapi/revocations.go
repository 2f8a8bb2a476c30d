package httpapi

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/plinto/plinto/core/client"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/revocation"
	"github.com/plinto/plinto/ports/inbound"
)

// revocations serves inbound.RevocationLog to API clients: a page at a time, or
// as a stream.
type revocations struct {
	service inbound.RevocationLog
	clients inbound.Clients
	server  *Server
}

type revocationJSON struct {
	Type      string   `json:"type" enum:"session,all_sessions,key" doc:"What is revoked: one session; every session opened before an instant; a key with all that it signed."`
	SessionID string   `json:"session_id,omitempty" format:"uuid" doc:"The sid of the tokens that are bad."`
	UserID    string   `json:"user_id,omitempty" format:"uuid"`
	Before    *instant `json:"before,omitempty" doc:"The instant, of all_sessions. A session was opened when its id, a UUID of version 7, was made."`
	KID       string   `json:"kid,omitempty"`
	RevokedAt instant  `json:"revoked_at"`
	Reason    string   `json:"reason,omitempty" example:"signed_out"`
}

type revocationPageJSON struct {
	Data              []revocationJSON `json:"data" nullable:"false"`
	NextCursor        string           `json:"next_cursor" doc:"Goes on from here, now or later. Opaque."`
	More              bool             `json:"more" doc:"Whether there is more already."`
	AsOf              instant          `json:"as_of" doc:"Unless there is more, whatever was revoked before this instant has been told."`
	AccessTokenMaxAge int64            `json:"access_token_max_age" doc:"How long an entry matters, in seconds: no access token lives longer." example:"1005"`
}

func newRevocationJSON(e revocation.Entry) revocationJSON {
	out := revocationJSON{Type: string(e.Kind), KID: e.KID, RevokedAt: instant(e.At), Reason: e.Reason}
	if !e.Session.IsZero() {
		out.SessionID = e.Session.String()
	}
	if !e.User.IsZero() {
		out.UserID = e.User.String()
	}
	if !e.Before.IsZero() {
		out.Before = newInstant(&e.Before)
	}
	return out
}

func newRevocationPageJSON(p inbound.RevocationPage) revocationPageJSON {
	out := revocationPageJSON{
		Data: make([]revocationJSON, 0, len(p.Entries)), NextCursor: writeFeedCursor(p.Next), More: p.More,
		AsOf: instant(p.AsOf), AccessTokenMaxAge: wholeSeconds(p.MaxAge),
	}
	for _, e := range p.Entries {
		out.Data = append(out.Data, newRevocationJSON(e))
	}
	return out
}

// wholeSeconds rounds up: what is kept a little longer does no harm.
func wholeSeconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }

func (v revocations) list(c echo.Context) error {
	r := c.Request()
	ctx := r.Context()
	call := callOf(ctx)
	cred, err := clientCredential(r.Header, nil)
	if err != nil {
		return err
	}
	who, err := v.clients.Authenticate(ctx, call.caller, cred, client.Revocations)
	if err != nil {
		return err
	}
	streamed := acceptsEvents(r.Header.Values("Accept")) && call.method == http.MethodGet
	cursor, limit, err := readFeedQuery(r.URL.Query(), r.Header, streamed)
	if err != nil {
		return err
	}
	if streamed {
		return v.stream(c, who, cursor)
	}
	page, err := v.service.Page(ctx, cursor, limit)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, newRevocationPageJSON(page))
}

const defaultFeedPage = 100

// readFeedQuery reads the parameters of a request. Whoever comes back to a
// stream says in Last-Event-ID how far it got, whatever its URL says.
func readFeedQuery(query url.Values, h http.Header, streamed bool) (cursor string, limit int, err error) {
	limit = defaultFeedPage
	var wrong []fault.Field
	note := func(name, meaning string) {
		wrong = append(wrong, parameterFaults[meaning].In(name))
	}
	if query.Has("limit") {
		limit, err = strconv.Atoi(query.Get("limit"))
		switch {
		case err != nil:
			note("query.limit", "invalid integer")
		case limit < 1:
			note("query.limit", "expected number >= ")
		case limit > inbound.MaxRevocationPage:
			note("query.limit", "expected number <= ")
		}
	}
	name, text := "query.cursor", query.Get("cursor")
	if last := h.Get("Last-Event-ID"); streamed && last != "" {
		name, text = "header.Last-Event-ID", last
	}
	cursor, ok := readFeedCursor(text)
	if !ok {
		note(name, "cursor")
	}
	return cursor, limit, fault.Invalid(wrong...)
}

// A cursor of the feed is a version and the core's cursor, in base64url.
const feedCursorVersion = "1"

func writeFeedCursor(cursor string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(feedCursorVersion + cursor))
}

// readFeedCursor reads what writeFeedCursor wrote; an empty one begins at the
// beginning.
func readFeedCursor(text string) (string, bool) {
	if text == "" {
		return "", true
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") {
		return "", false
	}
	return strings.CutPrefix(string(raw), feedCursorVersion)
}

// acceptsEvents tells whether an Accept prefers server-sent events to JSON: a
// stream does not end, so nobody is given one by half.
func acceptsEvents(accept []string) bool {
	events, plain := 0.0, 0.0
	for _, line := range accept {
		for part := range strings.SplitSeq(line, ",") {
			kind, params, _ := strings.Cut(part, ";")
			switch strings.ToLower(strings.TrimSpace(kind)) {
			case eventStream:
				events = max(events, quality(params))
			case "application/json":
				plain = max(plain, quality(params))
			}
		}
	}
	return events > plain
}

func (s *Server) revocationsContent() map[string]*huma.MediaType {
	schema := s.document.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[revocationPageJSON](), true, "RevocationPage")
	return map[string]*huma.MediaType{
		"application/json": {Schema: schema},
		eventStream: {Schema: &huma.Schema{Type: huma.TypeString, Description: "Server-sent events, when asked for. " +
			"`revocation` has one entry of `data` as its data. `heartbeat` comes at least twice a second and has `as_of`, `sent_at` and `access_token_max_age`: " +
			"whatever was revoked before `as_of` has been told by then. The `id` of an event is a cursor: send it as `Last-Event-ID` to go on from there."}},
	}
}

func describeRevocations(op *huma.Operation) {
	least, most := 1.0, float64(inbound.MaxRevocationPage)
	op.Parameters = []*huma.Param{
		{Name: "limit", In: "query", Description: "How many entries a page has at most.", Schema: &huma.Schema{Type: huma.TypeInteger, Minimum: &least, Maximum: &most, Default: defaultFeedPage}},
		{Name: "cursor", In: "query", Description: "The next_cursor of the page before. Without it, what was revoked within the life of an access token.", Schema: &huma.Schema{Type: huma.TypeString}},
		{Name: "Last-Event-ID", In: "header", Description: "The id of the last event of a stream, instead of a cursor.", Schema: &huma.Schema{Type: huma.TypeString}},
	}
}
