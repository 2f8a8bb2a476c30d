package plinto

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const introspectPath = "/api/v1/auth/introspect"

// introspectTime bounds a question about a token.
const introspectTime = 5 * time.Second

// introspect asks Plinto whether a token that looks good is so (RFC 7662).
func (v *Verifier) introspect(ctx context.Context, accessToken string, c Claims) error {
	ctx, cancel := context.WithTimeout(ctx, introspectTime)
	defer cancel()
	form := url.Values{"token": {accessToken}, "token_type_hint": {"access_token"}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, v.options.BaseURL+introspectPath, strings.NewReader(form.Encode()))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrIntrospection, err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	v.authorize(request)
	response, err := v.options.HTTP.Do(request)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrIntrospection, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%w: status %d", ErrIntrospection, response.StatusCode)
	}
	var told struct {
		Active    bool   `json:"active"`
		TokenType string `json:"token_type"`
		Subject   string `json:"sub"`
		Session   string `json:"sid"`
		ID        string `json:"jti"`
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, maxAnswer)).Decode(&told); err != nil {
		return fmt.Errorf("%w: %w", ErrIntrospection, err)
	}
	if !told.Active || told.TokenType == "" || told.Subject != c.Subject || told.Session != c.Session || told.ID != c.ID {
		return fmt.Errorf("%w: %w", ErrInvalidToken, ErrRevoked)
	}
	return nil
}

// authorize adds the client's credential, each part form-encoded (RFC 6749
// section 2.3.1).
func (v *Verifier) authorize(r *http.Request) {
	r.SetBasicAuth(url.QueryEscape(v.options.ClientID), url.QueryEscape(v.options.ClientSecret))
}
