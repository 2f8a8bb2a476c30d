package app_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/hashing"
	"github.com/plinto/plinto/core/app"
	"github.com/plinto/plinto/core/app/guard"
	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/limit"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
	"github.com/plinto/plinto/ports/porttest"
)

const acceptURI = "https://auth.example.com/api/v1/auth/invitation/accept"

func (w *world) accept(token, password string) (inbound.SignedIn, error) {
	return w.Invitations.Accept(w.t.Context(), w.caller(), inbound.Acceptance{Token: token, New: credential.NewPassword(password)})
}

// invited is a world with Bob, whom an administrator made an account for, and
// the token of his invitation.
func invited(t *testing.T, change ...func(*outbound.World, *app.Policy)) (w *world, root inbound.Principal, bob user.User, token string) {
	w = newWorld(t, append([]func(*outbound.World, *app.Policy){withMail}, change...)...)
	_, root = w.administrator("root@example.com")
	w.post()
	bob, err := w.Directory.Create(t.Context(), w.caller(), root, inbound.NewUser{
		Email: "Bob@Example.com", Edits: user.Edits{FirstName: user.Set("Robert"), Locale: user.Set("pt")},
	})
	require.NoError(t, err)
	return w, root, bob, w.only(mail.Invitation, "Bob@Example.com").token(t)
}

func TestAnInvitationIsAccepted(t *testing.T) {
	w := newWorld(t, withMail)
	_, root := w.administrator("root@example.com")
	w.post()
	bob, err := w.Directory.Create(t.Context(), w.caller(), root, inbound.NewUser{Email: "bob@example.com", Edits: user.Edits{Locale: user.Set("pt")}})
	require.NoError(t, err)
	l := w.only(mail.Invitation, "bob@example.com")
	require.True(t, strings.HasPrefix(l.Details[mail.Link], "https://www.example.com/auth/accept-invitation?token=pmt_"))
	require.Equal(t, "172800", l.Details[mail.Expires])
	require.Equal(t, "pt", l.Locale)
	w.clock.Advance(time.Hour)
	before := len(w.events())

	in, err := w.accept(l.token(t), password)
	require.NoError(t, err)
	require.Equal(t, bob.ID, in.User.ID)
	require.True(t, in.User.EmailVerified)
	require.Equal(t, w.account(in), in.User, "as it is stored")
	require.NotEmpty(t, in.DeviceToken)
	require.Equal(t, []string{"email"}, w.principal(in).Methods)
	var names []event.Name
	for _, e := range w.events()[before:] {
		names = append(names, e.Name)
		require.Equal(t, event.OfUser(bob.ID), e.Actor)
		require.Equal(t, bob.ID, e.User)
	}
	require.Equal(t, []event.Name{event.UserVerified, event.UserClaimed, event.SessionCreated}, names)
	require.Empty(t, w.post(), "nobody is told what they did themselves")

	w.signIn("bob@example.com")
	_, err = w.accept(l.token(t), newPassword)
	is(t, fault.InvalidOrExpiredToken, err)
	require.NoError(t, w.trySignIn("bob@example.com", password), "nothing was changed by that")
}

func TestAPasswordThatIsNotGoodUsesNoInvitation(t *testing.T) {
	w, _, _, token := invited(t)
	before := len(w.events())
	for _, weak := range []string{"", "short", "plinto plinto plinto", "bob@example.com and me", "robert robert robert", strings.Repeat("x", 257)} {
		_, err := w.accept(token, weak)
		is(t, fault.ValidationError, err, weak)
	}
	_, err := w.accept("", "")
	is(t, fault.ValidationError, err)
	require.Len(t, w.Invitations.CheckAccept(inbound.Acceptance{}), 2)
	require.Len(t, w.events(), before)
	_, err = w.accept(token, password)
	require.NoError(t, err)
}

