package mailapi

import (
	"encoding/json"
	"net/http"
)

// dialect is how one service is spoken to.
type dialect struct {
	// endpoint is where mail goes that comes from a domain.
	endpoint func(domain string) string
	// request writes a letter.
	request func(l letter) ([]byte, http.Header, error)
	// authorize puts the key where the service looks for it.
	authorize func(r *http.Request, key string)
	// reason finds in an answer what people can read.
	reason func(said []byte) string
	// account tells the answers that are about the account at the service and
	// not about the message, where the status does not. It may be nil.
	account func(said []byte) bool
}

// dialects has every service.
var dialects = map[Provider]dialect{
	Generic:  generic,
	Postmark: postmark,
	Resend:   resend,
	SendGrid: sendgrid,
	Mailgun:  mailgun,
}

func fixed(endpoint string) func(string) string {
	return func(string) string { return endpoint }
}

func bearer(r *http.Request, key string) { r.Header.Set("Authorization", "Bearer "+key) }

// inJSON is a body and the header that goes with it.
func inJSON(v any) ([]byte, http.Header, error) {
	body, err := json.Marshal(v)
	return body, http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}}, err
}

// field gives a string of a JSON object, or nothing.
func field(name string) func(said []byte) string {
	return func(said []byte) string {
		var object map[string]json.RawMessage
		var text string
		if json.Unmarshal(said, &object) != nil || json.Unmarshal(object[name], &text) != nil {
			return ""
		}
		return text
	}
}

// quiet are header fields that keep machines from answering (RFC 3834 section 5).
func quiet() map[string]string {
	return map[string]string{"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
}
