package httpapi

import (
	"context"
	"encoding/base64"
	"encoding/binary"

	"github.com/danielgtaylor/huma/v2"

	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/ports/inbound"
)

// activity serves inbound.Activity.
type activity struct{ service inbound.Activity }

type happeningJSON struct {
	ID        string            `json:"id" doc:"Opaque." example:"AgAAAAAAAALPAAAAAAAAAFw"`
	Name      string            `json:"name" doc:"session.created, session.revoked, session.reuse_detected, session.new_device, session.reauthenticated, sign_in.failed, reauthentication.failed, security.suspicious_activity, security.password.changed, security.password.reset, user.verified, user.claimed, user.email_changed, user.updated, user.exported or user.unlocked; more may be added." example:"session.created"`
	SessionID string            `json:"session_id,omitempty" format:"uuid" example:"019a1b2c-3d4e-7f50-8a6b-7c8d9e0f1a2b"`
	IPAddress string            `json:"ip_address,omitempty" doc:"Of the client that caused it." example:"192.0.2.7"`
	Device    *deviceJSON       `json:"device,omitempty"`
	At        instant           `json:"at"`
	Details   map[string]string `json:"details" doc:"What else is known of it, for example the reason of an end." nullable:"false"`
}

type deviceJSON struct {
	Name    string `json:"name" example:"Firefox on Linux"`
	Type    string `json:"type" enum:"desktop,mobile,tablet,bot,unknown"`
	Browser string `json:"browser" example:"Firefox 140"`
	OS      string `json:"os" example:"Linux"`
}

func newHappeningJSON(e event.Recorded) happeningJSON {
	out := happeningJSON{
		ID: writePosition(e.Position), Name: string(e.Name), IPAddress: e.Address, At: instant(e.At), Details: e.Details(),
	}
	if out.Details == nil {
		out.Details = map[string]string{}
	}
	if about := e.About(); !about.IsZero() {
		out.SessionID = about.String()
	}
	if d, ok := e.Device(); ok {
		out.Device = &deviceJSON{Name: d.Name, Type: string(d.Type), Browser: d.Browser, OS: d.OS}
	}
	return out
}

type historyInput struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"How many entries a page has."`
	Cursor string `query:"cursor" doc:"The next_cursor of the page before. Opaque."`

	after event.Position
}

// Resolve reads the cursor beside the other parameters.
func (p *historyInput) Resolve(huma.Context) []error {
	var ok bool
	if p.after, ok = readPosition(p.Cursor); !ok {
		return []error{&huma.ErrorDetail{Location: "query.cursor", Message: "cursor"}}
	}
	return nil
}

func (p historyInput) page() inbound.EventPage {
	return inbound.EventPage{Limit: p.Limit, After: p.after}
}

type historyPageJSON struct {
	Data       []happeningJSON `json:"data" nullable:"false"`
	NextCursor *string         `json:"next_cursor" doc:"Asks for the next page; null on the last one."`
}

func newHistoryPage(page inbound.HistoryPage, err error) (*answer[historyPageJSON], error) {
	if err != nil {
		return nil, err
	}
	out := historyPageJSON{Data: make([]happeningJSON, 0, len(page.Events))}
	for _, e := range page.Events {
		out.Data = append(out.Data, newHappeningJSON(e))
	}
	if !page.Next.IsZero() {
		next := writePosition(page.Next)
		out.NextCursor = &next
	}
	return &answer[historyPageJSON]{out}, nil
}

func (a activity) recent(ctx context.Context, in *historyInput) (*answer[historyPageJSON], error) {
	return newHistoryPage(a.service.Recent(ctx, callOf(ctx).who, in.page()))
}

func (a activity) alerts(ctx context.Context, in *historyInput) (*answer[historyPageJSON], error) {
	return newHistoryPage(a.service.Alerts(ctx, callOf(ctx).who, in.page()))
}

// positionVersion tells the cursors of histories from those of sessions.
const positionVersion = 2

// A position is a version and two big-endian numbers, in base64url.
func writePosition(p event.Position) string {
	raw := binary.BigEndian.AppendUint64([]byte{positionVersion}, p.Transaction)
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64(raw, uint64(p.Sequence)))
}

// readPosition reads what writePosition wrote; an empty one begins at the
// beginning.
func readPosition(text string) (event.Position, bool) {
	if text == "" {
		return event.Position{}, true
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) != 17 || raw[0] != positionVersion {
		return event.Position{}, false
	}
	p := event.Position{Transaction: binary.BigEndian.Uint64(raw[1:9]), Sequence: int64(binary.BigEndian.Uint64(raw[9:]))}
	return p, p.Sequence > 0
}
