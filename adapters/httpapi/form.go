package httpapi

import (
	"io"
	"net/http"
	"net/url"

	"github.com/plinto/plinto/core/fault"
)

const formType = "application/x-www-form-urlencoded"

// readForm reads the body of an OAuth endpoint. No parameter comes twice, and
// one that is not known is passed over (RFC 6749 section 3.2). What stands in
// the URL is not read: URLs end up in logs.
func readForm(r *http.Request) (url.Values, error) {
	if err := checkMediaType(r.Header, formType); err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(raw))
	if err != nil {
		// The parser's words quote the input, so they go nowhere.
		return nil, fault.New(fault.MalformedRequest)
	}
	for _, values := range form {
		if len(values) > 1 {
			return nil, fault.New(fault.MalformedRequest)
		}
	}
	return form, nil
}
