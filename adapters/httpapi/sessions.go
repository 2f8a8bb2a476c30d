package httpapi

import (
	"context"
	"encoding/base64"

	"github.com/danielgtaylor/huma/v2"

	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/id"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/ports/inbound"
)

// sessions serves inbound.Sessions.
type sessions struct{ service inbound.Sessions }

type sessionJSON struct {
	ID             string   `json:"id" format:"uuid" example:"019a1b2c-3d4e-7f50-8a6b-7c8d9e0f1a2b"`
	UserID         string   `json:"user_id" format:"uuid" example:"019a1b2c-3d4e-7f50-8a6b-7c8d9e0f1a2b"`
	IPAddress      string   `json:"ip_address" doc:"Of the client at sign-in; empty when unknown." example:"192.0.2.7"`
	UserAgent      string   `json:"user_agent"`
	DeviceName     string   `json:"device_name"`
	DeviceType     string   `json:"device_type" enum:"desktop,mobile,tablet,bot,unknown"`
	Browser        string   `json:"browser" example:"Firefox"`
	OS             string   `json:"os" example:"Linux"`
	IsCurrent      bool     `json:"is_current" doc:"Whether it is the session that asks."`
	CreatedAt      instant  `json:"created_at"`
	LastActivityAt instant  `json:"last_activity_at" doc:"The last use of it, give or take a minute."`
	ExpiresAt      instant  `json:"expires_at" doc:"When it ends unless it is refreshed. It may end sooner for being idle."`
	RevokedAt      *instant `json:"revoked_at,omitempty"`
	RevokedReason  string   `json:"revoked_reason,omitempty" example:"signed_out"`

	// What is told of one session and not in lists.
	Addresses         []addressJSON `json:"addresses,omitempty" nullable:"false" doc:"Where the session was used from, the one seen last first; those of the last minute may be missing. The last 20 are remembered. Not in lists."`
	DeviceFirstSeenAt *instant      `json:"device_first_seen_at,omitempty" doc:"The first sign-in to the account from such a device: one of this type, browser and system. A hint, for clients describe themselves. Not in lists."`
	DeviceLastSeenAt  *instant      `json:"device_last_seen_at,omitempty" doc:"The last sign-in from such a device. Not in lists."`
}

func newSessionJSON(s session.Session, current session.ID) sessionJSON {
	return sessionJSON{
		ID: s.ID.String(), UserID: s.User.String(), IPAddress: s.Address, UserAgent: s.UserAgent,
		DeviceName: s.Device.Name, DeviceType: string(s.Device.Type), Browser: s.Device.Browser, OS: s.Device.OS,
		IsCurrent: s.ID == current,
		CreatedAt: instant(s.CreatedAt), LastActivityAt: instant(s.LastActivityAt), ExpiresAt: instant(s.ExpiresAt),
		RevokedAt: newInstant(s.EndedAt), RevokedReason: string(s.EndReason),
	}
}

