package httpapi

import (
	"context"

	"github.com/plinto/plinto/ports/inbound"
)

// magicLinks serves inbound.MagicLinks.
type magicLinks struct{ service inbound.MagicLinks }

type magicLinkJSON struct {
	Email       string  `json:"email" format:"email" maxLength:"254" example:"ann@example.com"`
	RedirectURL *string `json:"redirect_url,omitempty" nullable:"true" format:"uri" doc:"Where the link leads on to. One of those that are allowed here, to the letter." example:"https://app.example.com/welcome"`
}

type magicSignInJSON struct {
	User        userJSON          `json:"user"`
	Tokens      tokensJSON        `json:"tokens"`
	Session     sessionHandleJSON `json:"session"`
	DeviceToken string            `json:"device_token" doc:"Keep it on this device, beyond the sign-out, and show it at the next sign-in. It lets nobody in." example:"pdt_AZGy…"`
	RedirectURL string            `json:"redirect_url,omitempty" doc:"The one that the link was asked for with." example:"https://app.example.com/welcome"`
}

func (m magicLinks) request(ctx context.Context, in *request[magicLinkJSON]) (*none, error) {
	body, wrong, err := in.read()
	if err != nil {
		return nil, err
	}
	cmd := inbound.MagicLink{Email: body.Email, Redirect: value(body.RedirectURL)}
	if err := invalid(wrong, m.service.CheckRequest(cmd)); err != nil {
		return nil, err
	}
	return nil, m.service.Request(ctx, callOf(ctx).caller, cmd)
}

func (m magicLinks) signIn(ctx context.Context, in *request[mailedTokenJSON]) (*answer[magicSignInJSON], error) {
	body, wrong, err := in.read()
	if err != nil {
		return nil, err
	}
	cmd := inbound.MailedToken{Token: body.Token}
	if err := invalid(wrong, m.service.CheckSignIn(cmd)); err != nil {
		return nil, err
	}
	signedIn, redirect, err := m.service.SignIn(ctx, callOf(ctx).caller, cmd)
	entered, err := enter(signedIn, err)
	if err != nil {
		return nil, err
	}
	e := entered.Body
	return &answer[magicSignInJSON]{magicSignInJSON{User: e.User, Tokens: e.Tokens, Session: e.Session, DeviceToken: e.DeviceToken, RedirectURL: redirect}}, nil
}
