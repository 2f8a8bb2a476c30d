package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/plinto/plinto/adapters/aesgcm"
	"github.com/plinto/plinto/adapters/httpapi"
	"github.com/plinto/plinto/adapters/idna"
	"github.com/plinto/plinto/adapters/jwks"
	"github.com/plinto/plinto/adapters/passwordlist"
	"github.com/plinto/plinto/adapters/system"
	"github.com/plinto/plinto/adapters/telemetry"
	"github.com/plinto/plinto/adapters/useragent"
	"github.com/plinto/plinto/config"
	"github.com/plinto/plinto/core/app"
	"github.com/plinto/plinto/core/app/mailing"
	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/core/onetime"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// program is everything that was put together.
type program struct {
	config   config.Config
	log      *slog.Logger
	store    *database
	services inbound.Services
	clock    outbound.Clock
	metrics  *telemetry.Metrics
	// beside runs for as long as the program serves.
	beside  []func(context.Context) error
	closers []func() error
}

// compose builds the program. What it opens, it registers to close; it waits
// for nothing that is not there yet.
func compose(ctx context.Context, c config.Config, log *slog.Logger) (*program, error) {
	p := &program{config: c, log: log, metrics: telemetry.New(programVersion())}
	if err := p.build(ctx); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

func (p *program) build(ctx context.Context) error {
	if err := developmentSecrets(&p.config); err != nil {
		return err
	}
	c := p.config
	var err error
	if p.store, err = openStore(ctx, c.Database); err != nil {
		return err
	}
	p.closers = append(p.closers, p.store.close)
	p.metrics.Pool(p.store.pool)

	clock := system.Clock{}
	p.clock = clock
	limiter, run, closeLimiter, err := openLimiter(ctx, c.Redis, clock, p.metrics, p.log)
	if err != nil {
		return err
	}
	p.closers = append(p.closers, closeLimiter)
	p.beside = append(p.beside, run)

	sealer, err := aesgcm.New([]byte(c.JWT.SecretKey.Reveal()), reveal(c.JWT.SecretKeyPrevious)...)
	if err != nil {
		return fmt.Errorf("JWT_SECRET_KEY: %w", err)
	}
	hasher, err := newHasher(c.Password)
	if err != nil {
		return err
	}
	p.metrics.Hashing(
		func() int64 { return int64(hasher.Stats().Working) },
		func() int64 { return int64(hasher.Stats().Waiting) },
		func() int64 { return int64(hasher.Stats().Refused) },
	)
	common, err := passwordlist.Shipped()
	if err != nil {
		return err
	}
	breached, closeBreached := openBreached(c.Password, p.metrics, p.log)
	p.closers = append(p.closers, closeBreached)
	keys, runKMS, closeKMS, err := openKMS(ctx, c.JWT, p.log)
	if err != nil {
		return err
	}
	p.closers = append(p.closers, closeKMS)
	p.beside = append(p.beside, runKMS)
	post, err := openPost(c, clock)
	if err != nil {
		return err
	}
	p.services, err = app.New(outbound.World{
		Store: p.store, Limiter: limiter, Signer: jwks.New(jwks.Options{RSABits: c.JWT.RSABits}), KMS: keys, Proofs: jwks.Proofs{}, Sealer: sealer, Hasher: hasher,
		Devices: useragent.Devices{}, Domains: idna.New(), Clock: clock, Random: system.Random{}, Identifiers: system.Identifiers{},
		Mailer: post.mailer, Letters: post.letters,
		Common: common, Breached: breached,
	}, policy(c))
	if err != nil {
		return err
	}
	if post.box != nil {
		p.services.Mailbox = post.box
	}
	p.beside = append(p.beside, p.services.Keys.Run, p.services.Revocations.Run, p.services.Cleanup.Run, p.services.Activity.Run, p.services.Mailing.Run)
	p.metrics.Removed(p.services.Cleanup.Removed)
	measureMails(p.metrics, p.services.Mailing)
	p.metrics.Guesses(
		func() int64 { return p.services.Guesses.Counts().Wrong },
		func() int64 { return p.services.Guesses.Counts().KeptWaiting },
	)
	feed := p.services.Revocations
	p.metrics.Feed(
		func() time.Time { return feed.State().ReadAt },
		func() int64 { return int64(feed.State().Remembered) },
		func() int64 { return feed.State().Asked },
	)
	return nil
}

// close closes what was opened, the last first.
func (p *program) close() error {
	var err error
	for i := len(p.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, p.closers[i]())
	}
	p.closers = nil
	return err
}

