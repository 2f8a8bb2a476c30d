package httpapi

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/plinto/plinto/core/fault"
)

// errorJSON is the one shape of errors, and its twin for clients that ask for
// problems (RFC 9457).
type errorJSON struct {
	Err errorInfoJSON `json:"error"`

	status  int
	problem *problemJSON // what is written instead, when not nil
}

type errorInfoJSON struct {
	Code      string       `json:"code" doc:"What went wrong, for programs. The list is closed." example:"validation_error"`
	Message   string       `json:"message" doc:"What went wrong, for people. It may change." example:"The request has invalid values."`
	Details   *detailsJSON `json:"details,omitempty"`
	RequestID string       `json:"request_id" doc:"Quote it when you report a problem." example:"0199f2b4c8d1"`
	Timestamp instant      `json:"timestamp"`
}

type detailsJSON struct {
	ValidationErrors []fieldErrorJSON `json:"validation_errors" nullable:"false"`
}

type fieldErrorJSON struct {
	Field   string `json:"field" doc:"Where: a dotted location that begins with body, query, path or header." example:"body.email"`
	Message string `json:"message" doc:"What is wrong, for people." example:"An e-mail address is required."`
	Type    string `json:"type" doc:"What is wrong, for programs." example:"missing"`
}

type problemJSON struct {
	Type      string           `json:"type" doc:"Always about:blank; the code says what went wrong." example:"about:blank"`
	Title     string           `json:"title" doc:"The name of the status." example:"Unprocessable Entity"`
	Status    int              `json:"status" example:"422"`
	Detail    string           `json:"detail" example:"The request has invalid values."`
	Instance  string           `json:"instance" doc:"The path that was asked for." example:"/api/v1/auth/signup"`
	Code      string           `json:"code" example:"validation_error"`
	RequestID string           `json:"request_id" example:"0199f2b4c8d1"`
	Errors    []fieldErrorJSON `json:"errors,omitempty" nullable:"false"`
}

func newErrorJSON(c *call, f *fault.Error, status int, now time.Time) *errorJSON {
	code, message := f.Code, f.Message
	if f.Code.Kind() == fault.KindInternal {
		code = fault.Internal
	}
	if status >= http.StatusInternalServerError || message == "" {
		message = code.Message()
	}
	var fields []fieldErrorJSON
	for _, field := range f.Fields {
		fields = append(fields, fieldErrorJSON{Field: located(field.Name), Message: field.Message, Type: field.Type})
	}
	e := &errorJSON{status: status, Err: errorInfoJSON{
		Code: string(code), Message: message, RequestID: c.caller.RequestID, Timestamp: instant(now),
	}}
	if fields != nil {
		e.Err.Details = &detailsJSON{ValidationErrors: fields}
	}
	if c.problem {
		e.problem = &problemJSON{
			Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: message,
			Instance: c.path, Code: string(code), RequestID: c.caller.RequestID, Errors: fields,
		}
	}
	return e
}

// Error gives the code: an errorJSON is an error on its way through huma.
func (e *errorJSON) Error() string { return e.Err.Code }

// GetStatus is the status that huma writes.
func (e *errorJSON) GetStatus() int { return e.status }

// ContentType is the type that huma writes, given the one it has settled on.
func (e *errorJSON) ContentType(ct string) string {
	if e.problem != nil {
		return "application/problem+json"
	}
	return ct
}

// MarshalJSON writes the shape that the client asked for.
func (e *errorJSON) MarshalJSON() ([]byte, error) {
	if e.problem != nil {
		return json.Marshal(e.problem)
	}
	type plain errorJSON
	return json.Marshal((*plain)(e))
}
