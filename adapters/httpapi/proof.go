package httpapi

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/ports/inbound"
)

// takesProof says whether a DPoP proof (RFC 9449) has a meaning on a route: it
// binds a session to a key, or goes with an access token.
func (r *route) takesProof() bool { return r != nil && (r.binds || r.access.wantsToken()) }

// prove takes the proof that came with a request, and tells whoever uses proofs
// the nonce of the moment (RFC 9449 section 8.2).
func (s *Server) prove(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		call := callOf(r.Context())
		if !call.route.takesProof() {
			return next(c)
		}
		sent := r.Header.Values("DPoP")
		if len(sent) == 0 && !presentsBound(r.Header) {
			return next(c)
		}
		c.Response().Header().Set("DPoP-Nonce", s.services.Proofs.Nonce())
		// Exactly one field (section 4.3, point 1); an empty one is no proof,
		// and must not pass for none.
		if len(sent) > 1 || len(sent) == 1 && sent[0] == "" {
			return fault.New(fault.InvalidProof)
		}
		call.caller.Proof = inbound.Proof{Method: call.method, URI: s.target(r, call.path), Presented: presentsBound(r.Header)}
		if len(sent) == 1 {
			call.caller.Proof.Text = sent[0]
		}
		return next(c)
	}
}

// presentsBound tells whether an access token is presented as one that is bound
// to a key (RFC 9449 section 7.1).
func presentsBound(h http.Header) bool {
	scheme, _, _ := strings.Cut(h.Get("Authorization"), " ")
	return strings.EqualFold(scheme, "dpop")
}

// target is the address that a client meant, as far as that can be known here:
// under the public URL when there is one, for what a proxy makes of it is not
// what the client called.
func (s *Server) target(r *http.Request, path string) string {
	base := s.opts.PublicURL
	if base == "" {
		base = "http://" + r.Host
		if r.TLS != nil || s.forwardedOverTLS(r) {
			base = "https://" + r.Host
		}
	}
	return base + path
}

// proofField documents the field that a proof comes in.
func (r *route) proofField() *huma.Param {
	says := "A proof of the key that the access token is bound to (RFC 9449 section 4.2), with its hash in ath. Needed with the DPoP scheme."
	if r.binds {
		says = "A proof of a key (RFC 9449 section 4.2), to which the session is bound from now on."
	}
	return &huma.Param{Name: "DPoP", In: "header", Description: says, Schema: &huma.Schema{Type: huma.TypeString}}
}

func nonceHeader() *huma.Header {
	return &huma.Header{
		Description: "The nonce to put into the next proof (RFC 9449 section 8); there when the request had a proof.",
		Schema:      &huma.Schema{Type: huma.TypeString},
	}
}
