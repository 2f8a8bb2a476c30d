package httpapi

import (
	"encoding/json"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/ports/inbound"
)

type exportJSON struct {
	ExportedAt instant           `json:"exported_at"`
	User       userJSON          `json:"user"`
	Devices    []knownDeviceJSON `json:"devices" nullable:"false" doc:"The kinds of device that the account was signed in to from."`
	Sessions   []sessionJSON     `json:"sessions" nullable:"false" doc:"Those that are over too, as long as they are kept. The newest first."`
	Events     []happeningJSON   `json:"events" nullable:"false" doc:"Everything that happened around the account, the last first."`
}

type knownDeviceJSON struct {
	Name        string  `json:"name" example:"Firefox on Linux"`
	Type        string  `json:"type" enum:"desktop,mobile,tablet,bot,unknown"`
	Browser     string  `json:"browser" example:"Firefox 140"`
	OS          string  `json:"os" example:"Linux"`
	FirstSeenAt instant `json:"first_seen_at"`
	LastSeenAt  instant `json:"last_seen_at"`
}

// export writes what is stored about a user as it is read, so that its size
// costs nothing. An answer that cannot be written to its end is cut.
func (p profiles) export(c echo.Context) error {
	ctx := c.Request().Context()
	call := callOf(ctx)
	data, err := p.service.Export(ctx, call.caller, call.who)
	if err != nil {
		return err
	}
	u, err := newUserJSON(data.User)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Disposition", `attachment; filename="account.json"`)
	c.Response().WriteHeader(http.StatusOK)
	if err := writeExport(c.Response(), u, data, call.who.Session); err != nil {
		call.aborted = true
		if ctx.Err() == nil {
			call.logFailure(ctx, slog.LevelError, err)
		}
	}
	return nil
}

func writeExport(w io.Writer, u userJSON, data inbound.PersonalData, current session.ID) error {
	devices := make([]knownDeviceJSON, 0, len(data.Devices))
	for _, d := range data.Devices {
		devices = append(devices, knownDeviceJSON{d.Name, string(d.Type), d.Browser, d.OS, instant(d.FirstSeenAt), instant(d.LastSeenAt)})
	}
	for _, part := range []struct {
		before string
		value  any
	}{{`{"exported_at":`, instant(data.At)}, {`,"user":`, u}, {`,"devices":`, devices}} {
		if err := writePart(w, part.before, part.value); err != nil {
			return err
		}
	}
	err := writeEach(w, `,"sessions":[`, data.Sessions, func(d inbound.SessionDetail) any { return newSessionDetailJSON(d, current) })
	if err != nil {
		return err
	}
	if err := writeEach(w, `],"events":[`, data.Events, func(e event.Recorded) any { return newHappeningJSON(e) }); err != nil {
		return err
	}
	_, err = io.WriteString(w, "]}\n")
	return err
}

func writePart(w io.Writer, before string, value any) error {
	if _, err := io.WriteString(w, before); err != nil {
		return err
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(value)
}

// writeEach writes the elements of a list as they come.
func writeEach[T any](w io.Writer, before string, list iter.Seq2[T, error], show func(T) any) error {
	first := true
	for element, err := range list {
		if err != nil {
			return err
		}
		if !first {
			before = ","
		}
		if err := writePart(w, before, show(element)); err != nil {
			return err
		}
		first = false
	}
	if !first {
		return nil
	}
	_, err := io.WriteString(w, before)
	return err
}

func (s *Server) exportContent() map[string]*huma.MediaType {
	schema := s.document.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[exportJSON](), true, "Export")
	return map[string]*huma.MediaType{"application/json": {Schema: schema}}
}

// describeExport documents that the answer is a file.
func describeExport(op *huma.Operation) {
	op.Responses["200"].Headers = merged(op.Responses["200"].Headers, map[string]*huma.Header{
		"Content-Disposition": {Schema: &huma.Schema{Type: huma.TypeString}, Description: "attachment"},
	})
}