func TestAnInvitationThatIsNotGood(t *testing.T) {
	t.Run("expired", func(t *testing.T) {
		w, _, _, token := invited(t)
		w.clock.Advance(48 * time.Hour)
		_, err := w.accept(token, password)
		is(t, fault.InvalidOrExpiredToken, err)
	})
	t.Run("of a suspended account, also when it is active again", func(t *testing.T) {
		w, root, bob, token := invited(t)
		_, err := w.Administration.Suspend(t.Context(), w.caller(), root, bob.ID, "")
		require.NoError(t, err)
		_, err = w.accept(token, password)
		is(t, fault.InvalidOrExpiredToken, err)
		_, err = w.Administration.Reactivate(t.Context(), w.caller(), root, bob.ID)
		require.NoError(t, err)
		_, err = w.accept(token, password)
		is(t, fault.InvalidOrExpiredToken, err)
	})
	t.Run("of an erased account", func(t *testing.T) {
		w, root, bob, token := invited(t)
		require.NoError(t, w.Administration.Erase(t.Context(), w.caller(), root, bob.ID, user.Match{}))
		_, err := w.accept(token, password)
		is(t, fault.InvalidOrExpiredToken, err)
	})
	t.Run("of an account that was begun by another link", func(t *testing.T) {
		w, _, _, token := invited(t)
		w.forgot("bob@example.com")
		require.NoError(t, w.reset(w.only(mail.ResetPassword, "Bob@Example.com").token(t), newPassword))
		_, err := w.accept(token, password)
		is(t, fault.InvalidOrExpiredToken, err)
		require.NoError(t, w.trySignIn("bob@example.com", newPassword))
	})
	t.Run("of an account whose holder proved the mailbox", func(t *testing.T) {
		w := newWorld(t, withMail)
		_, root := w.administrator("root@example.com")
		w.post()
		bob := w.signUp("bob@example.com")
		proof := w.only(mail.VerifyEmail, "bob@example.com").token(t)
		require.NoError(t, w.Directory.Invite(t.Context(), w.caller(), root, bob.User.ID))
		token := w.only(mail.Invitation, "bob@example.com").token(t)
		require.NoError(t, w.verify(w.principal(bob), proof))
		_, err := w.accept(token, newPassword)
		is(t, fault.InvalidOrExpiredToken, err)
		w.principal(bob)
		require.NoError(t, w.trySignIn("bob@example.com", password))
	})
	t.Run("of another kind", func(t *testing.T) {
		w, _, bob, token := invited(t)
		w.forgot("bob@example.com")
		reset := w.only(mail.ResetPassword, "Bob@Example.com").token(t)
		_, err := w.accept(reset, password)
		is(t, fault.InvalidOrExpiredToken, err)
		is(t, fault.InvalidOrExpiredToken, w.reset(token, password))
		is(t, fault.InvalidOrExpiredToken, w.verify(inbound.Principal{}, token))
		is(t, fault.InvalidOrExpiredToken, w.confirm(inbound.Principal{}, token))
		_, err = w.enter(token)
		is(t, fault.InvalidOrExpiredToken, err)
		_, hash, err := w.store.Store.Users().WithPassword(t.Context(), bob.Tenant, bob.ID)
		require.NoError(t, err)
		require.Empty(t, hash)
	})
}

