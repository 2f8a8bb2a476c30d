// Package tokens looks after the tokens of sessions: it tells whom an access
// token stands for, moves refresh tokens on, and ends sessions by their tokens.
package tokens

import (
	"context"
	"errors"
	"time"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/app/guard"
	"github.com/plinto/plinto/core/app/issuing"
	"github.com/plinto/plinto/core/app/proofs"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// Service implements inbound.Tokens.
type Service struct {
	world   outbound.World
	issuer  *issuing.Issuer
	guard   *guard.Guard
	proofs  *proofs.Service
	verify  Verifier
	revoked Revoked
	used    Used
	grace   time.Duration
}

var _ inbound.Tokens = (*Service)(nil)

// Verifier checks the signature of an access token. Its only refusal is
// token.ErrInvalid.
type Verifier interface {
	Verify(ctx context.Context, accessToken string) (token.Claims, error)
}

// Revoked knows the access tokens that are bad before they expire.
type Revoked interface {
	// Current makes up for a feed that is behind; true when it had to ask, and
	// what was verified before is to be verified again.
	Current(ctx context.Context) (asked bool, err error)
	// Check answers fault.InvalidToken for one of them.
	Check(ctx context.Context, c token.Claims) error
	// Ended notes sessions that were just ended here.
	Ended(now time.Time, ids ...session.ID)
}

// Used takes note that a session was used from an address. It asks nobody.
type Used interface {
	Note(t tenant.ID, id session.ID, address string, at time.Time)
}

// New makes a Service. The last refresh token of a session may be repeated
// within the grace.
func New(w outbound.World, i *issuing.Issuer, g *guard.Guard, k *proofs.Service, v Verifier, r Revoked, u Used, grace time.Duration) *Service {
	return &Service{world: w, issuer: i, guard: g, proofs: k, verify: v, revoked: r, used: u, grace: grace}
}

// Authenticate implements inbound.Tokens. A token that is bound to a key takes
// one round trip to the store, for its proof to be used once.
func (s *Service) Authenticate(ctx context.Context, caller inbound.Caller, accessToken string) (inbound.Principal, error) {
	claims, err := s.claims(ctx, caller, accessToken)
	if err != nil {
		return inbound.Principal{}, failure.Of(err)
	}
	asked, err := s.revoked.Current(ctx)
	if err == nil && asked {
		_, err = s.claims(ctx, caller, accessToken)
	}
	if err != nil {
		return inbound.Principal{}, failure.Of(err)
	}
	if err := s.revoked.Check(ctx, claims); err != nil {
		return inbound.Principal{}, err
	}
	if err := s.proofs.Confirm(ctx, caller, accessToken, claims.KeyThumbprint); err != nil {
		return inbound.Principal{}, failure.Of(err)
	}
	s.used.Note(claims.Tenant, claims.Session, caller.Address, s.world.Clock.Now())
	return inbound.Principal{
		Tenant: claims.Tenant, User: claims.Subject, Session: claims.Session,
		AuthenticatedAt: claims.AuthTime, Methods: claims.Methods,
	}, nil
}

// SignOut implements inbound.Tokens, in one round trip to the store, and one
// more where the token is bound to a key.
func (s *Service) SignOut(ctx context.Context, caller inbound.Caller, accessToken string) error {
	claims, err := s.claims(ctx, caller, accessToken)
	if err != nil {
		return failure.Of(err)
	}
	if err := s.proofs.Confirm(ctx, caller, accessToken, claims.KeyThumbprint); err != nil {
		return failure.Of(err)
	}
	now := s.world.Clock.Now()
	err = s.world.Store.Sessions().End(ctx, outbound.Ending{
		Tenant: claims.Tenant, Session: claims.Session, Owner: claims.Subject, Reason: session.SignedOut, At: now, Lifetime: s.issuer.Life,
		Event: event.Ended(caller.Origin(), event.OfUser(claims.Subject), claims.Session, claims.Subject, session.SignedOut, now),
	})
	if errors.Is(err, outbound.ErrNotFound) {
		return fault.New(fault.InvalidToken).Because(err)
	}
	if err == nil {
		s.revoked.Ended(now, claims.Session)
	}
	return failure.Of(err)
}

// claims gives what a good access token says. Whether its session still lives,
// and whether whoever presents it may, is not said by it.
func (s *Service) claims(ctx context.Context, caller inbound.Caller, accessToken string) (token.Claims, error) {
	claims, err := s.verify.Verify(ctx, accessToken)
	if err == nil {
		err = s.issuer.Claims.Check(claims, s.world.Clock.Now())
	}
	if err == nil && claims.Tenant != caller.Tenant {
		err = token.ErrInvalid
	}
	if errors.Is(err, token.ErrInvalid) {
		return token.Claims{}, fault.New(fault.InvalidToken).Because(err)
	}
	return claims, err
}
