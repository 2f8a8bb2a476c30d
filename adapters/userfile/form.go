package userfile

import (
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/plinto/plinto/ports/inbound"
)

// line is what stands on one.
type line struct {
	ID            string         `json:"id,omitzero"`
	Email         string         `json:"email,omitzero"`
	EmailVerified bool           `json:"email_verified,omitzero"`
	Username      string         `json:"username,omitzero"`
	FirstName     string         `json:"first_name,omitzero"`
	LastName      string         `json:"last_name,omitzero"`
	DisplayName   string         `json:"display_name,omitzero"`
	ImageURL      string         `json:"profile_image_url,omitzero"`
	PhoneNumber   string         `json:"phone_number,omitzero"`
	Timezone      string         `json:"timezone,omitzero"`
	Locale        string         `json:"locale,omitzero"`
	Metadata      jsontext.Value `json:"user_metadata,omitzero"`
	Status        string         `json:"status,omitzero"`
	CreatedAt     string         `json:"created_at,omitzero"`
	UpdatedAt     string         `json:"updated_at,omitzero"`
	LastSignInAt  string         `json:"last_sign_in_at,omitzero"`
	PasswordHash  string         `json:"password_hash,omitzero"`
	Firebase      *firebase      `json:"firebase,omitzero"`
	Project       *project       `json:"firebase_project,omitzero"`
}

// firebase is what Firebase exports of a user's password.
type firebase struct {
	Hash string `json:"hash"`
	Salt string `json:"salt"`
}

// project is what Firebase tells of a project's passwords.
type project struct {
	SignerKey     string `json:"signer_key"`
	SaltSeparator string `json:"salt_separator"`
	Rounds        int    `json:"rounds"`
	MemoryCost    int    `json:"mem_cost"`
}

// hash puts the two together. Firebase writes base64 in either alphabet.
func (p project) hash(of firebase) string {
	standard := strings.NewReplacer("-", "+", "_", "/").Replace
	return fmt.Sprintf("$fbscrypt$v=1,n=%d,r=%d,p=1,ss=%s,sk=%s$%s$%s",
		p.MemoryCost, p.Rounds, standard(p.SaltSeparator), standard(p.SignerKey), standard(of.Salt), standard(of.Hash))
}

func (l line) record() inbound.UserRecord {
	return inbound.UserRecord{
		ID: l.ID, Email: l.Email, EmailVerified: l.EmailVerified, Username: l.Username, FirstName: l.FirstName, LastName: l.LastName,
		DisplayName: l.DisplayName, ImageURL: l.ImageURL, PhoneNumber: l.PhoneNumber, Timezone: l.Timezone, Locale: l.Locale,
		Metadata: string(l.Metadata), Status: l.Status, CreatedAt: l.CreatedAt, UpdatedAt: l.UpdatedAt, LastSignInAt: l.LastSignInAt,
		PasswordHash: l.PasswordHash,
	}
}

func lineOf(r inbound.UserRecord) line {
	var metadata jsontext.Value // none is left out, an empty one would be no JSON
	if r.Metadata != "" {
		metadata = jsontext.Value(r.Metadata)
	}
	return line{
		ID: r.ID, Email: r.Email, EmailVerified: r.EmailVerified, Username: r.Username, FirstName: r.FirstName, LastName: r.LastName,
		DisplayName: r.DisplayName, ImageURL: r.ImageURL, PhoneNumber: r.PhoneNumber, Timezone: r.Timezone, Locale: r.Locale,
		Metadata: metadata, Status: r.Status, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, LastSignInAt: r.LastSignInAt,
		PasswordHash: r.PasswordHash,
	}
}
