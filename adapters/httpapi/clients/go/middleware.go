package plinto

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
)

type claimsKey struct{}

// FromContext gives the claims of the token that Require has accepted; false
// outside of it.
func FromContext(ctx context.Context) (Claims, bool) {
	c, ok := ctx.Value(claimsKey{}).(Claims)
	return c, ok
}

// Require lets a request through to next when it brings a good access token,
// whose claims are then in its context. Otherwise it answers 401 with a
// challenge (RFC 6750 section 3), or 503 when it cannot be known whether the
// token is good.
func (v *Verifier) Require(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, token, found := credential(r.Header)
		if !found {
			v.refuse(w, r, scheme, "not_authenticated", nil)
			return
		}
		c, err := v.verify(r.Context(), token)
		if err == nil {
			err = v.proven(r, scheme, token, c)
		}
		if err != nil {
			v.refuse(w, r, scheme, "invalid_token", err)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), claimsKey{}, c)))
	})
}

// The schemes of a token.
const (
	bearer = "bearer"
	dpop   = "dpop"
)

// credential takes the token of the one Authorization field. Another scheme is
// no proof that is understood here, so it counts as none.
func credential(h http.Header) (scheme, token string, found bool) {
	fields := h.Values("Authorization")
	if len(fields) != 1 {
		return "", "", false
	}
	scheme, token, _ = strings.Cut(fields[0], " ")
	scheme = strings.ToLower(scheme)
	return scheme, strings.TrimSpace(token), scheme == bearer || scheme == dpop
}

// proven holds the scheme of a token against what it is bound to: a bound one is
// never good as a bearer's (RFC 9449 section 7.2), nor an unbound one with a
// proof.
func (v *Verifier) proven(r *http.Request, scheme, token string, c Claims) error {
	switch {
	case !c.bound && scheme == bearer:
		return nil
	case !c.bound:
		return ErrInvalidToken
	case scheme != dpop || v.options.CheckProof == nil || c.KeyThumbprint == "":
		return errors.Join(ErrInvalidToken, ErrKeyBound)
	}
	if err := v.options.CheckProof(r, token, c); err != nil {
		return errors.Join(ErrInvalidToken, err)
	}
	return nil
}

// refuse answers a request that is not let through. It says nothing of why.
func (v *Verifier) refuse(w http.ResponseWriter, r *http.Request, scheme, code string, err error) {
	status, message := http.StatusUnauthorized, "A good access token is required."
	challenge := `Bearer error="invalid_token"`
	if errors.Is(err, ErrKeyBound) || v.options.CheckProof != nil && scheme == dpop {
		challenge = `DPoP error="invalid_token"`
	}
	switch {
	case err == nil:
		challenge = "Bearer"
	case !errors.Is(err, ErrInvalidToken):
		status, code, message, challenge = http.StatusServiceUnavailable, "service_unavailable", "The access token cannot be checked right now. Try again shortly.", ""
		v.options.Log.WarnContext(r.Context(), "a token cannot be checked", slog.Any("error", err))
		w.Header().Set("Retry-After", "1")
	}
	if challenge != "" {
		w.Header().Set("WWW-Authenticate", challenge)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]string{"code": code, "message": message}})
}
