package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/plinto/plinto/core/user"
)

type userJSON struct {
	ID              string     `json:"id" format:"uuid" example:"019a1b2c-3d4e-7f50-8a6b-7c8d9e0f1a2b"`
	Email           string     `json:"email" example:"ann@example.com"`
	EmailVerified   bool       `json:"email_verified"`
	Username        string     `json:"username,omitempty" example:"ann"`
	FirstName       *string    `json:"first_name,omitempty" nullable:"false" example:"Ann"`
	LastName        *string    `json:"last_name,omitempty" nullable:"false" example:"Lee"`
	DisplayName     *string    `json:"display_name,omitempty" nullable:"false"`
	ProfileImageURL *string    `json:"profile_image_url,omitempty" nullable:"false"`
	PhoneNumber     *string    `json:"phone_number,omitempty" nullable:"false"`
	Timezone        *string    `json:"timezone,omitempty" nullable:"false" example:"Europe/Vienna"`
	Locale          *string    `json:"locale,omitempty" nullable:"false" example:"de-AT"`
	Status          string     `json:"status" enum:"active,inactive,suspended,deleted"`
	Metadata        jsonObject `json:"user_metadata"`
	Administrator   bool       `json:"administrator,omitempty" doc:"True for those who look after the others, and absent otherwise. Only an operator changes it."`
	CreatedAt       instant    `json:"created_at"`
	UpdatedAt       instant    `json:"updated_at"`
	LastSignInAt    *instant   `json:"last_sign_in_at,omitempty"`
}

func newUserJSON(u user.User) (userJSON, error) {
	if !json.Valid(u.Metadata) {
		return userJSON{}, fmt.Errorf("user %s: metadata is not JSON", u.ID)
	}
	return userJSON{
		ID: u.ID.String(), Email: u.Email.String(), EmailVerified: u.EmailVerified, Username: u.Username.String(),
		FirstName: u.Profile.FirstName, LastName: u.Profile.LastName, DisplayName: u.Profile.DisplayName,
		ProfileImageURL: u.Profile.ImageURL, PhoneNumber: u.Profile.PhoneNumber,
		Timezone: u.Profile.Timezone, Locale: u.Profile.Locale,
		Status: string(u.Status), Metadata: jsonObject(u.Metadata), Administrator: u.Administrator,
		CreatedAt: instant(u.CreatedAt), UpdatedAt: instant(u.UpdatedAt), LastSignInAt: newInstant(u.LastSignInAt),
	}, nil
}

func (a accounts) me(ctx context.Context, _ *none) (*tagged[userJSON], error) {
	return answerUser(ctx)(a.service.Me(ctx, callOf(ctx).who))
}

// instant is a time on the wire: RFC 3339 in UTC with at most microseconds.
type instant time.Time

func newInstant(t *time.Time) *instant {
	if t == nil {
		return nil
	}
	i := instant(*t)
	return &i
}

// MarshalText writes the instant.
func (i instant) MarshalText() ([]byte, error) {
	return []byte(time.Time(i).UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano)), nil
}

// Schema documents the instant.
func (instant) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeString, Format: "date-time", Description: "UTC, to the microsecond at most.",
		Examples: []any{"2026-01-02T03:04:05.000006Z"},
	}
}

// jsonObject is an object that belongs to the application, passed on as it is.
type jsonObject json.RawMessage

// MarshalJSON passes the object on.
func (o jsonObject) MarshalJSON() ([]byte, error) { return o, nil }

// Schema documents the object.
func (jsonObject) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, Description: "Data of the application.", AdditionalProperties: true}
}
