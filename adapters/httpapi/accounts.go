package httpapi

import (
	"context"
	"net/http"

	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/ports/inbound"
)

// accounts serves inbound.Accounts.
type accounts struct{ service inbound.Accounts }

type signUpJSON struct {
	Email     string  `json:"email" format:"email" maxLength:"254" example:"ann@example.com"`
	Password  string  `json:"password" format:"password" maxLength:"256" example:"correct horse battery staple"`
	Username  *string `json:"username,omitempty" nullable:"true" minLength:"3" maxLength:"50" pattern:"^[A-Za-z0-9_-]+$" example:"ann"`
	FirstName *string `json:"first_name,omitempty" nullable:"true" maxLength:"100" example:"Ann"`
	LastName  *string `json:"last_name,omitempty" nullable:"true" maxLength:"100" example:"Lee"`
}

type signInJSON struct {
	Email    *string `json:"email,omitempty" nullable:"true" doc:"Either this or username." example:"ann@example.com"`
	Username *string `json:"username,omitempty" nullable:"true" doc:"Either this or email."`
	Password string  `json:"password" format:"password" example:"correct horse battery staple"`
	// DeviceToken is no secret that lets anybody in.
	DeviceToken *string `json:"device_token,omitempty" nullable:"true" doc:"The device_token of an earlier sign-in by this client, to be known again: then nobody else's wrong passwords keep it waiting. One that is not good any more is passed over." example:"pdt_AZGy…"`
}

type signedInJSON struct {
	User        userJSON          `json:"user"`
	Tokens      tokensJSON        `json:"tokens"`
	Session     sessionHandleJSON `json:"session"`
	DeviceToken string            `json:"device_token" doc:"Keep it on this device, beyond the sign-out, and show it at the next sign-in. It lets nobody in." example:"pdt_AZGy…"`
}

type sessionHandleJSON struct {
	ID        string  `json:"id" format:"uuid" example:"019a1b2c-3d4e-7f50-8a6b-7c8d9e0f1a2b"`
	ExpiresAt instant `json:"expires_at"`
}

// signUpRoute is one of two: where sign-ups are hidden nobody is signed in, and
// the answer says nothing.
func (s *Server) signUpRoute(a accounts) route {
	r := route{
		method: post, path: "/api/v1/auth/signup", id: "signUp", tag: "Authentication",
		summary: "Make an account and sign in", success: http.StatusCreated, admission: countedByUseCase, binds: true, idempotent: true,
		aliases: []alias{{path: "/api/v1/auth/register", id: "register"}}, serve: bodyHandler(a.signUp),
		faults: []fault.Code{fault.EmailTaken, fault.UsernameTaken, fault.SignupsDisabled, fault.Overloaded},
	}
	if s.opts.HiddenSignUps {
		r.summary = "Make an account, unless the address has one, and have a mail tell its mailbox which"
		r.success, r.serve, r.binds = http.StatusAccepted, bodyHandler(a.signUpQuietly), false
		r.faults = []fault.Code{fault.UsernameTaken, fault.SignupsDisabled, fault.MailDisabled, fault.Overloaded}
	}
	return r
}

func (a accounts) signUp(ctx context.Context, in *request[signUpJSON]) (*answer[signedInJSON], error) {
	return enter(a.register(ctx, in))
}

func (a accounts) register(ctx context.Context, in *request[signUpJSON]) (inbound.SignedIn, error) {
	body, wrong, err := in.read()
	if err != nil {
		return inbound.SignedIn{}, err
	}
	cmd := inbound.SignUp{
		Email: body.Email, Password: credential.NewPassword(body.Password),
		Username: value(body.Username), FirstName: value(body.FirstName), LastName: value(body.LastName),
	}
	if err := invalid(wrong, a.service.CheckSignUp(cmd)); err != nil {
		return inbound.SignedIn{}, err
	}
	up, err := a.service.SignUp(ctx, callOf(ctx).caller, cmd)
	callOf(ctx).concerns = up.User.ID
	return up, err
}

func (a accounts) signIn(ctx context.Context, in *request[signInJSON]) (*answer[signedInJSON], error) {
	body, wrong, err := in.read()
	if err != nil {
		return nil, err
	}
	cmd := inbound.SignIn{Email: value(body.Email), Username: value(body.Username), Password: credential.NewPassword(body.Password), DeviceToken: value(body.DeviceToken)}
	if err := invalid(wrong, a.service.CheckSignIn(cmd)); err != nil {
		return nil, err
	}
	return enter(a.service.SignIn(ctx, callOf(ctx).caller, cmd))
}

// signUpQuietly answers the same whether or not there is an account.
func (a accounts) signUpQuietly(ctx context.Context, in *request[signUpJSON]) (*none, error) {
	_, err := a.register(ctx, in)
	return nil, err
}

// enter answers a sign-in.
func enter(in inbound.SignedIn, err error) (*answer[signedInJSON], error) {
	if err != nil {
		return nil, err
	}
	u, err := newUserJSON(in.User)
	if err != nil {
		return nil, err
	}
	return &answer[signedInJSON]{signedInJSON{
		User: u, Tokens: newTokensJSON(in.Tokens),
		Session:     sessionHandleJSON{ID: in.Session.ID.String(), ExpiresAt: instant(in.Session.ExpiresAt)},
		DeviceToken: in.DeviceToken,
	}}, nil
}

// value gives what an optional text says; empty when it is absent.
func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
