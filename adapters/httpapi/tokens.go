package httpapi

import (
	"context"
	"time"

	"github.com/plinto/plinto/ports/inbound"
)

// tokens serves inbound.Tokens.
type tokens struct{ service inbound.Tokens }

type refreshJSON struct {
	RefreshToken string `json:"refresh_token" example:"prt_AQ…"`
}

type tokensJSON struct {
	AccessToken  string `json:"access_token" doc:"A JSON Web Token (RFC 9068)." example:"eyJhbGciOiJSUzI1NiJ9…"`
	RefreshToken string `json:"refresh_token" doc:"Opaque. Good once, for the next pair." example:"prt_AQ…"`
	TokenType    string `json:"token_type" enum:"bearer,DPoP" doc:"DPoP when the tokens are bound to the key of the proof that came with the request (RFC 9449 section 5)."`
	ExpiresIn    int64  `json:"expires_in" doc:"The access token's life, in seconds." example:"900"`
}

func newTokensJSON(p inbound.TokenPair) tokensJSON {
	return tokensJSON{
		AccessToken: p.Access, RefreshToken: p.Refresh, TokenType: tokenType(p.KeyBound),
		ExpiresIn: int64(p.ExpiresIn / time.Second),
	}
}

// tokenType is how an access token is presented (RFC 9449 section 5).
func tokenType(keyBound bool) string {
	if keyBound {
		return "DPoP"
	}
	return "bearer"
}

func (t tokens) refresh(ctx context.Context, in *request[refreshJSON]) (*answer[tokensJSON], error) {
	body, wrong, err := in.read()
	if err != nil {
		return nil, err
	}
	if err := invalid(wrong, nil); err != nil {
		return nil, err
	}
	pair, err := t.service.Refresh(ctx, callOf(ctx).caller, body.RefreshToken)
	if err != nil {
		return nil, err
	}
	return &answer[tokensJSON]{newTokensJSON(pair)}, nil
}

func (t tokens) signOut(ctx context.Context, _ *none) (*none, error) {
	call := callOf(ctx)
	return nil, t.service.SignOut(ctx, call.caller, call.token)
}
