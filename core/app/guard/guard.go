// Package guard counts requests against rate limits for the use cases. It
// decides who is charged for what; the limiter behind its port only counts.
package guard

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/guess"
	"github.com/plinto/plinto/core/limit"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// Rules is what is counted, by subject. An empty list counts nothing.
type Rules struct {
	Address        []limit.Rule // every request of a client address
	SignUp         []limit.Rule // sign-ups of a client address
	SignInAddress  []limit.Rule // sign-ins of a client address
	SignInAccount  []limit.Rule // sign-ins to an account, whichever name it is called by
	RefreshSession []limit.Rule // refreshes of a session
	Client         []limit.Rule // requests of an API client
	Mail           MailRules
}

// Guard implements inbound.Limits, and what use cases ask before they work.
type Guard struct {
	limiter outbound.Limiter
	rules   Rules
}

var _ inbound.Limits = (*Guard)(nil)

// New makes a Guard.
func New(l outbound.Limiter, r Rules) *Guard { return &Guard{limiter: l, rules: r} }

// Admit implements inbound.Limits.
func (g *Guard) Admit(ctx context.Context, c inbound.Caller) error {
	return g.charge(ctx, c, address(c, g.rules.Address))
}

// SignUp charges a sign-up.
func (g *Guard) SignUp(ctx context.Context, c inbound.Caller) error {
	return g.charge(ctx, c, address(c, g.rules.Address, g.rules.SignUp))
}

// SignInFrom charges a sign-in to where it comes from: before anything is known
// of the account, so that an address that has spent its budget costs nothing
// more. Whoever shows a device token spends that device's budget instead: others
// at the same address must not keep the owner out.
func (g *Guard) SignInFrom(ctx context.Context, c inbound.Caller, device session.ID) error {
	if device.IsZero() {
		return g.charge(ctx, c, address(c, g.rules.Address, g.rules.SignInAddress))
	}
	return g.charge(ctx, c, address(c, g.rules.Address),
		limit.Charge{Subject: subject(c, limit.Device, device.String()), Rules: g.rules.SignInAddress})
}

// SignInTo charges a sign-in to whom it is for, by the subject that guesses are
// counted by: an address and a user name draw on one budget, guessing at nobody
// looks the same, and a known device has its own.
func (g *Guard) SignInTo(ctx context.Context, c inbound.Caller, s guess.Subject) error {
	return g.charge(ctx, c, limit.Charge{Subject: subject(c, limit.Account, string(s)), Rules: g.rules.SignInAccount})
}

// Reauthenticate charges a proof of the password by somebody with a session. The
// session has a budget of its own, of the size of an account's: strangers who
// guess at the account must not keep its owner from changing the password.
func (g *Guard) Reauthenticate(ctx context.Context, c inbound.Caller, id session.ID) error {
	return g.charge(ctx, c,
		address(c, g.rules.Address),
		limit.Charge{Subject: subject(c, limit.Session, "password/"+id.String()), Rules: g.rules.SignInAccount})
}

// Refresh charges a refresh of a session, to whoever proved to hold the key with
// this thumbprint; empty when none was proved. Each key has a budget of its own:
// a copied token without the key must not spend that of the key's holder.
func (g *Guard) Refresh(ctx context.Context, c inbound.Caller, id session.ID, thumbprint string) error {
	key := id.String()
	if thumbprint != "" {
		key += "/" + thumbprint
	}
	return g.charge(ctx, c,
		address(c, g.rules.Address),
		limit.Charge{Subject: subject(c, limit.Session, key), Rules: g.rules.RefreshSession})
}

// charge sends all charges together and refuses when any of them does.
func (g *Guard) charge(ctx context.Context, c inbound.Caller, charges ...limit.Charge) error {
	counted := charges[:0]
	for _, ch := range charges {
		if ch.Subject.Kind == limit.Address && c.Limits != nil {
			// A request draws once on the budget of its address, however often
			// it is counted on its way.
			ch.Rules = slices.DeleteFunc(slices.Clone(ch.Rules), func(r limit.Rule) bool { return decided(*c.Limits, r) })
		}
		if len(ch.Rules) > 0 {
			counted = append(counted, ch)
		}
	}
	if len(counted) == 0 {
		return nil
	}
	answers, err := g.limiter.Take(ctx, counted)
	if err != nil {
		return fmt.Errorf("count request: %w", err)
	}
	var all []limit.Decision
	var others []limit.Charge // what was taken from others than the address
	addressRefused := false
	for i, decisions := range answers {
		all = append(all, decisions...)
		switch {
		case counted[i].Subject.Kind != limit.Address && limit.Allowed(decisions):
			others = append(others, counted[i])
		case counted[i].Subject.Kind == limit.Address && !limit.Allowed(decisions):
			addressRefused = true
		}
		// How an account stands is not told: it would say that two names are
		// one account's.
		if c.Limits != nil && counted[i].Subject.Kind != limit.Account {
			*c.Limits = append(*c.Limits, decisions...)
		}
	}
	tightest, _ := limit.Tightest(all)
	if tightest.Allowed {
		return nil
	}
	refusal := fault.New(fault.RateLimited).After(tightest.RetryAfter)
	if addressRefused && len(others) > 0 {
		// An address that has spent its own budget must not spend an account's
		// as well, or it could keep the owner out.
		if err := g.limiter.GiveBack(ctx, others); err != nil {
			return refusal.Because(err)
		}
	}
	return refusal
}

func decided(all []limit.Decision, r limit.Rule) bool {
	return slices.ContainsFunc(all, func(d limit.Decision) bool { return d.Rule == r })
}

func address(c inbound.Caller, rules ...[]limit.Rule) limit.Charge {
	ch := limit.Charge{Subject: subject(c, limit.Address, Network(c.Address))}
	for _, r := range rules {
		ch.Rules = append(ch.Rules, r...)
	}
	return ch
}

// subject keeps tenants apart, but not their client addresses: an address that
// floods one of them floods all.
func subject(c inbound.Caller, kind limit.SubjectKind, key string) limit.Subject {
	if kind != limit.Address {
		key = c.Tenant.String() + "/" + key
	}
	return limit.Subject{Kind: kind, Key: key}
}

// subscriber is how much of an IPv6 address says whose it is: one subscriber
// has at least all of a /64 (RFC 6177).
const subscriber = 64

// Network is whom an address belongs to, for counting.
func Network(text string) string {
	a, err := netip.ParseAddr(text)
	if err != nil {
		return "unknown"
	}
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return a.String()
	}
	p, err := a.Prefix(subscriber)
	if err != nil {
		return "unknown"
	}
	return p.String()
}
