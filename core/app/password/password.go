// Package password lets signed-in users prove their password again and give
// another. Signing in by it is package account's business.
package password

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/plinto/plinto/core/app/guard"
	"github.com/plinto/plinto/core/app/guessing"
	"github.com/plinto/plinto/core/app/issuing"
	"github.com/plinto/plinto/core/app/mailed"
	"github.com/plinto/plinto/core/app/rehash"
	"github.com/plinto/plinto/core/app/stepup"
	"github.com/plinto/plinto/core/app/strength"
	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// Service implements inbound.Passwords.
type Service struct {
	world   outbound.World
	issuer  *issuing.Issuer
	guard   *guard.Guard
	tries   *guessing.Service
	gate    *stepup.Gate
	desk    *mailed.Desk
	rules   strength.Rules
	revoked Revoked

	upgrades rehash.Upgrades
}

var _ inbound.Passwords = (*Service)(nil)

// Revoked takes note of sessions that were just ended here, so that their
// access tokens are refused at once.
type Revoked interface {
	Ended(now time.Time, ids ...session.ID)
}

// New makes a Service.
func New(w outbound.World, i *issuing.Issuer, g *guard.Guard, t *guessing.Service, gate *stepup.Gate, d *mailed.Desk, r strength.Rules, revoked Revoked) *Service {
	return &Service{
		world: w, issuer: i, guard: g, tries: t, gate: gate, desk: d, rules: r, revoked: revoked, upgrades: rehash.Upgrades{World: w},
	}
}

// find reads the account of a principal.
func (s *Service) find(ctx context.Context, who inbound.Principal) (user.User, error) {
	u, _, err := s.world.Store.Users().WithPassword(ctx, who.Tenant, who.User)
	if errors.Is(err, outbound.ErrNotFound) {
		return user.User{}, fault.New(fault.InvalidToken).Because(err)
	}
	return u, err
}

// prove holds a password against the one of the account, and refuses with code
// when it is another. It takes one round trip to the store, and one more for a
// refusal. Nothing of the store's is held meanwhile.
func (s *Service) prove(ctx context.Context, caller inbound.Caller, who inbound.Principal, given credential.Password, code fault.Code) (outbound.Guessed, error) {
	if err := s.guard.Reauthenticate(ctx, caller, who.Session); err != nil {
		return outbound.Guessed{}, err
	}
	at, err := s.tries.InSession(ctx, caller, who)
	if err != nil {
		return outbound.Guessed{}, err
	}
	match, err := s.world.Hasher.Verify(ctx, given, at.PasswordHash)
	if err != nil {
		return outbound.Guessed{}, s.tries.GiveBack(ctx, caller, at.Guess, fmt.Errorf("verify password: %w", err))
	}
	var reason string
	switch {
	case at.PasswordHash == "":
		reason = event.NoPassword
	case !match:
		reason = event.WrongPassword
	case !at.User.Status.MayAct():
		reason = event.NotActive
	default:
		return at, nil
	}
	return outbound.Guessed{}, s.refuse(ctx, caller, who, at, reason, code)
}

// refuse writes down that a password was not proved, and tells the caller no
// more than that.
func (s *Service) refuse(ctx context.Context, caller inbound.Caller, who inbound.Principal, at outbound.Guessed, reason string, code fault.Code) error {
	e := event.FailedReauthentication(caller.Origin(), who.User, who.Session, reason, s.world.Clock.Now())
	if err := s.tries.Refuse(ctx, caller, at, e); err != nil {
		return err
	}
	return fault.New(code)
}

// checkGiven gives what is wrong with a password that is to be proved.
func checkGiven(field string, p credential.Password) []fault.Field {
	switch {
	case p.Reveal() == "":
		return []fault.Field{fault.PasswordMissing.In(field)}
	case p.TooLong():
		return []fault.Field{fault.PasswordNobodys.In(field)}
	}
	return nil
}
