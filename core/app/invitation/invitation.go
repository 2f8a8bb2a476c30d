// Package invitation lets people begin the accounts that others made for them.
package invitation

import (
	"context"
	"time"

	"github.com/plinto/plinto/core/app/guard"
	"github.com/plinto/plinto/core/app/guessing"
	"github.com/plinto/plinto/core/app/issuing"
	"github.com/plinto/plinto/core/app/mailed"
	"github.com/plinto/plinto/core/app/mailing"
	"github.com/plinto/plinto/core/app/proofs"
	"github.com/plinto/plinto/core/app/strength"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/core/onetime"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// Service implements inbound.Invitations.
type Service struct {
	world   outbound.World
	desk    *mailed.Desk
	issuer  *issuing.Issuer
	guard   *guard.Guard
	tries   *guessing.Service
	proofs  *proofs.Service
	rules   strength.Rules
	revoked Revoked
	most    int
}

var _ inbound.Invitations = (*Service)(nil)

// Revoked takes note of sessions that were just ended here, so that their
// access tokens are refused at once.
type Revoked interface {
	Ended(now time.Time, ids ...session.ID)
}

// New makes a Service. A user may have most sessions; zero is no limit.
func New(w outbound.World, d *mailed.Desk, i *issuing.Issuer, g *guard.Guard, t *guessing.Service, k *proofs.Service, r strength.Rules, revoked Revoked, most int) *Service {
	return &Service{world: w, desk: d, issuer: i, guard: g, tries: t, proofs: k, rules: r, revoked: revoked, most: most}
}

// Write is the mailing.Writer of mail.Invitation. Whoever has proved the mailbox
// by then has found another way in, and is not invited any more.
func (s *Service) Write(ctx context.Context, tx outbound.Repositories, m mail.Mail) (mailing.Written, error) {
	owner, err := mailed.ByID(ctx, tx, m)
	if err != nil {
		return mailing.Written{}, err
	}
	if owner.EmailVerified {
		return mailing.Written{}, mailing.ErrMoot
	}
	return s.desk.Link(ctx, tx, m, onetime.Invitation, owner, owner.Email)
}
