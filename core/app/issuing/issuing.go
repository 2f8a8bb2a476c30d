// Package issuing makes sessions and their tokens for the use cases that let
// somebody in or on. It stores nothing.
package issuing

import (
	"fmt"
	"time"

	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// Issuer makes sessions and tokens.
type Issuer struct {
	World   outbound.World
	Keyring *token.Keyring
	Claims  token.Issuing
	Life    session.Lifetime
}

// Password is how a password proves its user (RFC 8176 section 2).
const Password = "pwd"

// MailedLink is how a link in a mail proves its user. RFC 8176 has no word for
// it: "otp" is a password of a generator, and would be taken for a second factor.
const MailedLink = "email"

// Open makes a session for a user, and its first refresh token. The session is
// bound to the key with this thumbprint; empty binds it to none.
func (i *Issuer) Open(caller inbound.Caller, owner user.ID, thumbprint string, now time.Time, methods ...string) (session.Session, token.Refresh) {
	id := session.ID(i.World.Identifiers.New())
	first := i.Keyring.First(id, i.World.Random.Secret())
	return session.New(session.Opening{
		Tenant: caller.Tenant, ID: id, User: owner, Address: caller.Address, UserAgent: caller.UserAgent,
		Device: i.World.Devices.Identify(caller.UserAgent, caller.Hints), Methods: methods, SecretHash: first.Hash(),
		KeyThumbprint: thumbprint,
	}, i.Life, now), first
}

// Tokens makes the pair that a client goes on with: the refresh token given,
// and a fresh access token.
func (i *Issuer) Tokens(s session.Session, refresh token.Refresh, now time.Time) (inbound.TokenPair, error) {
	access, err := i.Access(s, now)
	if err != nil {
		return inbound.TokenPair{}, err
	}
	return inbound.TokenPair{Access: access.Text, Refresh: i.Keyring.Encode(refresh), ExpiresIn: access.ExpiresIn, KeyBound: access.KeyBound}, nil
}

// Access makes a fresh access token.
func (i *Issuer) Access(s session.Session, now time.Time) (inbound.AccessToken, error) {
	claims := i.Claims.Claim(s, token.ID(i.World.Identifiers.New()), now, i.World.Random.Fraction())
	text, err := i.World.Signer.Sign(claims)
	if err != nil {
		return inbound.AccessToken{}, fmt.Errorf("sign access token: %w", err)
	}
	return inbound.AccessToken{
		Text:      text,
		ExpiresIn: max(claims.ExpiresAt.Sub(now).Truncate(time.Second), 0),
		KeyBound:  s.KeyThumbprint != "",
	}, nil
}
