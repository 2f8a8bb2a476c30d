// Package guessing counts wrong passwords for the use cases that take one, keeps
// those waiting who had too many, and tells owners and operators. The rules are
// core/guess's.
package guessing

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/plinto/plinto/core/app/guard"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/guess"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// Policy is what guesses obey.
type Policy struct {
	Rules    guess.Rules
	Sessions session.Lifetime
	Mail     bool // whether owners can be told by mail
}

// Service implements inbound.Guesses, and what use cases ask before they look at
// a password.
type Service struct {
	world  outbound.World
	keys   *guess.Keys
	policy Policy

	wrong, kept atomic.Int64
}

var _ inbound.Guesses = (*Service)(nil)

// New makes a Service.
func New(w outbound.World, k *guess.Keys, p Policy) *Service {
	return &Service{world: w, keys: k, policy: p}
}

// Counts implements inbound.Guesses.
func (s *Service) Counts() inbound.GuessCounts {
	return inbound.GuessCounts{Wrong: s.wrong.Load(), KeptWaiting: s.kept.Load()}
}

// Device gives the session of a device token; zero for anything that is none,
// which is no fault: a client may keep one for longer than it is good.
func (s *Service) Device(c inbound.Caller, token string) session.ID {
	id, _ := s.keys.ReadDeviceToken(c.Tenant, token)
	return id
}

// DeviceToken gives the token by which the device of a sign-in is known again.
func (s *Service) DeviceToken(in session.Session) string { return s.keys.DeviceToken(in.Tenant, in.ID) }

// SignIn finds whose password is guessed at, and counts the guess. Fault:
// RateLimited when it is too early for one.
func (s *Service) SignIn(ctx context.Context, c inbound.Caller, who user.Identifier, device session.ID) (outbound.Guessed, error) {
	now := s.world.Clock.Now()
	g, err := s.world.Store.Guesses().ForSignIn(ctx, outbound.SignInGuess{
		Tenant: c.Tenant, Who: who, Nobody: guess.Name(s.keys.Pseudonym("name", who.Key())),
		Device: device, Lifetime: s.policy.Sessions, Address: guess.Address(s.network(c)), Origin: s.network(c),
		Rules: s.policy.Rules, Now: now,
	})
	return s.admitted(g, err, now)
}

// InSession finds the account of a principal who is to prove the password, and
// counts the guess. Faults: RateLimited, and InvalidToken when there is no such
// account.
func (s *Service) InSession(ctx context.Context, c inbound.Caller, who inbound.Principal) (outbound.Guessed, error) {
	now := s.world.Clock.Now()
	g, err := s.world.Store.Guesses().InSession(ctx, outbound.SessionGuess{
		Tenant: who.Tenant, User: who.User, Session: who.Session, Origin: s.network(c), Rules: s.policy.Rules, Now: now,
	})
	if errors.Is(err, outbound.ErrNotFound) {
		return outbound.Guessed{}, fault.New(fault.InvalidToken).Because(err)
	}
	return s.admitted(g, err, now)
}

func (s *Service) admitted(g outbound.Guessed, err error, now time.Time) (outbound.Guessed, error) {
	if err != nil {
		return outbound.Guessed{}, err
	}
	if !g.Guess.OK {
		s.kept.Add(1)
		return outbound.Guessed{}, fault.New(fault.RateLimited).After(g.Guess.RetryAt.Sub(now))
	}
	return g, nil
}

// GiveBack takes a guess back that was not looked at, and passes on why it was
// not.
func (s *Service) GiveBack(ctx context.Context, c inbound.Caller, g guess.Taken, why error) error {
	return errors.Join(why, s.world.Store.Guesses().Forgive(ctx, c.Tenant, g, false))
}

// Refuse writes down that a guess was wrong. With the failure that makes them
// many, once an episode, it tells: operators by an event, and the owner by a
// mail.
func (s *Service) Refuse(ctx context.Context, c inbound.Caller, g outbound.Guessed, e event.Event) error {
	s.wrong.Add(1)
	refusal := outbound.Refusal{Event: e}
	ofSubject, ofAddress := g.Guess.Tells()
	if ofSubject {
		refusal.Episodes = append(refusal.Episodes, outbound.Episode{
			Tenant: c.Tenant, Subject: g.Guess.Subject, Tell: g.Guess.Rules.Subject.Tell, Mail: s.mail(c, g, e.At),
			Event: event.Guessed(c.Origin(), g.User.ID, g.Guess.Subject.Kind(), g.Guess.Failures, e.At),
		})
	}
	if ofAddress {
		refusal.Episodes = append(refusal.Episodes, outbound.Episode{
			Tenant: c.Tenant, Subject: g.Guess.Address, Tell: g.Guess.Rules.Address.Tell,
			Event: event.Guessed(c.Origin(), user.ID{}, g.Guess.Address.Kind(), g.Guess.AddressFailures, e.At),
		})
	}
	return s.world.Store.Guesses().Refuse(ctx, refusal)
}

// mail tells the owner of an account that may act.
func (s *Service) mail(c inbound.Caller, g outbound.Guessed, at time.Time) *mail.Mail {
	if !s.policy.Mail || g.User.ID.IsZero() || !g.User.Status.MayAct() {
		return nil
	}
	return &mail.Mail{
		Tenant: c.Tenant, ID: mail.ID(s.world.Identifiers.New()), Kind: mail.FailedSignIns, User: g.User.ID,
		Details: map[string]string{
			mail.Count: strconv.Itoa(g.Guess.Failures), mail.Address: c.Address, mail.At: at.UTC().Format(time.RFC3339),
		},
		RequestID: c.RequestID, CreatedAt: at,
	}
}

// network is the pseudonym of whoever the caller's address belongs to.
func (s *Service) network(c inbound.Caller) string {
	return s.keys.Pseudonym("network", guard.Network(c.Address))
}
