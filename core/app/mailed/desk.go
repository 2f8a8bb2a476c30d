package mailed

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/plinto/plinto/core/app/mailing"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/core/onetime"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// Policy is what mailed links obey.
type Policy struct {
	Enabled   bool   // whether mail is sent at all
	Frontend  string // where people see pages; links point there
	Lifetimes onetime.Lifetimes
	Sessions  session.Lifetime
}

// Desk owes mails and knows their tokens again.
type Desk struct {
	world  outbound.World
	policy Policy
}

// New makes a Desk.
func New(w outbound.World, p Policy) *Desk {
	p.Frontend = strings.TrimRight(p.Frontend, "/")
	return &Desk{world: w, policy: p}
}

// Enabled reports whether mail is sent.
func (d *Desk) Enabled() bool { return d.policy.Enabled }

// Open faults with MailDisabled when no mail is sent.
func (d *Desk) Open() error {
	if !d.policy.Enabled {
		return fault.New(fault.MailDisabled)
	}
	return nil
}

// Owed is a mail that is owed because of a request. A zero owner is one that
// nobody looked for, and an empty address the one that the account has.
func (d *Desk) Owed(c inbound.Caller, kind mail.Kind, owner user.ID, to string, details map[string]string) mail.Mail {
	return mail.Mail{
		Tenant: c.Tenant, ID: mail.ID(d.world.Identifiers.New()), Kind: kind, User: owner, To: to,
		Details: details, RequestID: c.RequestID, CreatedAt: d.world.Clock.Now(),
	}
}

// Notices is mails that come with something else: none where no mail is sent.
func (d *Desk) Notices(list ...mail.Mail) []mail.Mail {
	if !d.policy.Enabled {
		return nil
	}
	return list
}

// NewDevice is the mail that is owed to an owner who does not know the device of
// a new session; nil where no mail is sent.
func (d *Desk) NewDevice(c inbound.Caller, opened session.Session) *mail.Mail {
	if !d.policy.Enabled {
		return nil
	}
	m := d.Owed(c, mail.NewDevice, opened.User, "", map[string]string{
		mail.Device: opened.Device.Name, mail.Address: opened.Address, mail.At: opened.CreatedAt.Format(time.RFC3339),
	})
	return &m
}

// Notify owes mails in a transaction; none where no mail is sent.
func (d *Desk) Notify(ctx context.Context, tx outbound.Repositories, list ...mail.Mail) error {
	if !d.policy.Enabled {
		return nil
	}
	return tx.Outbox().Add(ctx, list...)
}

// path is the page that a link opens, at the front end.
func path(p onetime.Purpose) string {
	return map[onetime.Purpose]string{
		onetime.VerifyEmail:   "/verify-email",
		onetime.ChangeEmail:   "/change-email",
		onetime.ResetPassword: "/reset-password",
		onetime.MagicLink:     "/magic-link",
		onetime.Invitation:    "/accept-invitation",
	}[p]
}

// Link makes a token for an account, keeps its hash and gives what the mail
// says. ErrMoot when the token would be good for nothing by now.
func (d *Desk) Link(ctx context.Context, tx outbound.Repositories, m mail.Mail, p onetime.Purpose, owner user.User, to user.Email) (mailing.Written, error) {
	now := d.world.Clock.Now()
	if d.policy.Lifetimes.Late(p, m.CreatedAt, now) || !owner.Status.MayAct() {
		return mailing.Written{}, mailing.ErrMoot
	}
	life := d.policy.Lifetimes[p]
	token := onetime.Token{Purpose: p, Secret: d.world.Random.Secret()}
	err := tx.MailedTokens().Keep(ctx, onetime.Grant{
		Tenant: m.Tenant, User: owner.ID, Purpose: p, Hash: token.Hash(), Address: to, Redirect: m.Details[mail.Redirect],
		AskedAt: m.CreatedAt, ExpiresAt: now.Add(life),
	})
	if errors.Is(err, outbound.ErrStale) {
		return mailing.Written{}, mailing.ErrMoot
	}
	if err != nil {
		return mailing.Written{}, err
	}
	details := map[string]string{
		mail.Link:    d.policy.Frontend + path(p) + "?" + url.Values{"token": {token.Encode()}}.Encode(),
		mail.Expires: strconv.FormatInt(int64(life/time.Second), 10),
	}
	written := mailing.Written{To: to.ASCII(), Details: details}
	if owner.Profile.Locale != nil {
		written.Locale = *owner.Profile.Locale
	}
	// A name that a stranger may have chosen stands in no mail.
	if owner.EmailVerified && owner.Profile.FirstName != nil {
		details[mail.Name] = *owner.Profile.FirstName
	}
	return written, nil
}

// Read opens the text of a token. InvalidOrExpiredToken when it is none of this
// purpose.
func (d *Desk) Read(t tenant.ID, p onetime.Purpose, text string) (outbound.MailedToken, error) {
	token, err := onetime.Parse(p, text)
	if err != nil {
		return outbound.MailedToken{}, fault.New(fault.InvalidOrExpiredToken).Because(err)
	}
	return outbound.MailedToken{Tenant: t, Purpose: p, Hash: token.Hash(), Now: d.world.Clock.Now()}, nil
}

// Take uses a token up in a transaction. InvalidOrExpiredToken when it is not
// good.
func (d *Desk) Take(ctx context.Context, tx outbound.Repositories, t outbound.MailedToken) (outbound.TokenHolder, error) {
	found, err := tx.MailedTokens().Take(ctx, t)
	return found, Invalid(err)
}

// Invalid gives the one answer for tokens that are not good: unknown, used,
// expired, withdrawn, or of somebody who may not act.
func Invalid(err error) error {
	if errors.Is(err, outbound.ErrNotFound) {
		return fault.New(fault.InvalidOrExpiredToken).Because(err)
	}
	return err
}

// Withdrawal makes the tokens of a user worthless that were asked for until now.
func (d *Desk) Withdrawal(t tenant.ID, owner user.ID, now time.Time) outbound.Withdrawal {
	return outbound.Withdrawal{Tenant: t, User: owner, At: now, Until: now.Add(d.policy.Lifetimes.Longest())}
}

// ByAddress is an account found by the address that a mail is owed to. ErrMoot
// when there is none.
func (d *Desk) ByAddress(ctx context.Context, tx outbound.Repositories, m mail.Mail) (user.User, error) {
	to, faults := user.ParseAddress(m.To, d.world.Domains)
	if len(faults) > 0 {
		return user.User{}, mailing.ErrMoot
	}
	owner, _, err := tx.Users().ForSignIn(ctx, m.Tenant, user.Identifier{Email: to})
	if errors.Is(err, outbound.ErrNotFound) {
		return user.User{}, mailing.ErrMoot
	}
	return owner, err
}

// ByID is the account that a mail is about. ErrMoot when there is none any more.
func ByID(ctx context.Context, tx outbound.Repositories, m mail.Mail) (user.User, error) {
	owner, err := tx.Users().ByID(ctx, m.Tenant, m.User)
	if errors.Is(err, outbound.ErrNotFound) {
		return user.User{}, mailing.ErrMoot
	}
	return owner, err
}
