package app

import (
	"github.com/plinto/plinto/core/app/address"
	"github.com/plinto/plinto/core/app/guard"
	"github.com/plinto/plinto/core/app/guessing"
	"github.com/plinto/plinto/core/app/invitation"
	"github.com/plinto/plinto/core/app/issuing"
	"github.com/plinto/plinto/core/app/magiclink"
	"github.com/plinto/plinto/core/app/mailed"
	"github.com/plinto/plinto/core/app/mailing"
	"github.com/plinto/plinto/core/app/proofs"
	"github.com/plinto/plinto/core/app/recovery"
	"github.com/plinto/plinto/core/app/stepup"
	"github.com/plinto/plinto/core/app/strength"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/core/onetime"
	"github.com/plinto/plinto/ports/outbound"
)

// Links is what links in mails obey.
type Links struct {
	Frontend  string // where people see pages; links point there
	Lifetimes onetime.Lifetimes
	Magic     bool     // whether links sign in
	Redirects []string // where a link that signs in may lead on to, to the letter
}

// links are the use cases that mail links.
type links struct {
	recovery  *recovery.Service
	addresses *address.Service
	magic     *magiclink.Service
	invited   *invitation.Service
}

// newLinks makes them, around a desk that they share with others.
func newLinks(w outbound.World, p Policy, desk *mailed.Desk, i *issuing.Issuer, g *guard.Guard, t *guessing.Service, k *proofs.Service, gate *stepup.Gate, r strength.Rules, revoked recovery.Revoked) links {
	return links{
		recovery:  recovery.New(w, desk, g, r, revoked),
		addresses: address.New(w, desk, g, gate),
		magic: magiclink.New(w, desk, i, g, t, k, revoked, magiclink.Policy{
			Enabled: p.Links.Magic, Redirects: p.Links.Redirects, MostSessions: p.MostSessions,
		}),
		invited: invitation.New(w, desk, i, g, t, k, r, revoked, p.MostSessions),
	}
}

// writers gives who writes the mails that carry links.
func (l links) writers() map[mail.Kind]mailing.Writer {
	return map[mail.Kind]mailing.Writer{
		mail.VerifyEmail:   l.addresses.WriteVerification,
		mail.ChangeEmail:   l.addresses.WriteChange,
		mail.ResetPassword: l.recovery.Write,
		mail.MagicLink:     l.magic.Write,
		mail.Invitation:    l.invited.Write,
	}
}
