package httpapi

import (
	"context"

	"github.com/plinto/plinto/ports/inbound"
)

// addresses serves inbound.Addresses.
type addresses struct{ service inbound.Addresses }

type mailedTokenJSON struct {
	Token string `json:"token" doc:"What stands in the link of the mail." example:"pmt_AQFg…"`
}

type addressChangeJSON struct {
	NewEmail string `json:"new_email" format:"email" maxLength:"254" example:"ann@elsewhere.example"`
}

func (a addresses) verify(ctx context.Context, in *request[mailedTokenJSON]) (*none, error) {
	return a.redeem(ctx, in, a.service.Verify)
}

func (a addresses) confirm(ctx context.Context, in *request[mailedTokenJSON]) (*none, error) {
	return a.redeem(ctx, in, a.service.Confirm)
}

// redeem gives a token to the use case that it is for.
func (a addresses) redeem(
	ctx context.Context, in *request[mailedTokenJSON], use func(context.Context, inbound.Caller, inbound.Principal, inbound.MailedToken) error,
) (*none, error) {
	body, wrong, err := in.read()
	if err != nil {
		return nil, err
	}
	cmd := inbound.MailedToken{Token: body.Token}
	if err := invalid(wrong, a.service.CheckToken(cmd)); err != nil {
		return nil, err
	}
	call := callOf(ctx)
	return nil, use(ctx, call.caller, call.who, cmd)
}

func (a addresses) resend(ctx context.Context, _ *none) (*none, error) {
	call := callOf(ctx)
	return nil, a.service.Resend(ctx, call.caller, call.who)
}

func (a addresses) change(ctx context.Context, in *request[addressChangeJSON]) (*none, error) {
	body, wrong, err := in.read()
	if err != nil {
		return nil, err
	}
	cmd := inbound.AddressChange{NewEmail: body.NewEmail}
	if err := invalid(wrong, a.service.CheckChange(cmd)); err != nil {
		return nil, err
	}
	call := callOf(ctx)
	return nil, a.service.Change(ctx, call.caller, call.who, cmd)
}
