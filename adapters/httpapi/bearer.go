package httpapi

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/proof"
)

// access says what a route asks of its caller.
type access int

const (
	anyone        access = iota // nothing
	signedIn                    // an access token that is good now
	tokenHolder                 // an access token; the use case judges it
	mayBeSignedIn               // nothing, but an access token that comes along is good now
	apiClient                   // the credential of an API client; the handler reads it
	administrator               // an access token of somebody who is an administrator now
)

// authenticate finds out who calls a route that wants to know.
func (s *Server) authenticate(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		call := callOf(c.Request().Context())
		if call.route == nil || !call.route.access.wantsToken() {
			return next(c)
		}
		if call.route.access == mayBeSignedIn && len(c.Request().Header.Values("Authorization")) == 0 {
			return next(c)
		}
		var err error
		if call.token, err = bearer(c.Request().Header); err != nil {
			return err
		}
		if call.route.access != tokenHolder {
			if call.who, err = s.services.Tokens.Authenticate(c.Request().Context(), call.caller, call.token); err != nil {
				return err
			}
		}
		if call.route.access == administrator {
			if err := s.services.Administration.Admit(c.Request().Context(), call.who); err != nil {
				return err
			}
		}
		return next(c)
	}
}

// maxToken is far longer than any access token here, in bytes.
const maxToken = 8 << 10

// bearer takes the token of the one Authorization field, a bearer's (RFC 6750
// section 2.1) or one that is bound to a key (RFC 9449 section 7.1). Another
// scheme is no proof that is understood here, so it counts as none.
func bearer(h http.Header) (string, error) {
	fields := h.Values("Authorization")
	switch {
	case len(fields) == 0:
		return "", fault.New(fault.NotAuthenticated)
	case len(fields) > 1:
		return "", fault.New(fault.InvalidToken)
	}
	scheme, token, _ := strings.Cut(fields[0], " ")
	if !strings.EqualFold(scheme, "bearer") && !strings.EqualFold(scheme, "dpop") {
		return "", fault.New(fault.NotAuthenticated)
	}
	token = strings.TrimLeft(token, " ")
	if len(token) > maxToken || !isToken68(token) {
		return "", fault.New(fault.InvalidToken)
	}
	return token, nil
}

// isToken68 holds RFC 9110 section 11.2.
func isToken68(s string) bool {
	s = strings.TrimRight(s, "=")
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !isAlphanumeric(r) && !strings.ContainsRune("-._~+/", r)
	})
}

// wantsToken tells whether a caller proves with an access token who it is, or
// may.
func (a access) wantsToken() bool {
	return a == signedIn || a == tokenHolder || a == mayBeSignedIn || a == administrator
}

// challenges are the WWW-Authenticate fields of a refusal: on a route that wants
// a token how to present one (RFC 6750 section 3, RFC 9449 section 7.1), and
// wherever a proof was not good what is wrong with it. Where recent proof of the
// user is wanted, it says how recent (RFC 9470 section 3). A route that wants an
// API client says so (RFC 6749 section 5.2).
func (c *call) challenges(err error, f *fault.Error) []string {
	code := f.Code
	if code.Kind() == fault.KindUnproven && c.route.takesProof() {
		return []string{c.proofChallenge(string(code))}
	}
	switch {
	case c.route == nil:
		return nil
	case c.route.access == apiClient && code == fault.InvalidClient:
		return []string{`Basic realm="plinto"`}
	case !c.route.access.wantsToken():
		return nil
	case code == fault.NotAuthenticated:
		return []string{"Bearer", c.proofChallenge("")}
	case code == fault.ReauthenticationRequired:
		lacking := `error="insufficient_user_authentication", max_age=` + strconv.FormatInt(int64(f.MaxAge/time.Second), 10)
		if c.caller.Proof.Presented {
			return []string{"DPoP " + lacking + ", " + c.algorithms()}
		}
		return []string{"Bearer " + lacking}
	case code != fault.InvalidToken:
		return nil
	case c.caller.Proof.Presented || errors.Is(err, proof.ErrBearer):
		return []string{c.proofChallenge("invalid_token")}
	}
	return []string{`Bearer error="invalid_token"`}
}

func (c *call) proofChallenge(reason string) string {
	if reason == "" {
		return "DPoP " + c.algorithms()
	}
	return `DPoP error="` + reason + `", ` + c.algorithms()
}

// algorithms are those that proofs may be signed with, as a parameter of a
// challenge.
func (c *call) algorithms() string {
	return `algs="` + strings.Join(c.server.services.Proofs.Algorithms(), " ") + `"`
}
