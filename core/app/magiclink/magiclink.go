// Package magiclink lets people in by a link in a mail.
package magiclink

import (
	"context"
	"slices"
	"time"

	"github.com/plinto/plinto/core/app/failure"
	"github.com/plinto/plinto/core/app/guard"
	"github.com/plinto/plinto/core/app/guessing"
	"github.com/plinto/plinto/core/app/issuing"
	"github.com/plinto/plinto/core/app/mailed"
	"github.com/plinto/plinto/core/app/mailing"
	"github.com/plinto/plinto/core/app/proofs"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/core/onetime"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// Service implements inbound.MagicLinks.
type Service struct {
	world   outbound.World
	desk    *mailed.Desk
	issuer  *issuing.Issuer
	guard   *guard.Guard
	tries   *guessing.Service
	proofs  *proofs.Service
	revoked Revoked
	policy  Policy
}

var _ inbound.MagicLinks = (*Service)(nil)

// Policy is what magic links obey.
type Policy struct {
	Enabled      bool
	Redirects    []string // where a link may lead on to, to the letter
	MostSessions int      // that a user may have; zero is no limit
}

// Revoked takes note of sessions that were just ended here, so that their
// access tokens are refused at once.
type Revoked interface {
	Ended(now time.Time, ids ...session.ID)
}

// New makes a Service.
func New(w outbound.World, d *mailed.Desk, i *issuing.Issuer, g *guard.Guard, t *guessing.Service, k *proofs.Service, revoked Revoked, p Policy) *Service {
	return &Service{world: w, desk: d, issuer: i, guard: g, tries: t, proofs: k, revoked: revoked, policy: p}
}

// open faults when there are no magic links here.
func (s *Service) open() error {
	if !s.policy.Enabled {
		return fault.New(fault.MagicLinksDisabled)
	}
	return s.desk.Open()
}

// allows tells whether a link may lead to an address, or nowhere. Addresses are
// compared as texts (RFC 9700 section 2.1): what two of them have in common
// besides is for browsers to say, and each says it in another way.
func (s *Service) allows(redirect string) bool {
	return redirect == "" || slices.Contains(s.policy.Redirects, redirect)
}

// CheckRequest implements inbound.MagicLinks.
func (s *Service) CheckRequest(cmd inbound.MagicLink) []fault.Field {
	_, faults := s.read(cmd)
	return faults
}

func (s *Service) read(cmd inbound.MagicLink) (user.Email, []fault.Field) {
	to, faults := user.ParseAddress(cmd.Email, s.world.Domains)
	if !s.allows(cmd.Redirect) {
		faults = append(faults, fault.RedirectNotAllowed.In("redirect_url"))
	}
	return to, faults
}

// Request implements inbound.MagicLinks. Whoever the address is, it writes one
// row and reads none.
func (s *Service) Request(ctx context.Context, caller inbound.Caller, cmd inbound.MagicLink) error {
	return failure.Of(s.request(ctx, caller, cmd))
}

func (s *Service) request(ctx context.Context, caller inbound.Caller, cmd inbound.MagicLink) error {
	if err := s.open(); err != nil {
		return err
	}
	to, faults := s.read(cmd)
	if err := fault.Invalid(faults...); err != nil {
		return err
	}
	if err := s.guard.MagicLink(ctx, caller, to); err != nil {
		return err
	}
	var details map[string]string
	if cmd.Redirect != "" {
		details = map[string]string{mail.Redirect: cmd.Redirect}
	}
	return s.world.Store.Outbox().Add(ctx, s.desk.Owed(caller, mail.MagicLink, user.ID{}, to.ASCII(), details))
}

// Write is the mailing.Writer of mail.MagicLink. Where a link may lead to is
// asked again: it may have changed since.
func (s *Service) Write(ctx context.Context, tx outbound.Repositories, m mail.Mail) (mailing.Written, error) {
	if s.open() != nil || !s.allows(m.Details[mail.Redirect]) {
		return mailing.Written{}, mailing.ErrMoot
	}
	owner, err := s.desk.ByAddress(ctx, tx, m)
	if err != nil {
		return mailing.Written{}, err
	}
	return s.desk.Link(ctx, tx, m, onetime.MagicLink, owner, owner.Email)
}
