package guard

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"github.com/plinto/plinto/core/limit"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
)

// Mailed is what is counted of requests for one kind of mail.
type Mailed struct {
	Address []limit.Rule // of a client address
	Account []limit.Rule // for one mailbox, whoever asks
}

// MailRules is what is counted of mails that people ask for, and of the links
// that they open.
type MailRules struct {
	Forgot, MagicLink, Resend, ChangeEmail Mailed
	SignUp                                 []limit.Rule // sign-ups with an address, where they say nothing of it
	Redeem                                 []limit.Rule // of a client address, with tokens of links
}

// Forgot charges a request for a mail that resets a password.
func (g *Guard) Forgot(ctx context.Context, c inbound.Caller, to user.Email) error {
	return g.mail(ctx, c, g.rules.Mail.Forgot, "forgot", to)
}

// MagicLink charges a request for a mail that signs in.
func (g *Guard) MagicLink(ctx context.Context, c inbound.Caller, to user.Email) error {
	return g.mail(ctx, c, g.rules.Mail.MagicLink, "magic-link", to)
}

// Resend charges a request for a mail that verifies an address.
func (g *Guard) Resend(ctx context.Context, c inbound.Caller, to user.Email) error {
	return g.mail(ctx, c, g.rules.Mail.Resend, "resend", to)
}

// Invitation charges an invitation that an administrator has sent anew, to the
// mailbox alone. It draws on the budget of mails that verify an address.
func (g *Guard) Invitation(ctx context.Context, c inbound.Caller, to user.Email) error {
	return g.charge(ctx, c, limit.Charge{Subject: mailbox(c, "resend", to), Rules: g.rules.Mail.Resend.Account})
}

// ChangeEmail charges a request for another address, to whoever asks and to the
// mailbox that is to get the mail.
func (g *Guard) ChangeEmail(ctx context.Context, c inbound.Caller, to user.Email) error {
	return g.mail(ctx, c, g.rules.Mail.ChangeEmail, "change-email", to)
}

// QuietSignUp charges a sign-up that does not tell whether there is an account,
// and so may send a mail to anybody.
func (g *Guard) QuietSignUp(ctx context.Context, c inbound.Caller, to user.Email) error {
	return g.charge(ctx, c,
		address(c, g.rules.Address, g.rules.SignUp),
		limit.Charge{Subject: mailbox(c, "signup", to), Rules: g.rules.Mail.SignUp})
}

// Redeem charges somebody who presents the token of a link.
func (g *Guard) Redeem(ctx context.Context, c inbound.Caller) error {
	return g.charge(ctx, c, address(c, g.rules.Address, g.rules.Mail.Redeem))
}

// mail charges the client address and the mailbox. The mailbox is counted by
// what addresses are compared by, and not by an account: whether there is one
// nobody asks.
func (g *Guard) mail(ctx context.Context, c inbound.Caller, m Mailed, kind string, to user.Email) error {
	return g.charge(ctx, c,
		address(c, g.rules.Address, m.Address),
		limit.Charge{Subject: mailbox(c, kind, to), Rules: m.Account})
}

func mailbox(c inbound.Caller, kind string, to user.Email) limit.Subject {
	sum := sha256.Sum256([]byte(to.Key()))
	return subject(c, limit.Account, kind+"/"+hex.EncodeToString(sum[:16]))
}
