// Package introspection tells other services what a token is good for, by the
// store as it is at that moment.
package introspection

import (
	"context"
	"errors"
	"strings"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/app/issuing"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// Service implements inbound.Introspection.
type Service struct {
	world   outbound.World
	issuer  *issuing.Issuer
	verify  Verifier
	revoked Revoked
}

var _ inbound.Introspection = (*Service)(nil)

// Verifier checks the signature of an access token. Its only refusal is
// token.ErrInvalid.
type Verifier interface {
	Verify(ctx context.Context, accessToken string) (token.Claims, error)
}

// Revoked knows access tokens that are bad before they expire.
type Revoked interface {
	// Current makes up for a feed that is behind; true when it had to ask, and
	// what was verified before is to be verified again.
	Current(ctx context.Context) (asked bool, err error)
	// Refuses asks nobody.
	Refuses(c token.Claims) bool
}

// New makes a Service.
func New(w outbound.World, i *issuing.Issuer, v Verifier, r Revoked) *Service {
	return &Service{world: w, issuer: i, verify: v, revoked: r}
}

// Introspect implements inbound.Introspection. The form of a token says which
// of the two it is, so a hint would help nobody. What is signed wrongly reaches
// no store, and anything else asks it once, or twice while the feed is behind.
func (s *Service) Introspect(ctx context.Context, t tenant.ID, text string) (inbound.Introspected, error) {
	look := s.access
	if strings.HasPrefix(text, token.Prefix) {
		look = s.refresh
	}
	told, err := look(ctx, t, text)
	if errors.Is(err, token.ErrInvalid) || errors.Is(err, token.ErrForged) || errors.Is(err, outbound.ErrNotFound) {
		return inbound.Introspected{}, nil
	}
	return told, failure.Of(err)
}

func (s *Service) access(ctx context.Context, t tenant.ID, text string) (inbound.Introspected, error) {
	c, err := s.verify.Verify(ctx, text)
	if err != nil {
		return inbound.Introspected{}, err
	}
	if asked, err := s.revoked.Current(ctx); err != nil {
		return inbound.Introspected{}, err
	} else if asked {
		if c, err = s.verify.Verify(ctx, text); err != nil {
			return inbound.Introspected{}, err
		}
	}
	now := s.world.Clock.Now()
	if err := s.issuer.Claims.Check(c, now); err != nil {
		return inbound.Introspected{}, err
	}
	if c.Tenant != t || s.revoked.Refuses(c) {
		return inbound.Introspected{}, token.ErrInvalid
	}
	found, owner, err := s.world.Store.Sessions().WithUser(ctx, t, c.Session)
	if err != nil {
		return inbound.Introspected{}, err
	}
	if !found.Live(now, s.issuer.Life) || !owner.Status.MayAct() || owner.ID != c.Subject {
		return inbound.Introspected{}, token.ErrInvalid
	}
	return inbound.Introspected{
		Active: true, Kind: inbound.OfAccess, Issuer: c.Issuer, Audience: c.Audience, ClientID: c.ClientID,
		Subject: c.Subject, Username: owner.Username.String(), Session: c.Session, Tenant: c.Tenant, ID: c.ID,
		IssuedAt: c.IssuedAt, NotBefore: c.NotBefore, ExpiresAt: c.ExpiresAt, AuthTime: c.AuthTime, Methods: c.Methods,
		KeyThumbprint: c.KeyThumbprint,
	}, nil
}

// refresh tells of a refresh token only when it is the one that its session
// would move on from. One that was used already is not good, also within the
// grace: whether it would be repeated is for nobody but its holder to learn.
func (s *Service) refresh(ctx context.Context, t tenant.ID, text string) (inbound.Introspected, error) {
	r, err := s.issuer.Keyring.Parse(text)
	if err != nil {
		return inbound.Introspected{}, err
	}
	if _, err := s.revoked.Current(ctx); err != nil {
		return inbound.Introspected{}, err
	}
	// Of a session that is about to be ended with all others nothing is good
	// any more, though its row does not say so yet.
	if s.revoked.Refuses(token.Claims{Session: r.Session}) {
		return inbound.Introspected{}, token.ErrInvalid
	}
	found, owner, err := s.world.Store.Sessions().WithUser(ctx, t, r.Session)
	if err != nil {
		return inbound.Introspected{}, err
	}
	const noGrace = 0
	presented := s.issuer.Keyring.Present(r)
	presented.KeyThumbprint = found.KeyThumbprint // as its holder would; the answer names the key
	if token.Judge(presented, found, owner.Status.MayAct(), s.world.Clock.Now(), s.issuer.Life, noGrace) != token.Rotate {
		return inbound.Introspected{}, token.ErrInvalid
	}
	return inbound.Introspected{
		Active: true, Kind: inbound.OfRefresh, Issuer: s.issuer.Claims.Issuer, Audience: s.issuer.Claims.Audience, ClientID: token.ClientID,
		Subject: owner.ID, Username: owner.Username.String(), Session: found.ID, Tenant: found.Tenant,
		IssuedAt: found.Rotation.RotatedAt, ExpiresAt: found.ExpiresAt, AuthTime: found.AuthenticatedAt, Methods: found.Methods,
		KeyThumbprint: found.KeyThumbprint,
	}, nil
}
