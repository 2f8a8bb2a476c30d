package guard

import (
	"context"
	"fmt"
	"slices"

	"github.com/plinto/plinto/core/client"
	"github.com/plinto/plinto/core/limit"
	"github.com/plinto/plinto/ports/inbound"
)

// Client charges a request that claims to come from an API client, both to the
// address and to the client. Settle gives one of them back.
func (g *Guard) Client(ctx context.Context, c inbound.Caller, id client.ID) error {
	return g.charge(ctx, c, address(c, g.rules.Address), g.ofClient(c, id))
}

// Settle says whether a request that Client charged was the client's. If so the
// client has paid and its address need not: it asks about many people's tokens.
// If not, only the address pays, so that a stranger cannot spend the client's
// budget.
func (g *Guard) Settle(ctx context.Context, c inbound.Caller, id client.ID, genuine bool) error {
	back := g.ofClient(c, id)
	if genuine {
		back = address(c, g.rules.Address)
	}
	if c.Limits != nil {
		*c.Limits = slices.DeleteFunc(*c.Limits, func(d limit.Decision) bool { return slices.Contains(back.Rules, d.Rule) })
	}
	if len(back.Rules) == 0 {
		return nil
	}
	if err := g.limiter.GiveBack(ctx, []limit.Charge{back}); err != nil {
		return fmt.Errorf("give back a request: %w", err)
	}
	return nil
}

func (g *Guard) ofClient(c inbound.Caller, id client.ID) limit.Charge {
	return limit.Charge{Subject: subject(c, limit.Client, id.String()), Rules: g.rules.Client}
}
