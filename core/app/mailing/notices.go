package mailing

import (
	"context"
	"errors"
	"maps"

	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

// Notices gives the writers of the mails that tell somebody of something and
// carry no link.
func Notices() map[mail.Kind]Writer {
	return map[mail.Kind]Writer{
		mail.PasswordChanged: toOwner,
		mail.NewDevice:       toOwner,
		mail.FailedSignIns:   toOwner,
		mail.AccountExists:   toWhoeverHas,
		mail.EmailChanged:    toFormerAddress,
	}
}

// toOwner writes to the address that an account has now.
func toOwner(ctx context.Context, tx outbound.Repositories, m mail.Mail) (Written, error) {
	u, err := tx.Users().ByID(ctx, m.Tenant, m.User)
	if errors.Is(err, outbound.ErrNotFound) || err == nil && u.Status == user.Deleted {
		return Written{}, ErrMoot
	}
	return inWordsOf(u, u.Email.ASCII(), m), err
}

// toWhoeverHas writes to the account that has an address, at the address as the
// account has it: another spelling may be another mailbox.
func toWhoeverHas(ctx context.Context, tx outbound.Repositories, m mail.Mail) (Written, error) {
	address, faults := user.ParseEmail(m.To)
	if len(faults) > 0 {
		return Written{}, ErrMoot
	}
	u, _, err := tx.Users().ForSignIn(ctx, m.Tenant, user.Identifier{Email: address})
	if errors.Is(err, outbound.ErrNotFound) || err == nil && u.Status == user.Deleted {
		return Written{}, ErrMoot
	}
	return inWordsOf(u, u.Email.ASCII(), m), err
}

// toFormerAddress writes to the address that an account had. When the account is
// gone that address is to be forgotten too, and gets nothing.
func toFormerAddress(ctx context.Context, tx outbound.Repositories, m mail.Mail) (Written, error) {
	if m.To == "" {
		return Written{}, ErrMoot
	}
	u, err := tx.Users().ByID(ctx, m.Tenant, m.User)
	if errors.Is(err, outbound.ErrNotFound) || err == nil && u.Status == user.Deleted {
		return Written{}, ErrMoot
	}
	return inWordsOf(u, m.To, m), err
}

// inWordsOf tells a mail's details in the language of a user and by their name.
func inWordsOf(u user.User, to string, m mail.Mail) Written {
	w := Written{To: to, Details: map[string]string{}}
	if u.Profile.Locale != nil {
		w.Locale = *u.Profile.Locale
	}
	if u.Profile.FirstName != nil {
		w.Details[mail.Name] = *u.Profile.FirstName
	}
	maps.Copy(w.Details, m.Details)
	return w
}
