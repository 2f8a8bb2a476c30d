package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/plinto/plinto/adapters/memory"
	"github.com/plinto/plinto/adapters/redis"
	"github.com/plinto/plinto/adapters/telemetry"
	"github.com/plinto/plinto/config"
	"github.com/plinto/plinto/core/app/guard"
	"github.com/plinto/plinto/core/guess"
	"github.com/plinto/plinto/core/limit"
	"github.com/plinto/plinto/ports/outbound"
)

// openLimiter gives the limiter, what must run beside it, and what closes it.
// With Redis, instances count together; while it is away each counts alone,
// which is told once.
func openLimiter(ctx context.Context, c config.Redis, clock outbound.Clock, m *telemetry.Metrics, log *slog.Logger) (outbound.Limiter, func(context.Context) error, func() error, error) {
	local := memory.NewLimiter(clock)
	if !c.Configured() {
		return local, func(ctx context.Context) error { <-ctx.Done(); return nil }, func() error { return nil }, nil
	}
	client, err := redis.Open(ctx, redis.Options{URL: c.URL.Reveal(), Timeout: c.Timeout})
	if err != nil {
		return nil, nil, nil, err
	}
	m.LimiterShared()
	failover := redis.NewFailover(redis.NewLimiter(client, redis.LimiterOptions{}), local, redis.FailoverOptions{
		OnChange: func(healthy bool, err error) {
			if healthy {
				m.LimiterShared()
				log.InfoContext(ctx, "redis is back: limits are counted for all instances again")
				return
			}
			m.LimiterLost()
			log.WarnContext(ctx, "redis does not answer: this instance counts limits alone", slog.Any("error", err))
		},
	})
	return failover, failover.Run, func() error { client.Close(); return nil }, nil
}

// limitRules are the rules of the configuration. Their names are what clients
// see in the RateLimit header fields.
func limitRules(c config.RateLimit) guard.Rules {
	if !c.Enabled {
		return guard.Rules{}
	}
	const five = 5 * time.Minute
	return guard.Rules{
		Address: []limit.Rule{
			{Name: "address-minute", Quota: c.PerMinute, Window: time.Minute},
			{Name: "address-hour", Quota: c.PerHour, Window: time.Hour},
		},
		SignUp: []limit.Rule{
			{Name: "signup-minute", Quota: c.SignupPerMinute, Window: time.Minute},
			{Name: "signup-hour", Quota: c.SignupPerHour, Window: time.Hour},
		},
		SignInAddress:  []limit.Rule{{Name: "signin", Quota: c.SigninPerAddressPer5Minutes, Window: five}},
		SignInAccount:  []limit.Rule{{Name: "signin-account", Quota: c.SigninPerAccountPerMinute, Window: time.Minute}},
		RefreshSession: []limit.Rule{{Name: "refresh-session", Quota: c.RefreshPerSessionPer5Minutes, Window: five}},
		Mail: guard.MailRules{
			Forgot:      mailRules(c, "forgot"),
			MagicLink:   mailRules(c, "magic-link"),
			Resend:      mailRules(c, "resend"),
			ChangeEmail: mailRules(c, "change-email"),
			SignUp:      mailRules(c, "signup").Account,
			Redeem:      []limit.Rule{{Name: "link", Quota: c.LinkPerAddressPer5Minutes, Window: five}},
		},
		Client: []limit.Rule{{Name: "client", Quota: c.ClientPerMinute, Window: time.Minute}},
	}
}

// mailRules are those for one kind of mail.
func mailRules(c config.RateLimit, kind string) guard.Mailed {
	return guard.Mailed{
		Address: []limit.Rule{{Name: kind, Quota: c.MailPerAddressPerHour, Window: time.Hour}},
		Account: []limit.Rule{{Name: kind + "-account", Quota: c.MailPerAccountPerHour, Window: time.Hour}},
	}
}

// guessRules are how many wrong passwords the configuration puts up with. From
// an address the waits grow as they do at an account.
func guessRules(c config.Guesses) guess.Rules {
	return guess.Rules{
		Subject: guess.Rule{Free: c.Free, First: c.First, Longest: c.Longest, Most: c.Most, Forget: c.Forget, Tell: c.Tell},
		Address: guess.Rule{
			Free: c.AddressFree, First: c.First, Longest: min(c.Longest, c.AddressForget), Most: c.AddressMost, Forget: c.AddressForget, Tell: c.AddressTell,
		},
	}
}
