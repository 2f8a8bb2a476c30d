package httpapi

import (
	"context"

	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
)

// profiles serves inbound.Profiles.
type profiles struct{ service inbound.Profiles }

type profileUpdateJSON struct {
	Username        textEdit   `json:"username,omitempty" minLength:"3" maxLength:"50" pattern:"^[A-Za-z0-9_-]+$" example:"ann"`
	FirstName       textEdit   `json:"first_name,omitempty" maxLength:"100" example:"Ann"`
	LastName        textEdit   `json:"last_name,omitempty" maxLength:"100" example:"Lee"`
	DisplayName     textEdit   `json:"display_name,omitempty" maxLength:"100"`
	ProfileImageURL textEdit   `json:"profile_image_url,omitempty" format:"uri" maxLength:"2048" doc:"By http or https, in ASCII. It is never fetched."`
	PhoneNumber     textEdit   `json:"phone_number,omitempty" pattern:"^\\+[1-9][0-9]{6,14}$" doc:"E.164." example:"+351912345678"`
	Timezone        textEdit   `json:"timezone,omitempty" doc:"A name of the IANA time zone database." example:"Europe/Vienna"`
	Locale          textEdit   `json:"locale,omitempty" maxLength:"35" doc:"A language tag (BCP 47); it is kept in its usual case." example:"de-AT"`
	Metadata        objectEdit `json:"user_metadata,omitempty" doc:"Its members take the place of those of the same names, whole; null removes one. At most 16384 bytes together and 8 levels deep."`
}

func (p profileUpdateJSON) edits() user.Edits {
	return user.Edits{
		Username: p.Username.Edit, FirstName: p.FirstName.Edit, LastName: p.LastName.Edit, DisplayName: p.DisplayName.Edit,
		ImageURL: p.ProfileImageURL.Edit, PhoneNumber: p.PhoneNumber.Edit, Timezone: p.Timezone.Edit, Locale: p.Locale.Edit,
		Metadata: p.Metadata.Edit,
	}
}

type erasureJSON struct {
	Password *string `json:"password,omitempty" nullable:"true" format:"password" doc:"Required when the account has one." example:"correct horse battery staple"`
}

// notTheirs are the fields of an account that its user does not set.
var notTheirs = []string{
	"id", "email", "email_verified", "status", "created_at", "updated_at", "last_sign_in_at", "password", "administrator", "admin", "roles", "revision",
}

func (p profiles) update(ctx context.Context, in *request[profileUpdateJSON]) (*tagged[userJSON], error) {
	body, wrong, err := in.read()
	if err != nil {
		return nil, err
	}
	call := callOf(ctx)
	cmd := inbound.ProfileUpdate{
		Edits: body.edits(),
		Match: call.expectedRevisions(call.who.User),
	}
	if err := invalid(notToSet(wrong, notTheirs...), p.service.CheckUpdate(cmd)); err != nil {
		return nil, err
	}
	return answerUser(ctx)(p.service.Update(ctx, call.caller, call.who, cmd))
}

// answerUser answers an account with its tag.
func answerUser(ctx context.Context) func(user.User, error) (*tagged[userJSON], error) {
	return func(found user.User, err error) (*tagged[userJSON], error) {
		if err != nil {
			return nil, err
		}
		u, err := newUserJSON(found)
		if err != nil {
			return nil, err
		}
		return newTagged(ctx, userTag(found), u), nil
	}
}

func (p profiles) erase(ctx context.Context, in *request[erasureJSON]) (*none, error) {
	body, wrong, err := in.read()
	if err != nil {
		return nil, err
	}
	call := callOf(ctx)
	cmd := inbound.Erasure{Password: credential.NewPassword(value(body.Password)), Match: call.expectedRevisions(call.who.User)}
	if err := invalid(wrong, p.service.CheckErasure(cmd)); err != nil {
		return nil, err
	}
	return nil, p.service.Erase(ctx, call.caller, call.who, cmd)
}
