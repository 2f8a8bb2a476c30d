package httpapi

import (
	"context"
	"time"

	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/ports/inbound"
)

// passwords serves inbound.Passwords.
type passwords struct{ service inbound.Passwords }

type reauthenticateJSON struct {
	Password string `json:"password" format:"password" example:"correct horse battery staple"`
}

type accessTokenJSON struct {
	AccessToken string `json:"access_token" doc:"A JSON Web Token (RFC 9068) whose auth_time is now." example:"eyJhbGciOiJSUzI1NiJ9…"`
	TokenType   string `json:"token_type" enum:"bearer,DPoP" doc:"DPoP when the session is bound to a key (RFC 9449 section 5)."`
	ExpiresIn   int64  `json:"expires_in" doc:"The access token's life, in seconds." example:"900"`
}

type passwordChangeJSON struct {
	CurrentPassword string `json:"current_password" format:"password" example:"correct horse battery staple"`
	NewPassword     string `json:"new_password" format:"password" maxLength:"256" example:"another horse, another stable"`
}

func (p passwords) reauthenticate(ctx context.Context, in *request[reauthenticateJSON]) (*answer[accessTokenJSON], error) {
	body, wrong, err := in.read()
	if err != nil {
		return nil, err
	}
	cmd := inbound.Reauthentication{Password: credential.NewPassword(body.Password)}
	if err := invalid(wrong, p.service.CheckReauthentication(cmd)); err != nil {
		return nil, err
	}
	call := callOf(ctx)
	token, err := p.service.Reauthenticate(ctx, call.caller, call.who, cmd)
	if err != nil {
		return nil, err
	}
	return &answer[accessTokenJSON]{accessTokenJSON{
		AccessToken: token.Text, TokenType: tokenType(token.KeyBound), ExpiresIn: int64(token.ExpiresIn / time.Second),
	}}, nil
}

func (p passwords) change(ctx context.Context, in *request[passwordChangeJSON]) (*none, error) {
	body, wrong, err := in.read()
	if err != nil {
		return nil, err
	}
	cmd := inbound.PasswordChange{Current: credential.NewPassword(body.CurrentPassword), New: credential.NewPassword(body.NewPassword)}
	if err := invalid(wrong, p.service.CheckChange(cmd)); err != nil {
		return nil, err
	}
	call := callOf(ctx)
	return nil, p.service.Change(ctx, call.caller, call.who, cmd)
}