type pageInput struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"How many entries a page has."`
	Cursor string `query:"cursor" doc:"The next_cursor of the page before. Opaque."`

	after session.ID
}

// Resolve reads the cursor beside the other parameters, so that all that is
// wrong with them is told at once.
func (p *pageInput) Resolve(huma.Context) (wrong []error) {
	p.after, wrong = resolveCursor(p.Cursor)
	return wrong
}

func resolveCursor(text string) (session.ID, []error) {
	after, ok := readCursor(text)
	if !ok {
		return session.ID{}, []error{&huma.ErrorDetail{Location: "query.cursor", Message: "cursor"}}
	}
	return after, nil
}

type sessionPageJSON struct {
	Data       []sessionJSON `json:"data" nullable:"false"`
	NextCursor *string       `json:"next_cursor" doc:"Asks for the next page; null on the last one."`
}

func (v sessions) list(ctx context.Context, in *pageInput) (*answer[sessionPageJSON], error) {
	who := callOf(ctx).who
	page, err := v.service.List(ctx, who, inbound.Page{Limit: in.Limit, After: in.after})
	return sessionPage(page, err, who.Session)
}

// sessionPage answers with a page of sessions, of which one may be current.
func sessionPage(page inbound.SessionPage, err error, current session.ID) (*answer[sessionPageJSON], error) {
	if err != nil {
		return nil, err
	}
	out := sessionPageJSON{Data: make([]sessionJSON, 0, len(page.Sessions)), NextCursor: writeCursor(page.Next)}
	for _, s := range page.Sessions {
		out.Data = append(out.Data, newSessionJSON(s, current))
	}
	return &answer[sessionPageJSON]{out}, nil
}

type addressJSON struct {
	IPAddress   string  `json:"ip_address" example:"192.0.2.7"`
	FirstSeenAt instant `json:"first_seen_at"`
	LastSeenAt  instant `json:"last_seen_at"`
}

func newSessionDetailJSON(d inbound.SessionDetail, current session.ID) sessionJSON {
	out := newSessionJSON(d.Session, current)
	for _, seen := range d.Addresses {
		out.Addresses = append(out.Addresses, addressJSON{seen.Address, instant(seen.FirstAt), instant(seen.LastAt)})
	}
	if d.Device != nil {
		out.DeviceFirstSeenAt, out.DeviceLastSeenAt = newInstant(&d.Device.FirstSeenAt), newInstant(&d.Device.LastSeenAt)
	}
	return out
}

func (v sessions) current(ctx context.Context, _ *none) (*tagged[sessionJSON], error) {
	return v.detail(ctx, callOf(ctx).who.Session)
}

func (v sessions) detail(ctx context.Context, wanted session.ID) (*tagged[sessionJSON], error) {
	who := callOf(ctx).who
	d, err := v.service.Get(ctx, who, wanted)
	if err != nil {
		return nil, err
	}
	out := newSessionDetailJSON(d, who.Session)
	tag, err := contentTag(out)
	if err != nil {
		return nil, err
	}
	return newTagged(ctx, tag, out), nil
}

type sessionInput struct {
	ID string `path:"id" format:"uuid" doc:"The session's id."`
}

func (v sessions) get(ctx context.Context, in *sessionInput) (*tagged[sessionJSON], error) {
	wanted, err := in.session()
	if err != nil {
		return nil, err
	}
	return v.detail(ctx, wanted)
}

func (v sessions) revoke(ctx context.Context, in *sessionInput) (*none, error) {
	wanted, err := in.session()
	if err != nil {
		return nil, err
	}
	call := callOf(ctx)
	if len(call.ifMatch) > 0 {
		// An end is an end, whoever comes first: nothing is lost between this
		// look and it.
		now, err := v.detail(ctx, wanted)
		if err != nil {
			return nil, err
		}
		if err := call.expect(now.ETag); err != nil {
			return nil, err
		}
	}
	return nil, v.service.Revoke(ctx, call.caller, call.who, wanted)
}

type revokedJSON struct {
	RevokedCount int `json:"revoked_count" doc:"How many sessions ended." example:"2"`
}

func (v sessions) revokeOthers(ctx context.Context, _ *none) (*answer[revokedJSON], error) {
	call := callOf(ctx)
	n, err := v.service.RevokeOthers(ctx, call.caller, call.who)
	if err != nil {
		return nil, err
	}
	return &answer[revokedJSON]{revokedJSON{n}}, nil
}

// session reads the id of the path: one that is malformed names nothing.
func (in sessionInput) session() (session.ID, error) {
	wanted, err := id.Parse[session.Session](in.ID)
	if err != nil {
		return session.ID{}, fault.New(fault.NotFound)
	}
	return wanted, nil
}

// A cursor is a version and the id of the last entry seen, in base64url. Its
// version lets another order of entries have other cursors one day.
const cursorVersion = 1

func writeCursor(next session.ID) *string {
	if next.IsZero() {
		return nil
	}
	text := base64.RawURLEncoding.EncodeToString(append([]byte{cursorVersion}, next[:]...))
	return &text
}

// readCursor reads what writeCursor wrote; an empty one begins at the beginning.
func readCursor(text string) (session.ID, bool) {
	if text == "" {
		return session.ID{}, true
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) != 1+len(session.ID{}) || raw[0] != cursorVersion {
		return session.ID{}, false
	}
	return session.ID(raw[1:]), true
}
