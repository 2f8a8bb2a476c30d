package app_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/passwordlist"
	"github.com/plinto/plinto/core/app"
	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// breaches is somebody who knows one breached password, or is away.
type breaches struct {
	password string
	err      error
	asked    []string
}

func (b *breaches) Has(_ context.Context, p credential.Password) (bool, error) {
	b.asked = append(b.asked, p.Reveal())
	return p.Reveal() == b.password, b.err
}

func withLists(b *breaches) func(*outbound.World, *app.Policy) {
	return func(w *outbound.World, _ *app.Policy) {
		list, err := passwordlist.Shipped()
		if err != nil {
			panic(err)
		}
		w.Common, w.Breached = list, b
	}
}

func kinds(err error) (all []string) {
	f, _ := errors.AsType[*fault.Error](err)
	if f == nil {
		return nil
	}
	for _, field := range f.Fields {
		all = append(all, field.Name+" "+field.Type)
	}
	return all
}

func TestCommonPasswordsAreRefused(t *testing.T) {
	b := &breaches{}
	w := newWorld(t, withLists(b))
	for _, text := range []string{"qwertyuiop12", "Password1234", "passwordpassword", "123456789012", "aaaaaaaaaaaa", "International!", "ELIZABETH2024"} {
		cmd := inbound.SignUp{Email: "ann@example.com", Password: credential.NewPassword(text)}
		_, err := w.Accounts.SignUp(t.Context(), w.caller(), cmd)
		require.Equal(t, []string{"password too_common"}, kinds(err), text)
		require.Len(t, w.Accounts.CheckSignUp(cmd), 1)
	}
	require.Empty(t, b.asked, "nobody else is asked about what is refused already")
	in := w.signUp("ann@example.com")
	err := w.Passwords.Change(t.Context(), w.caller(), w.principal(in), inbound.PasswordChange{Current: credential.NewPassword(password), New: credential.NewPassword("Password1234")})
	require.Equal(t, []string{"new_password too_common"}, kinds(err))
}

func TestWhatOneIsCalledIsNoPassword(t *testing.T) {
	w := newWorld(t)
	for _, text := range []string{"the Zephyrine way", "in VANDERBILT hall", "ask zeph_v about it"} {
		cmd := inbound.SignUp{Email: "ann@example.com", Username: "zeph_v", FirstName: "Zephyrine", LastName: "Vanderbilt", Password: credential.NewPassword(text)}
		_, err := w.Accounts.SignUp(t.Context(), w.caller(), cmd)
		require.Equal(t, []string{"password too_guessable"}, kinds(err), text)
	}
	in, err := w.Accounts.SignUp(t.Context(), w.caller(), inbound.SignUp{
		Email: "ann@example.com", FirstName: "Zephyrine", LastName: "Vanderbilt", Password: credential.NewPassword(password),
	})
	require.NoError(t, err)
	err = w.Passwords.Change(t.Context(), w.caller(), w.principal(in), inbound.PasswordChange{
		Current: credential.NewPassword(password), New: credential.NewPassword("the Zephyrine way"),
	})
	require.Equal(t, []string{"new_password too_guessable"}, kinds(err))
}

func TestBreachedPasswordsAreRefusedWhereOneIsGiven(t *testing.T) {
	const known = "quite a long one é"
	b := &breaches{password: known}
	w := newWorld(t, withLists(b))
	cmd := inbound.SignUp{Email: "ann@example.com", Password: credential.NewPassword("quite a long one e\u0301")}
	_, err := w.Accounts.SignUp(t.Context(), w.caller(), cmd)
	require.Equal(t, []string{"password breached"}, kinds(err))
	in := w.signUp("ann@example.com")
	err = w.Passwords.Change(t.Context(), w.caller(), w.principal(in), inbound.PasswordChange{Current: credential.NewPassword(password), New: credential.NewPassword(known)})
	require.Equal(t, []string{"new_password breached"}, kinds(err))

	b.asked, b.password = nil, password
	w.signIn("ann@example.com")
	_, err = w.Passwords.Reauthenticate(t.Context(), w.caller(), w.principal(in), inbound.Reauthentication{Password: credential.NewPassword(password)})
	require.NoError(t, err)
	require.Empty(t, w.Accounts.CheckSignUp(inbound.SignUp{Email: "bob@example.com", Password: credential.NewPassword(password)}))
	require.Empty(t, b.asked, "never to let somebody in, and never to check")
}

func TestAServiceThatIsAwayKeepsNobodyOut(t *testing.T) {
	b := &breaches{password: password, err: outbound.ErrUnavailable}
	w := newWorld(t, withLists(b))
	w.signUp("ann@example.com")
	require.Equal(t, []string{password}, b.asked)
}
