package httpapi

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"

	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/ports/inbound"
)

// clientCredential reads what an API client says of itself: by HTTP Basic or, where
// there is a form, by its parameters client_id and client_secret, and not by
// both (RFC 6749 section 2.3.1). None at all is no client's.
func clientCredential(h http.Header, form url.Values) (inbound.ClientCredential, error) {
	fields := h.Values("Authorization")
	switch {
	case len(fields) > 1:
		return inbound.ClientCredential{}, fault.New(fault.InvalidClient)
	case len(fields) == 0:
		c := inbound.ClientCredential{ID: form.Get("client_id"), Secret: form.Get("client_secret")}
		if c.ID == "" || c.Secret == "" {
			return c, fault.New(fault.InvalidClient)
		}
		return c, nil
	case form.Has("client_secret"):
		return inbound.ClientCredential{}, fault.New(fault.MalformedRequest)
	}
	c, ok := basic(fields[0])
	if !ok {
		return c, fault.New(fault.InvalidClient)
	}
	if form.Has("client_id") && form.Get("client_id") != c.ID {
		return inbound.ClientCredential{}, fault.New(fault.MalformedRequest)
	}
	return c, nil
}

// basic reads HTTP Basic (RFC 7617) whose two parts are each form-encoded, as
// RFC 6749 section 2.3.1 wants them.
func basic(field string) (inbound.ClientCredential, bool) {
	scheme, encoded, _ := strings.Cut(field, " ")
	if !strings.EqualFold(scheme, "basic") || len(encoded) > maxToken {
		return inbound.ClientCredential{}, false
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(strings.TrimLeft(encoded, " "))
	if err != nil {
		return inbound.ClientCredential{}, false
	}
	name, secret, found := strings.Cut(string(raw), ":")
	if !found {
		return inbound.ClientCredential{}, false
	}
	var c inbound.ClientCredential
	var wrong [2]error
	c.ID, wrong[0] = url.QueryUnescape(name)
	c.Secret, wrong[1] = url.QueryUnescape(secret)
	return c, wrong == [2]error{} && c.ID != "" && c.Secret != ""
}
