// Package app puts the use cases together. What they need of the world comes
// in as outbound.World; what they offer goes out as inbound.Services; the
// numbers that they obey are the Policy.
package app

import (
	"fmt"
	"maps"
	"time"

	"github.com/plinto/plinto/core/app/account"
	"github.com/plinto/plinto/core/app/activity"
	"github.com/plinto/plinto/core/app/administration"
	"github.com/plinto/plinto/core/app/cleanup"
	"github.com/plinto/plinto/core/app/clients"
	"github.com/plinto/plinto/core/app/erasure"
	"github.com/plinto/plinto/core/app/feed"
	"github.com/plinto/plinto/core/app/guard"
	"github.com/plinto/plinto/core/app/guessing"
	"github.com/plinto/plinto/core/app/health"
	"github.com/plinto/plinto/core/app/idempotency"
	"github.com/plinto/plinto/core/app/introspection"
	"github.com/plinto/plinto/core/app/issuing"
	"github.com/plinto/plinto/core/app/mailed"
	"github.com/plinto/plinto/core/app/mailing"
	"github.com/plinto/plinto/core/app/operations"
	"github.com/plinto/plinto/core/app/password"
	"github.com/plinto/plinto/core/app/profile"
	"github.com/plinto/plinto/core/app/proofs"
	"github.com/plinto/plinto/core/app/sessions"
	"github.com/plinto/plinto/core/app/signing"
	"github.com/plinto/plinto/core/app/stepup"
	"github.com/plinto/plinto/core/app/stewardship"
	"github.com/plinto/plinto/core/app/strength"
	"github.com/plinto/plinto/core/app/tokens"
	"github.com/plinto/plinto/core/app/trail"
	"github.com/plinto/plinto/core/app/transfer"
	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/core/guess"
	"github.com/plinto/plinto/core/proof"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// Policy is every number and choice that the use cases obey.
type Policy struct {
	Tenant  tenant.ID
	Product string // the name of the service, which no password may contain

	SignUps bool
	// HiddenSignUps says that a sign-up tells nobody whether there is an account
	// already. It needs mail.
	HiddenSignUps bool
	Passwords     credential.Policy

	Sessions     session.Lifetime
	MostSessions int            // that a user may have; zero is no limit
	StepUp       session.StepUp // how recent proof must be for what changes an account
	RefreshGrace time.Duration  // how long the last refresh token may be repeated
	Access       token.Issuing

	Proofs Proofs

	// ApplicationKeys make refresh tokens and nonces: the first makes them, all
	// of them check. Each is at least 16 bytes.
	ApplicationKeys [][]byte

	Algorithm   token.Algorithm
	ExternalKey []byte        // a private key in PEM; empty when Plinto makes its own
	KeyLead     time.Duration // how long a key is published before it signs
	KeyMaxAge   time.Duration // how long the key set may be cached
	KeyRotation time.Duration // how old a key of Plinto's own gets; 0 is for ever

	Limits  guard.Rules
	Guesses guess.Rules

	// Mail is whether mails are sent. It needs a World.Mailer: without one there
	// are none.
	Mail    bool
	Mailing mailing.Pace
	// DeadMails is how long a mail that was given up is kept.
	DeadMails time.Duration
	Links     Links

	// Retention is how long a session is kept after it was over. It is at
	// least as long as an access token can live.
	Retention time.Duration
	// Settle is how long a sign-in may take to store its session.
	Settle time.Duration
}

// Proofs is what DPoP proofs obey.
type Proofs struct {
	MaxAge        time.Duration // how old a proof may be
	Leeway        time.Duration // how far a client's clock may be ahead
	NonceRequired bool          // whether each proof carries a nonce of ours
}

// clockSkew is how far the clocks of instances may be apart, for keys and
// revocations.
const clockSkew = time.Minute

// How many streams of revocations an instance serves, and one client at it. A
// stream costs a connection and a few kilobytes.
const (
	maxStreams          = 1000
	maxStreamsPerClient = 100
)

// New makes the use cases.
func New(w outbound.World, p Policy) (inbound.Services, error) {
	if len(p.ApplicationKeys) == 0 {
		return inbound.Services{}, fmt.Errorf("no application key is given")
	}
	keyring, err := token.NewKeyring(p.ApplicationKeys[0], p.ApplicationKeys[1:]...)
	if err != nil {
		return inbound.Services{}, err
	}
	nonces, err := proof.NewNonces(p.ApplicationKeys[0], p.ApplicationKeys[1:]...)
	if err != nil {
		return inbound.Services{}, err
	}
	writers := mailing.Notices()
	post := mailing.New(w, mailing.Policy{Tenant: p.Tenant, On: p.Mail && w.Mailer != nil, Pace: p.Mailing}, writers)
	w.Store = post.Watch(w.Store)
	devices, err := guess.NewKeys(p.ApplicationKeys[0], p.ApplicationKeys[1:]...)
	if err != nil {
		return inbound.Services{}, err
	}
	tries := guessing.New(w, devices, guessing.Policy{Rules: p.Guesses, Sessions: p.Sessions, Mail: post.Enabled()})
	possession := proofs.New(w, proof.Rule{
		MaxAge: p.Proofs.MaxAge, Leeway: p.Proofs.Leeway, NonceRequired: p.Proofs.NonceRequired, Nonces: nonces,
	})
	limits := guard.New(w.Limiter, p.Limits)
	repeats, err := idempotency.New(w, limits, possession, p.ApplicationKeys)
	if err != nil {
		return inbound.Services{}, err
	}
	issuer := &issuing.Issuer{World: w, Keyring: keyring, Claims: p.Access, Life: p.Sessions}
	keys := signing.New(w, signing.Policy{
		Tenant: p.Tenant, Algorithm: p.Algorithm, External: p.ExternalKey,
		RotateAfter: p.KeyRotation, Lead: p.KeyLead, MaxAge: p.KeyMaxAge, Overlap: p.Access.MaxLifetime() + clockSkew,
	})
	used := activity.New(w, activity.Every)
	revoked := feed.New(w, keys, feed.Policy{
		Tenant: p.Tenant, Life: p.Access.MaxLifetime() + clockSkew, Sessions: p.Sessions,
		Streams: maxStreams, StreamsPerClient: maxStreamsPerClient,
	})
	gate := stepup.New(w.Clock, p.StepUp)
	eraser := erasure.New(w, revoked)
	rules := strength.Rules{Hasher: w.Hasher, Policy: p.Passwords, Product: p.Product, Common: w.Common, Breached: w.Breached}
	desk := mailed.New(w, mailed.Policy{Enabled: post.Enabled(), Frontend: p.Links.Frontend, Lifetimes: p.Links.Lifetimes, Sessions: p.Sessions})
	linked := newLinks(w, p, desk, issuer, limits, tries, possession, gate, rules, revoked)
	maps.Copy(writers, linked.writers())
	steward := stewardship.New(w, revoked, eraser, desk)
	operators := operations.New(w, revoked, steward, rules, operations.Policy{Tenant: p.Tenant, Sessions: p.Sessions, Settle: p.Settle, Guesses: p.Guesses.Subject})
	administrators := administration.New(w, steward, gate, limits, p.Sessions)
	return inbound.Services{
		Accounts: account.New(w, issuer, limits, tries, possession, desk, account.Policy{
			SignUps: p.SignUps, Hidden: p.HiddenSignUps, Passwords: rules, MostSessions: p.MostSessions,
		}),
		Passwords:      password.New(w, issuer, limits, tries, gate, desk, rules, revoked),
		Profiles:       profile.New(w, limits, tries, gate, eraser, steward, p.Sessions),
		Recovery:       linked.recovery,
		Addresses:      linked.addresses,
		MagicLinks:     linked.magic,
		Invitations:    linked.invited,
		Tokens:         tokens.New(w, issuer, limits, possession, keys, revoked, used, p.RefreshGrace),
		Proofs:         possession,
		Idempotency:    repeats,
		Sessions:       sessions.New(w, p.Sessions, revoked),
		Revocations:    revoked,
		Activity:       used,
		Keys:           keys,
		Events:         trail.New(w.Store, p.Tenant),
		Limits:         limits,
		Guesses:        tries,
		Health:         health.New(w, func() bool { return keys.Loaded() && revoked.Loaded() }),
		Operators:      operators,
		Provisioning:   operators,
		Administration: administrators,
		Directory:      administrators,
		Cleanup:        cleanup.New(w, cleanup.Policy{Tenant: p.Tenant, Sessions: p.Retention, DeadMails: p.DeadMails, Guesses: p.Guesses.Longest()}, cleanup.Usual),
		Transfer:       transfer.New(w, p.Tenant),
		RevocationLog:  revoked,
		Introspection:  introspection.New(w, issuer, keys, revoked),
		Clients:        clients.New(w, limits, p.Tenant),
		Mailing:        post,
		Mails:          post,
	}, nil
}
