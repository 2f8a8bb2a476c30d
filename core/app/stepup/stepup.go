// Package stepup keeps what changes an account behind recent proof of who asks:
// whoever finds a session open, or has stolen one, cannot take the account with
// it. A use case that changes an address, a password or a factor begins with
// one line, Gate.Pass.
package stepup

import (
	"time"

	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// Gate lets through whoever proved lately who they are.
type Gate struct {
	clock outbound.Clock
	limit session.StepUp
}

// New makes a Gate.
func New(c outbound.Clock, limit session.StepUp) *Gate { return &Gate{clock: c, limit: limit} }

// Pass faults with ReauthenticationRequired when the proof that the access
// token tells of is too long ago. What counts is the token: one that was made
// before its user proved themselves again stays as old as it is.
func (g *Gate) Pass(who inbound.Principal) error {
	if g.limit.Satisfied(who.AuthenticatedAt, g.clock.Now()) {
		return nil
	}
	return fault.New(fault.ReauthenticationRequired).Within(time.Duration(g.limit))
}