// Of those who accept an invitation at once, and all found it good, one gets the
// account, and their password is the one.
func TestOneOfManyAcceptsAnInvitation(t *testing.T) {
	const many = 32
	roomy, err := hashing.New(hashing.Options{Cost: 4, Queue: many, Timeout: time.Minute})
	require.NoError(t, err)
	hasher := &countingHasher{Hasher: roomy}
	w, _, _, token := invited(t, func(w *outbound.World, _ *app.Policy) { w.Hasher = hasher })
	var here sync.WaitGroup
	here.Add(many)
	hasher.hashing = func() error {
		here.Done()
		here.Wait()
		return nil
	}
	var won atomic.Int32
	var theirs atomic.Value
	var wg sync.WaitGroup
	for n := range many {
		wg.Go(func() {
			chosen := fmt.Sprintf("correct horse battery %d", n)
			_, err := w.accept(token, chosen)
			switch {
			case err == nil:
				won.Add(1)
				theirs.Store(chosen)
			case fault.CodeOf(err) != fault.InvalidOrExpiredToken:
				t.Errorf("accept: %v", err)
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 1, won.Load())
	require.NoError(t, w.trySignIn("bob@example.com", theirs.Load().(string)))
	require.Equal(t, 1, w.count("SELECT count(*) FROM events WHERE name = 'user.claimed'"))
}

// Whoever made the account of somebody else's address has nothing of it once
// the invitation was accepted.
func TestAnInvitationEndsWhatAStrangerPrepared(t *testing.T) {
	w := newWorld(t, withMail)
	_, root := w.administrator("root@example.com")
	w.post()
	stranger := w.signUp("victim@example.com")
	w.post()
	require.NoError(t, w.moveTo(stranger, "stranger@example.com"))
	moving := w.only(mail.ChangeEmail, "stranger@example.com").token(t)
	require.NoError(t, w.Directory.Invite(t.Context(), w.caller(), root, stranger.User.ID))
	in, err := w.accept(w.only(mail.Invitation, "victim@example.com").token(t), newPassword)
	require.NoError(t, err)
	w.over(stranger, session.Claimed)
	is(t, fault.InvalidCredentials, w.trySignIn("victim@example.com", password))
	is(t, fault.InvalidOrExpiredToken, w.confirm(inbound.Principal{}, moving))
	w.principal(in)
}

func TestAnInvitationIsSentAnew(t *testing.T) {
	w, root, bob, first := invited(t)
	w.clock.Advance(47 * time.Hour)
	before := len(w.events())
	require.NoError(t, w.Directory.Invite(t.Context(), w.caller(), root, bob.ID))
	happened := w.events()[before:]
	require.Len(t, happened, 1)
	require.Equal(t, event.AdminAction, happened[0].Name)
	require.Equal(t, map[string]string{"action": "invitation.repeated"}, happened[0].Payload)
	require.Equal(t, event.OfUser(root.User), happened[0].Actor)
	require.Equal(t, bob.ID, happened[0].User)
	second := w.only(mail.Invitation, "Bob@Example.com").token(t)
	_, err := w.accept(first, password)
	is(t, fault.InvalidOrExpiredToken, err, "a newer one was sent")
	w.clock.Advance(47 * time.Hour)

	require.NoError(t, w.Provisioning.Invite(t.Context(), bob.ID))
	_, last := w.happened()
	require.Equal(t, event.Operator, last.Actor)
	third := w.only(mail.Invitation, "Bob@Example.com").token(t)
	_, err = w.accept(second, password)
	is(t, fault.InvalidOrExpiredToken, err)
	require.NoError(t, w.Directory.Invite(t.Context(), w.caller(), root, bob.ID))
	_, err = w.accept(third, password)
	require.NoError(t, err, "the next one is not written yet")
	require.Empty(t, w.post(), "and is not, now that it is of no use")

	is(t, fault.AlreadyVerified, w.Directory.Invite(t.Context(), w.caller(), root, bob.ID))
	is(t, fault.AlreadyVerified, w.Provisioning.Invite(t.Context(), bob.ID))
	is(t, fault.NotFound, w.Directory.Invite(t.Context(), w.caller(), root, user.ID{9}))
	is(t, fault.NotFound, w.Provisioning.Invite(t.Context(), user.ID{9}))
	gone := w.signUp("gone@example.com")
	_, err = w.Operators.Suspend(t.Context(), gone.User.ID, "")
	require.NoError(t, err)
	w.post()
	before = len(w.events())
	is(t, fault.Conflict, w.Directory.Invite(t.Context(), w.caller(), root, gone.User.ID))
	require.Len(t, w.events(), before)
	require.Empty(t, w.owed())
}

func TestWithoutMailNobodyIsInvitedAnew(t *testing.T) {
	w := newWorld(t)
	_, root := w.administrator("root@example.com")
	bob := w.signUp("bob@example.com")
	is(t, fault.MailDisabled, w.Directory.Invite(t.Context(), w.caller(), root, bob.User.ID))
	is(t, fault.MailDisabled, w.Provisioning.Invite(t.Context(), bob.User.ID))
}

func TestInvitationsAreLimited(t *testing.T) {
	w, root, bob, token := invited(t, func(_ *outbound.World, p *app.Policy) {
		p.Limits.Mail.Resend = guard.Mailed{Account: []limit.Rule{{Name: "resend-account", Quota: 2, Window: time.Hour}}}
		p.Limits.Mail.Redeem = []limit.Rule{{Name: "link", Quota: 3, Window: time.Hour}}
	})
	for range 2 {
		require.NoError(t, w.Directory.Invite(t.Context(), w.caller(), root, bob.ID))
	}
	is(t, fault.RateLimited, w.Directory.Invite(t.Context(), w.caller(), root, bob.ID), "no mailbox is flooded")
	for range 3 {
		_, err := w.accept("pmt_x", password)
		is(t, fault.InvalidOrExpiredToken, err)
	}
	_, err := w.accept(token, password)
	is(t, fault.RateLimited, err)
}

func TestAnAcceptanceWithAProofIsBoundToItsKey(t *testing.T) {
	w, _, _, token := invited(t)
	her := porttest.NewProver(t, "ES256")
	cmd := inbound.Acceptance{Token: token, New: credential.NewPassword(password)}
	bad := w.holding(her, "POST", "https://elsewhere.example.com/", "", nil)
	bad.Proof.URI = acceptURI
	_, err := w.Invitations.Accept(t.Context(), bad, cmd)
	is(t, fault.InvalidProof, err)
	in, err := w.Invitations.Accept(t.Context(), w.holding(her, "POST", acceptURI, "", nil), cmd)
	require.NoError(t, err)
	require.True(t, in.Tokens.KeyBound)
	require.NotEmpty(t, w.stored(in.Session.ID).KeyThumbprint)
}