// policy is what the configuration says to the use cases.
func policy(c config.Config) app.Policy {
	p := app.Policy{
		Tenant: tenant.Default, Product: "plinto",
		SignUps: c.Features.Signups, HiddenSignUps: c.Signup.Enumeration == config.Hidden, Links: links(c), Passwords: credential.Policy{MinLength: c.Password.MinLength},
		Sessions:     session.Lifetime{Sliding: c.Session.RefreshLifetime, Absolute: c.Session.AbsoluteLifetime, Idle: c.Session.IdleLifetime},
		MostSessions: c.Session.MaxPerUser,
		StepUp:       session.StepUp(c.Session.StepUp),
		RefreshGrace: c.Session.RefreshGrace,
		Proofs:       app.Proofs{MaxAge: c.Proof.MaxAge, Leeway: c.Proof.Leeway, NonceRequired: c.Proof.Nonce == config.NonceRequired},
		Access:       token.Issuing{Issuer: c.JWT.Issuer, Audience: []string{c.JWT.Audience}, Lifetime: c.JWT.AccessLifetime},
		Algorithm:    token.Algorithm(c.JWT.Algorithm), KeyLead: c.JWT.KeyPublishLead, KeyMaxAge: c.JWT.JWKSMaxAge, KeyRotation: c.JWT.KeyRotation,
		ApplicationKeys: append([][]byte{[]byte(c.SecretKey.Reveal())}, reveal(c.SecretKeyPrevious)...),
		Limits:          limitRules(c.RateLimit),
		Mail:            c.HasMail(), Mailing: mailing.Usual, DeadMails: deadMails,
		Retention: c.Session.Retention, Settle: settle(c.Database),
		Guesses: guessRules(c.Guesses),
	}
	if pem, ok := c.JWT.PrivateKeyPEM(); ok {
		p.ExternalKey = []byte(pem.Reveal())
	}
	return p
}

// deadMails is how long a mail that was given up is kept.
const deadMails = 30 * 24 * time.Hour

// links is what links in mails obey.
func links(c config.Config) app.Links {
	return app.Links{
		Frontend: c.Server.FrontendURL, Magic: c.Features.MagicLinks, Redirects: c.Links.Redirects,
		Lifetimes: onetime.Lifetimes{
			onetime.VerifyEmail: c.Links.Verification, onetime.ChangeEmail: c.Links.Verification, onetime.ResetPassword: c.Links.Reset,
			onetime.MagicLink: c.Links.Magic, onetime.Invitation: c.Links.Invitation,
		},
	}
}

// settle is how long a sign-in may take from when its session is made until it
// is stored: to get a connection, and to use it.
func settle(c config.Database) time.Duration { return c.PoolTimeout + c.StatementTimeout }

// api makes the HTTP API.
func (p *program) api() (*httpapi.Server, error) {
	c := p.config
	o := httpapi.Options{
		Version: programVersion(), Environment: string(c.Environment), Tenant: tenant.Default,
		Features: features(c.Features), Database: string(c.Database.Engine), Cache: "memory",
		Docs: c.Features.Docs, CORSOrigins: c.Server.CORSOrigins, AllowedHosts: c.Server.AllowedHosts, TrustedProxies: c.Server.TrustedProxies,
		PublicURL: c.Server.PublicURL, HiddenSignUps: c.Signup.Enumeration == config.Hidden,
		HSTS: c.Environment == config.Production, PasswordMinLength: c.Password.MinLength, Log: p.log,
	}
	if c.Redis.Configured() {
		o.Cache = "redis"
	}
	if c.Features.Metrics {
		o.Observe = p.metrics.Observe
		if c.Server.MetricsAddress == "" {
			o.Metrics = p.metrics.Handler()
		}
	}
	return httpapi.New(p.services, o)
}

func features(f config.Features) map[string]bool {
	return map[string]bool{
		"signups": f.Signups, "docs": f.Docs, "metrics": f.Metrics, "magic_links": f.MagicLinks, "organizations": f.Organizations,
		"webhooks": f.Webhooks, "audit": f.Audit, "scim": f.SCIM, "mfa": f.MFA, "sso": f.SSO, "oauth": f.OAuth,
	}
}

func reveal(secrets []config.Secret) [][]byte {
	var out [][]byte
	for _, s := range secrets {
		out = append(out, []byte(s.Reveal()))
	}
	return out
}

// redacted is where the data is, without a secret.
func (p *program) redacted() (store, limiter string) {
	limiter = "in this process"
	if p.config.Redis.Configured() {
		limiter = p.config.Redis.Redacted()
	}
	return strings.TrimSpace(p.config.Database.Redacted()), limiter
}
