package app_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/app"
	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// Whichever form of its domain is typed, a mail finds the account, and goes to
// the address in ASCII.
func TestMailsToInternationalDomains(t *testing.T) {
	w := newWorld(t, withMail, func(_ *outbound.World, p *app.Policy) { p.HiddenSignUps, p.Links.Magic = true, true })
	const wire = "Ann@xn--exmple-cua.com"
	sign := func(email string) {
		_, err := w.Accounts.SignUp(t.Context(), w.caller(), inbound.SignUp{Email: email, Password: credential.NewPassword(password)})
		require.NoError(t, err)
	}
	sign("Ann@exämple.com")
	w.only(mail.VerifyEmail, wire)
	for _, form := range []string{"ann@EXÄMPLE.com", "ann@xn--exmple-cua.com", "ANN@exa\u0308mple.com"} {
		sign(form)
		w.only(mail.AccountExists, wire)
		w.forgot(form)
		w.only(mail.ResetPassword, wire)
		w.magic(form)
		w.only(mail.MagicLink, wire)
	}
}

func TestMailsToInternationalDomainsAreErased(t *testing.T) {
	w := newWorld(t, withMail, func(_ *outbound.World, p *app.Policy) { p.Links.Magic = true })
	in := w.signUp("ann@exämple.com")
	w.forgot("Ann@EXÄMPLE.com")
	w.magic("ann@exa\u0308mple.com")
	_, err := w.Operators.Erase(t.Context(), in.User.ID)
	require.NoError(t, err)
	require.Empty(t, w.owed())
}
