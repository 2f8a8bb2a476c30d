// Package account makes accounts and lets their owners in by password.
package account

import (
	"github.com/plinto/plinto/core/app/guard"
	"github.com/plinto/plinto/core/app/guessing"
	"github.com/plinto/plinto/core/app/issuing"
	"github.com/plinto/plinto/core/app/mailed"
	"github.com/plinto/plinto/core/app/proofs"
	"github.com/plinto/plinto/core/app/rehash"
	"github.com/plinto/plinto/core/app/strength"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// Service implements inbound.Accounts.
type Service struct {
	world  outbound.World
	issuer *issuing.Issuer
	guard  *guard.Guard
	tries  *guessing.Service
	proofs *proofs.Service
	desk   *mailed.Desk
	policy Policy

	upgrades rehash.Upgrades
}

var _ inbound.Accounts = (*Service)(nil)

// Policy is what sign-ups and sign-ins obey.
type Policy struct {
	SignUps      bool // whether new accounts are made
	Hidden       bool // whether a sign-up tells nobody if there is an account already
	Passwords    strength.Rules
	MostSessions int // that a user may have; zero is no limit
}

// New makes a Service.
func New(w outbound.World, i *issuing.Issuer, g *guard.Guard, t *guessing.Service, k *proofs.Service, d *mailed.Desk, p Policy) *Service {
	return &Service{world: w, issuer: i, guard: g, tries: t, proofs: k, desk: d, policy: p, upgrades: rehash.Upgrades{World: w}}
}
