package httpapi

import (
	"context"

	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/ports/inbound"
)

// invitations serves inbound.Invitations.
type invitations struct{ service inbound.Invitations }

type acceptanceJSON struct {
	Token       string `json:"token" doc:"What stands in the link of the mail." example:"pmt_AQVg…"`
	NewPassword string `json:"new_password" format:"password" maxLength:"256" example:"correct horse battery staple"`
}

func (i invitations) accept(ctx context.Context, in *request[acceptanceJSON]) (*answer[signedInJSON], error) {
	body, wrong, err := in.read()
	if err != nil {
		return nil, err
	}
	cmd := inbound.Acceptance{Token: body.Token, New: credential.NewPassword(body.NewPassword)}
	if err := invalid(wrong, i.service.CheckAccept(cmd)); err != nil {
		return nil, err
	}
	return enter(i.service.Accept(ctx, callOf(ctx).caller, cmd))
}
