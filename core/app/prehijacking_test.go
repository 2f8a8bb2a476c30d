package app_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/app"
	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// The attacks by which somebody prepares an account of an address that is not
// theirs, before its owner comes (Sudhodanan and Paverd, "Pre-hijacked accounts",
// USENIX Security 2022). A stranger signs up with the victim's address; the
// victim gets in by the mailbox, in each way that there is. Identity providers
// will let people in by the same rule, so where the paper has the victim or the
// stranger come by one, the proof of the mailbox stands in its place.

// claims are the ways in which the victim gets in by the mailbox.
var claims = map[string]struct {
	reason session.EndReason
	enter  func(w *world)
}{
	"a reset": {session.PasswordReset, func(w *world) {
		w.forgot("victim@example.com")
		require.NoError(w.t, w.reset(w.letter(mail.ResetPassword).token(w.t), newPassword))
	}},
	"a magic link": {session.Claimed, func(w *world) {
		w.magic("victim@example.com")
		in, err := w.enter(w.letter(mail.MagicLink).token(w.t))
		require.NoError(w.t, err)
		require.True(w.t, in.User.EmailVerified)
		require.Equal(w.t, in.User, w.account(in))
		w.principal(in)
	}},
}

// letter writes everything that is owed, and gives the last mail of a kind.
func (w *world) letter(kind mail.Kind) letter {
	w.t.Helper()
	var found letter
	for _, l := range w.post() {
		if l.Kind == kind {
			found = l
		}
	}
	require.Equal(w.t, kind, found.Kind)
	return found
}

func eachClaim(t *testing.T, attack func(t *testing.T, w *world, reason session.EndReason, enter func())) {
	for name, c := range claims {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, withMail)
			attack(t, w, c.reason, func() { c.enter(w) })
		})
	}
}

// 1. Classic-federated merge: the stranger's password is one of two ways into
// what the victim takes for their own account.
func TestPreHijackingByMerge(t *testing.T) {
	eachClaim(t, func(t *testing.T, w *world, _ session.EndReason, enter func()) {
		w.signUp("victim@example.com")
		enter()
		is(t, fault.InvalidCredentials, w.trySignIn("victim@example.com", password))
		names, _ := w.happened()
		require.Contains(t, names, "user.verified user.claimed")
	})
}

// 2. Unexpired session: the stranger stays signed in.
func TestPreHijackingByASession(t *testing.T) {
	eachClaim(t, func(t *testing.T, w *world, reason session.EndReason, enter func()) {
		stranger, again := w.signUp("victim@example.com"), w.signIn("victim@example.com")
		enter()
		for _, in := range []inbound.SignedIn{stranger, again} {
			w.over(in, reason)
			_, err := w.Tokens.Refresh(t.Context(), w.caller(), in.Tokens.Refresh)
			is(t, fault.InvalidRefreshToken, err)
		}
	})
}

// 3. Trojan identifier: the stranger leaves another way in. There is the user
// name, which leads to the password that is gone, and links that were mailed or
// are still to be; none of them is good any more.
func TestPreHijackingByAnotherIdentifier(t *testing.T) {
	eachClaim(t, func(t *testing.T, w *world, _ session.EndReason, enter func()) {
		_, err := w.Accounts.SignUp(t.Context(), w.caller(), inbound.SignUp{
			Email: "victim@example.com", Username: "victim", Password: credential.NewPassword(password),
		})
		require.NoError(t, err)
		verification := w.letter(mail.VerifyEmail).token(t)
		enter()
		_, err = w.Accounts.SignIn(t.Context(), w.caller(), inbound.SignIn{Username: "victim", Password: credential.NewPassword(password)})
		is(t, fault.InvalidCredentials, err)
		is(t, fault.InvalidOrExpiredToken, w.verify(inbound.Principal{}, verification))
	})
}

// 4. Unexpired email change: the stranger has asked for another address of the
// account, theirs, and opens the link when the victim has come. The mail may
// have been written before, or be written after.
func TestPreHijackingByAChangeOfAddress(t *testing.T) {
	eachClaim(t, func(t *testing.T, w *world, _ session.EndReason, enter func()) {
		stranger := w.signUp("victim@example.com")
		require.NoError(t, w.moveTo(stranger, "first@evil.example"))
		written := w.letter(mail.ChangeEmail).token(t)
		require.NoError(t, w.moveTo(stranger, "second@evil.example"))
		late := w.owed()
		require.Len(t, late, 1)
		require.NoError(t, w.store.Store.Outbox().Remove(t.Context(), late[0].Tenant, late[0].ID))
		w.clock.Advance(time.Second)
		enter()
		is(t, fault.InvalidOrExpiredToken, w.confirm(inbound.Principal{}, written))
		require.NoError(t, w.store.Store.Outbox().Add(t.Context(), late[0].Mail))
		_, ok := w.write(late[0].Mail)
		require.False(t, ok, "what was asked for before is not mailed after")
		require.Equal(t, "victim@example.com", w.account(stranger).Email.String())
	})
}

