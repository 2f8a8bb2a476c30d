package token

import (
	"errors"
	"slices"
	"time"

	"github.com/plinto/plinto/core/id"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
)

// ID identifies an access token (its jti).
type ID = id.Of[Claims]

// MediaType is the typ header of an access token (RFC 9068 section 2.1).
const MediaType = "at+jwt"

// ClientID is the client_id of tokens that a user got from Plinto's own
// sign-in and not through an OAuth client (RFC 9068 section 2.2 wants one).
const ClientID = "plinto"

// Claims are what an access token says (RFC 9068 section 2.2).
type Claims struct {
	Issuer    string
	Audience  []string
	Subject   user.ID
	ClientID  string
	Session   session.ID
	Tenant    tenant.ID
	ID        ID
	IssuedAt  time.Time
	NotBefore time.Time
	ExpiresAt time.Time
	AuthTime  time.Time
	Methods   []string // amr, RFC 8176
	// KeyThumbprint is of the key that whoever presents the token must prove to
	// hold (cnf with jkt, RFC 9449 section 6.1); empty for a bearer token.
	KeyThumbprint string
}

// ErrInvalid says that an access token is not good: badly signed, out of date,
// or meant for somebody else.
var ErrInvalid = errors.New("invalid access token")

// Issuing is what all access tokens have in common.
type Issuing struct {
	Issuer   string
	Audience []string
	Lifetime time.Duration
}

// Claim makes the claims of a new access token for a session. Jitter, evenly
// drawn from [0,1), moves the expiry by up to five percent either way, so that
// clients which began together do not come back together. Instants are whole
// seconds, as JWT has them.
func (i Issuing) Claim(s session.Session, jti ID, now time.Time, jitter float64) Claims {
	at := now.Truncate(time.Second)
	life := time.Duration(float64(i.Lifetime) * (0.95 + 0.10*jitter)).Truncate(time.Second)
	expiry := at.Add(max(life, time.Second))
	if expiry.After(s.EndsAt) {
		expiry = s.EndsAt.Truncate(time.Second)
	}
	return Claims{
		Issuer: i.Issuer, Audience: i.Audience, Subject: s.User, ClientID: ClientID,
		Session: s.ID, Tenant: s.Tenant, ID: jti,
		IssuedAt: at, NotBefore: at, ExpiresAt: expiry,
		AuthTime: s.AuthenticatedAt.Truncate(time.Second), Methods: s.Methods,
		KeyThumbprint: s.KeyThumbprint,
	}
}

// MaxLifetime is the longest an access token can live.
func (i Issuing) MaxLifetime() time.Duration {
	return max(time.Duration(float64(i.Lifetime)*1.05), time.Second)
}

// Leeway is how far another instance's clock may be ahead of ours.
const Leeway = 5 * time.Second

// Check holds the claims of a well-signed token against the present and
// against whom it is for.
func (i Issuing) Check(c Claims, now time.Time) error {
	switch {
	case c.Issuer != i.Issuer,
		!slices.ContainsFunc(c.Audience, func(a string) bool { return slices.Contains(i.Audience, a) }),
		c.Subject.IsZero(), c.Session.IsZero(), c.Tenant.IsZero(), c.ID.IsZero(),
		c.ExpiresAt.IsZero(), c.IssuedAt.IsZero(),
		!now.Before(c.ExpiresAt),
		// What was revoked is remembered for as long as a token lives now; one
		// from before the lifetime was shortened must not outlive that.
		now.After(c.IssuedAt.Add(i.MaxLifetime() + Leeway)),
		now.Add(Leeway).Before(c.NotBefore),
		now.Add(Leeway).Before(c.IssuedAt):
		return ErrInvalid
	}
	return nil
}
