package httpapi

import (
	"context"

	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/ports/inbound"
)

// recovery serves inbound.Recovery.
type recovery struct{ service inbound.Recovery }

type forgotJSON struct {
	Email string `json:"email" format:"email" maxLength:"254" example:"ann@example.com"`
}

type resetJSON struct {
	Token       string `json:"token" doc:"What stands in the link of the mail." example:"pmt_AQNg…"`
	NewPassword string `json:"new_password" format:"password" maxLength:"256" example:"another horse, another stable"`
}

func (r recovery) forgot(ctx context.Context, in *request[forgotJSON]) (*none, error) {
	body, wrong, err := in.read()
	if err != nil {
		return nil, err
	}
	cmd := inbound.Forgot{Email: body.Email}
	if err := invalid(wrong, r.service.CheckForgot(cmd)); err != nil {
		return nil, err
	}
	return nil, r.service.Forgot(ctx, callOf(ctx).caller, cmd)
}

func (r recovery) reset(ctx context.Context, in *request[resetJSON]) (*none, error) {
	body, wrong, err := in.read()
	if err != nil {
		return nil, err
	}
	cmd := inbound.Reset{Token: body.Token, New: credential.NewPassword(body.NewPassword)}
	if err := invalid(wrong, r.service.CheckReset(cmd)); err != nil {
		return nil, err
	}
	return nil, r.service.Reset(ctx, callOf(ctx).caller, cmd)
}