// 5. Non-verifying identity provider: the stranger's proof of the address is
// none. What counts is who opened a mailed link, and from which session: that the
// victim verifies the address of an account that a stranger made, by a click,
// does not make the stranger's password and sessions good.
func TestPreHijackingByAVerificationThatIsNone(t *testing.T) {
	eachClaim(t, func(t *testing.T, w *world, reason session.EndReason, enter func()) {
		stranger := w.signUp("victim@example.com")
		other, err := w.Accounts.SignUp(t.Context(), w.caller(), inbound.SignUp{Email: "stranger@example.com", Password: credential.NewPassword(password)})
		require.NoError(t, err)
		var token string
		for _, l := range w.post() {
			if l.To == "victim@example.com" {
				token = l.token(t)
			}
		}
		require.NoError(t, w.verify(w.principal(other), token), "from a session, but of another account")
		require.True(t, w.account(stranger).EmailVerified)
		enter()
		w.over(stranger, reason)
		is(t, fault.InvalidCredentials, w.trySignIn("victim@example.com", password))
		w.principal(other)
	})
}

// Whoever moves their own account to the victim's address, and has the victim
// open the link, holds an account that the victim takes over.
func TestPreHijackingByMovingToAnAddress(t *testing.T) {
	eachClaim(t, func(t *testing.T, w *world, reason session.EndReason, enter func()) {
		stranger := w.verified("stranger@example.com")
		require.NoError(t, w.moveTo(stranger, "victim@example.com"))
		require.NoError(t, w.confirm(inbound.Principal{}, w.letter(mail.ChangeEmail).token(t)))
		w.principal(stranger)
		enter()
		w.over(stranger, reason)
		is(t, fault.InvalidCredentials, w.trySignIn("victim@example.com", password))
		is(t, fault.InvalidCredentials, w.trySignIn("stranger@example.com", password))
	})
}

// Once an account is its owner's, a link is a sign-in like others.
func TestAnOwnersAccountIsNotClaimedAgain(t *testing.T) {
	w := newWorld(t, withMail)
	ann := w.signUp("victim@example.com")
	w.magic("victim@example.com")
	first, err := w.enter(w.letter(mail.MagicLink).token(t))
	require.NoError(t, err)
	w.over(ann, session.Claimed)
	w.magic("victim@example.com")
	_, err = w.enter(w.letter(mail.MagicLink).token(t))
	require.NoError(t, err)
	w.principal(first)
}

func TestAnotherAddress(t *testing.T) {
	w := newWorld(t, withMail)
	ann, bob := w.verified("ann@example.com"), w.verified("bob@example.com")
	is(t, fault.ValidationError, w.moveTo(ann, "ANN@example.com"))
	is(t, fault.ValidationError, w.moveTo(ann, "nobody"))

	w.forgot("ann@example.com")
	reset := w.only(mail.ResetPassword, "ann@example.com").token(t)
	require.NoError(t, w.moveTo(ann, "ann@elsewhere.example"))
	l := w.only(mail.ChangeEmail, "ann@elsewhere.example")
	require.Equal(t, "ann@example.com", w.account(ann).Email.String(), "until the new one is proved")
	require.NoError(t, w.trySignIn("ann@example.com", password))
	require.NoError(t, w.confirm(w.principal(ann), l.token(t)))
	moved := w.account(ann)
	require.Equal(t, "ann@elsewhere.example", moved.Email.String())
	require.True(t, moved.EmailVerified)
	told := w.only(mail.EmailChanged, "ann@example.com")
	require.Equal(t, "ann@elsewhere.example", told.Details[mail.NewEmail])
	is(t, fault.InvalidOrExpiredToken, w.reset(reset, newPassword), "it was mailed to the old address")
	is(t, fault.InvalidCredentials, w.trySignIn("ann@example.com", password))
	require.NoError(t, w.trySignIn("ann@elsewhere.example", password))
	w.principal(ann)
	names, last := w.happened()
	require.Contains(t, names, "user.email_changed")
	require.NotContains(t, last.Payload, "email")

	require.NoError(t, w.moveTo(ann, "bob@example.com"), "nobody learns that it is somebody's")
	token := w.only(mail.ChangeEmail, "bob@example.com").token(t)
	is(t, fault.EmailTaken, w.confirm(inbound.Principal{}, token), "but who has the mailbox")
	require.Equal(t, "bob@example.com", w.account(bob).Email.String())
}

// What was mailed to an address that an account had is not good again when the
// account has it again.
func TestAnAddressThatComesBackBringsNoLinksBack(t *testing.T) {
	w := newWorld(t, withMail)
	ann := w.verified("ann@example.com")
	w.forgot("ann@example.com")
	reset := w.letter(mail.ResetPassword).token(t)
	for _, address := range []string{"ann@elsewhere.example", "ann@example.com"} {
		require.NoError(t, w.moveTo(ann, address))
		require.NoError(t, w.confirm(w.principal(ann), w.letter(mail.ChangeEmail).token(t)))
	}
	is(t, fault.InvalidOrExpiredToken, w.reset(reset, newPassword))
}

func TestAnotherAddressWantsRecentProof(t *testing.T) {
	w := newWorld(t, withMail)
	ann := w.signUp("ann@example.com")
	w.clock.Advance(11 * time.Minute)
	is(t, fault.ReauthenticationRequired, w.moveTo(ann, "ann@elsewhere.example"))
}

// Whoever had a wrong address typed is not told of the right one.
func TestAnUnprovenAddressIsNotTold(t *testing.T) {
	w := newWorld(t, withMail)
	ann := w.signUp("typo@example.com")
	require.NoError(t, w.moveTo(ann, "ann@example.com"))
	require.NoError(t, w.confirm(w.principal(ann), w.letter(mail.ChangeEmail).token(t)))
	require.Empty(t, w.post())
	require.True(t, w.account(ann).EmailVerified)
}

func TestAChangeOfThePasswordEndsWhatIsUnderWay(t *testing.T) {
	w := newWorld(t, withMail)
	ann := w.verified("ann@example.com")
	w.forgot("ann@example.com")
	require.NoError(t, w.moveTo(ann, "ann@evil.example"))
	tokens := map[mail.Kind]string{}
	for _, l := range w.post() {
		tokens[l.Kind] = l.token(t)
	}
	require.NoError(t, w.change(w.principal(ann), password, newPassword))
	is(t, fault.InvalidOrExpiredToken, w.confirm(inbound.Principal{}, tokens[mail.ChangeEmail]))
	is(t, fault.InvalidOrExpiredToken, w.reset(tokens[mail.ResetPassword], "yet another long password"))
}

func TestAHiddenSignUpTellsTheOwnerOfAnInternationalAddress(t *testing.T) {
	w := newWorld(t, withMail, func(_ *outbound.World, p *app.Policy) { p.HiddenSignUps = true })
	for _, kind := range []mail.Kind{mail.VerifyEmail, mail.AccountExists} {
		_, err := w.Accounts.SignUp(t.Context(), w.caller(), inbound.SignUp{Email: "Ann@exämple.com", Password: credential.NewPassword(password)})
		require.NoError(t, err)
		w.only(kind, "Ann@xn--exmple-cua.com")
	}
}

func TestAHiddenSignUpTellsNobody(t *testing.T) {
	w := newWorld(t, withMail, func(_ *outbound.World, p *app.Policy) { p.HiddenSignUps = true })
	sign := func(email, name string) error {
		in, err := w.Accounts.SignUp(t.Context(), w.caller(), inbound.SignUp{Email: email, Username: name, Password: credential.NewPassword(password)})
		require.Zero(t, in)
		return err
	}
	hashed := func(do func() error) (int32, error) {
		asked := w.store.asked.Load()
		err := do()
		return w.store.asked.Load() - asked, err
	}
	first, err := hashed(func() error { return sign("ann@example.com", "") })
	require.NoError(t, err)
	w.only(mail.VerifyEmail, "ann@example.com")
	is(t, fault.InvalidCredentials, w.trySignIn("ann@example.com", "another password than this"))
	require.NoError(t, w.trySignIn("ann@example.com", password))

	second, err := hashed(func() error { return sign("ANN@example.com", "") })
	require.NoError(t, err)
	require.Equal(t, first, second, "the same work")
	w.only(mail.AccountExists, "ann@example.com")

	require.NoError(t, sign("bob@example.com", "bob"))
	w.only(mail.VerifyEmail, "bob@example.com")
	for _, email := range []string{"new@example.com", "ann@example.com"} {
		is(t, fault.UsernameTaken, sign(email, "BOB"), "names are for all to see")
	}
	require.Empty(t, w.owed())
	is(t, fault.ValidationError, sign("ann@example.com", "x"))
}
