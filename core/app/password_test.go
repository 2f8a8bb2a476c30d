package app_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/app"
	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

const another = "another horse, another stable"

func (w *world) prove(who inbound.Principal, text string) (inbound.AccessToken, error) {
	return w.Passwords.Reauthenticate(w.t.Context(), w.caller(), who, inbound.Reauthentication{Password: credential.NewPassword(text)})
}

func (w *world) change(who inbound.Principal, current, next string) error {
	return w.Passwords.Change(w.t.Context(), w.caller(), who, inbound.PasswordChange{
		Current: credential.NewPassword(current), New: credential.NewPassword(next),
	})
}

func (w *world) who(access string) inbound.Principal {
	w.t.Helper()
	who, err := w.Tokens.Authenticate(w.t.Context(), w.caller(), access)
	require.NoError(w.t, err)
	return who
}

func (w *world) trySignIn(email, text string) error {
	_, err := w.Accounts.SignIn(w.t.Context(), w.caller(), inbound.SignIn{Email: email, Password: credential.NewPassword(text)})
	return err
}

// stepUp is a fault of the gate's, with the limit that it tells.
func requireStepUp(t *testing.T, want time.Duration, err error) {
	t.Helper()
	requireCode(t, fault.ReauthenticationRequired, err)
	f, _ := errors.AsType[*fault.Error](err)
	require.Equal(t, want, f.MaxAge)
}

func TestReauthentication(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	signedIn := w.clock.Now()
	now := w.clock.Advance(5 * time.Minute)
	old := w.who(in.Tokens.Access)
	require.Equal(t, signedIn, old.AuthenticatedAt)
	asked, verified := w.store.asked.Load(), w.hasher.verified.Load()

	token, err := w.prove(old, password)
	require.NoError(t, err)
	require.EqualValues(t, 2, w.store.asked.Load()-asked)
	require.EqualValues(t, 1, w.hasher.verified.Load()-verified)
	require.Equal(t, 15*time.Minute, token.ExpiresIn)
	fresh := w.who(token.Text)
	require.Equal(t, now, fresh.AuthenticatedAt)
	require.Equal(t, in.Session.ID, fresh.Session)
	require.Equal(t, []string{"pwd"}, fresh.Methods)
	require.Equal(t, signedIn, w.who(in.Tokens.Access).AuthenticatedAt, "a token says for ever what it said")
	s := w.stored(in.Session.ID)
	require.Equal(t, now, s.AuthenticatedAt)
	require.Equal(t, now, s.LastActivityAt)
	require.Zero(t, s.Rotation.Generation)
	_, last := w.happened()
	require.Equal(t, event.Reauthenticated(w.caller().Origin(), in.Session.ID, in.User.ID, []string{"pwd"}, now), last.Event)

	w.clock.Advance(time.Minute)
	pair := w.mustRefresh(in.Tokens.Refresh)
	require.Equal(t, now, w.who(pair.Access).AuthenticatedAt, "what is refreshed tells of it")
	require.Equal(t, now, w.who(w.mustRefresh(in.Tokens.Refresh).Access).AuthenticatedAt, "and what is given again")
}

// Whatever is wrong, the caller sees one fault; it costs one hash and one
// event, and the session stays as it was.
func TestReauthenticationRefusalsAreAlike(t *testing.T) {
	w := newWorld(t)
	for reason, spoil := range map[string]func(in inbound.SignedIn){
		event.WrongPassword: nil,
		event.NoPassword: func(in inbound.SignedIn) {
			w.exec("DELETE FROM passwords WHERE user_id = '" + in.User.ID.String() + "'")
		},
		event.NotActive: func(in inbound.SignedIn) {
			w.exec("UPDATE users SET status = 'suspended' WHERE id = '" + in.User.ID.String() + "'")
		},
	} {
		in := w.signUp(strings.ReplaceAll(reason, "_", ".") + "@example.com")
		who, given, before := w.principal(in), password, w.stored(in.Session.ID)
		if spoil != nil {
			spoil(in)
		} else {
			given = "not the right password"
		}
		w.clock.Advance(time.Second)
		asked, verified := w.store.asked.Load(), w.hasher.verified.Load()
		_, err := w.prove(who, given)
		require.Equal(t, fault.New(fault.InvalidCredentials), err)
		require.EqualValues(t, 2, w.store.asked.Load()-asked, reason)
		require.EqualValues(t, 1, w.hasher.verified.Load()-verified, reason)
		_, last := w.happened()
		require.Equal(t, event.FailedReauthentication(w.caller().Origin(), in.User.ID, in.Session.ID, reason, w.clock.Now()), last.Event)
		require.Equal(t, before, w.stored(in.Session.ID))
	}
}

// What happens while a password is hashed is seen when it was.
func TestAReauthenticationThatIsOvertaken(t *testing.T) {
	w := newWorld(t)
	for name, meanwhile := range map[string]func(in inbound.SignedIn){
		"suspended": func(in inbound.SignedIn) {
			w.exec("UPDATE users SET status = 'suspended' WHERE id = '" + in.User.ID.String() + "'")
		},
		"changed": func(in inbound.SignedIn) {
			w.exec("UPDATE passwords SET hash = 'another' WHERE user_id = '" + in.User.ID.String() + "'")
		},
		"signed.out": func(in inbound.SignedIn) {
			require.NoError(t, w.Tokens.SignOut(t.Context(), w.caller(), in.Tokens.Access))
		},
	} {
		in := w.signUp(name + "@example.com")
		who := w.principal(in)
		w.clock.Advance(time.Second)
		w.hasher.during = func() { meanwhile(in) }
		_, err := w.prove(who, password)
		w.hasher.during = nil
		require.Equal(t, fault.New(fault.InvalidCredentials), err, name)
		_, last := w.happened()
		require.Equal(t, event.Overtaken, last.Payload["reason"], name)
		require.Equal(t, in.Session.AuthenticatedAt, w.stored(in.Session.ID).AuthenticatedAt, name)
	}
}

func TestAPasswordToProveIsGiven(t *testing.T) {
	w := newWorld(t)
	who := w.principal(w.signUp("ann@example.com"))
	asked, verified := w.store.asked.Load(), w.hasher.verified.Load()
	for text, kind := range map[string]string{"": "missing", strings.Repeat("x", 257): "too_long"} {
		_, err := w.prove(who, text)
		requireCode(t, fault.ValidationError, err)
		f, _ := errors.AsType[*fault.Error](err)
		require.Equal(t, "password", f.Fields[0].Name)
		require.Equal(t, kind, f.Fields[0].Type)
		require.Equal(t, f.Fields, w.Passwords.CheckReauthentication(inbound.Reauthentication{Password: credential.NewPassword(text)}))
	}
	require.Equal(t, asked, w.store.asked.Load())
	require.Equal(t, verified, w.hasher.verified.Load())
}

// Proofs by a session are counted by the session, before the password is looked
// at: whoever has it gets no more guesses than anybody has without, and
// strangers who guess at the account do not keep its owner from changing the
// password.
func TestProofsAreCountedByTheSession(t *testing.T) {
	w := newWorld(t, limits)
	in := w.signUp("ann@example.com")
	who := w.principal(in)
	for range 5 {
		requireCode(t, fault.InvalidCredentials, w.trySignIn("ann@example.com", "a guess that is wrong"))
	}
	requireCode(t, fault.RateLimited, w.trySignIn("ann@example.com", password))
	for n := range 5 {
		if n%2 == 0 {
			_, err := w.prove(who, "a guess that is wrong")
			requireCode(t, fault.InvalidCredentials, err)
		} else {
			requireCode(t, fault.WrongPassword, w.change(who, "a guess that is wrong", another))
		}
	}
	verified := w.hasher.verified.Load()
	_, err := w.prove(who, password)
	requireCode(t, fault.RateLimited, err)
	requireCode(t, fault.RateLimited, w.change(who, password, another))
	require.Equal(t, verified, w.hasher.verified.Load(), "counted before the password is looked at")
	bob := w.signUp("bob@example.com")
	_, err = w.prove(w.principal(bob), password)
	require.NoError(t, err)
	w.clock.Advance(time.Minute)
	_, err = w.prove(w.principal(w.signIn("ann@example.com")), password)
	require.NoError(t, err, "a session of hers that made no guesses")
}

// What changes an account asks for recent proof, by the token that asks.
func TestAChangeAsksForRecentProof(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	who := w.principal(in)
	w.clock.Advance(10*time.Minute + time.Microsecond)
	asked, verified := w.store.asked.Load(), w.hasher.verified.Load()
	requireStepUp(t, 10*time.Minute, w.change(who, password, another))
	require.Equal(t, asked, w.store.asked.Load(), "before anything else")
	require.Equal(t, verified, w.hasher.verified.Load())

	refreshed := w.mustRefresh(in.Tokens.Refresh)
	requireStepUp(t, 10*time.Minute, w.change(w.who(refreshed.Access), password, another))
	token, err := w.prove(who, password)
	require.NoError(t, err)
	requireStepUp(t, 10*time.Minute, w.change(who, password, another))
	w.clock.Advance(10*time.Minute - time.Microsecond)
	require.NoError(t, w.change(w.who(token.Text), password, another), "to the last instant: tokens tell whole seconds")

	off := w.instance(func(_ *outbound.World, p *app.Policy) { p.StepUp = 0 })
	w.clock.Advance(time.Hour)
	require.NoError(t, off.Passwords.Change(t.Context(), w.caller(), who, inbound.PasswordChange{
		Current: credential.NewPassword(another), New: credential.NewPassword(password),
	}), "unless nobody asks for it")
}

func TestAChangeOfThePassword(t *testing.T) {
	w := newWorld(t)
	in, bob := w.signUp("ann@example.com"), w.signUp("bob@example.com")
	second, third := w.signIn("ann@example.com"), w.signIn("ann@example.com")
	now := w.clock.Advance(time.Minute)
	require.NoError(t, w.Revocations.Load(t.Context()))
	who := w.principal(in)
	require.NoError(t, w.change(who, password, another))

	asked := w.store.asked.Load()
	for _, ended := range []inbound.SignedIn{second, third} {
		_, err := w.Tokens.Authenticate(t.Context(), w.caller(), ended.Tokens.Access)
		requireCode(t, fault.InvalidToken, err)
	}
	require.Equal(t, asked, w.store.asked.Load(), "known here without a look")
	for _, ended := range []inbound.SignedIn{second, third} {
		_, err := w.refresh(ended.Tokens.Refresh)
		requireCode(t, fault.InvalidRefreshToken, err)
		require.Equal(t, session.PasswordChanged, w.stored(ended.Session.ID).EndReason)
		require.Equal(t, now, *w.stored(ended.Session.ID).EndedAt)
	}
	names, last := w.happened()
	require.True(t, strings.HasSuffix(names, "session.created security.password.changed session.revoked session.revoked"), names)
	require.Equal(t, event.Ended(w.caller().Origin(), event.OfUser(in.User.ID), third.Session.ID, in.User.ID, session.PasswordChanged, now), last.Event)
	require.Equal(t, "password_changed", last.Payload["reason"])

	w.principal(in)
	w.mustRefresh(in.Tokens.Refresh)
	w.principal(bob)
	w.mustRefresh(bob.Tokens.Refresh)
	me, err := w.Accounts.Me(t.Context(), who)
	require.NoError(t, err)
	require.Equal(t, now, me.UpdatedAt)
	requireCode(t, fault.InvalidCredentials, w.trySignIn("ann@example.com", password))
	require.NoError(t, w.trySignIn("ann@example.com", another))
	require.NoError(t, w.trySignIn("bob@example.com", password))
}

func TestAChangeTellsEverythingThatIsWrongAtOnce(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("annabel.lee@example.com")
	who := w.principal(in)
	composed := strings.Repeat("é", 12) + " café"
	for _, c := range []struct{ current, next, want string }{
		{"", "", "current_password missing new_password missing"},
		{strings.Repeat("x", 257), strings.Repeat("x", 257), "current_password too_long new_password too_long"},
		{password, "short", "new_password too_short"},
		{password, strings.Repeat("e\u0301", 6), "new_password too_short"},
		{password, "my plinto password", "new_password too_guessable"},
		{password, password, "new_password unchanged"},
		{composed, strings.Repeat("e\u0301", 12) + " cafe\u0301", "new_password unchanged"},
	} {
		verified := w.hasher.verified.Load()
		err := w.change(who, c.current, c.next)
		requireCode(t, fault.ValidationError, err)
		f, _ := errors.AsType[*fault.Error](err)
		var got []string
		for _, field := range f.Fields {
			got = append(got, field.Name+" "+field.Type)
		}
		require.Equal(t, c.want, strings.Join(got, " "))
		require.Equal(t, f.Fields, w.Passwords.CheckChange(inbound.PasswordChange{
			Current: credential.NewPassword(c.current), New: credential.NewPassword(c.next),
		}))
		require.Equal(t, verified, w.hasher.verified.Load())
	}
	err := w.change(who, password, "Annabel.Lee was here")
	requireCode(t, fault.ValidationError, err)
	f, _ := errors.AsType[*fault.Error](err)
	require.Equal(t, "too_guessable", f.Fields[0].Type, "by the address that is stored")
	require.NoError(t, w.trySignIn("annabel.lee@example.com", password))
}

func TestAChangeWantsTheCurrentPassword(t *testing.T) {
	w := newWorld(t)
	in, second := w.signUp("ann@example.com"), w.signIn("ann@example.com")
	who := w.principal(in)
	require.Equal(t, fault.New(fault.WrongPassword), w.change(who, "not the right password", another))
	_, last := w.happened()
	require.Equal(t, event.ReauthenticationFailed, last.Name)
	require.Equal(t, event.WrongPassword, last.Payload["reason"])
	require.Equal(t, in.Session.ID.String(), last.Payload["session_id"])
	w.principal(second)
	require.NoError(t, w.trySignIn("ann@example.com", password))
}

// Two sessions change the password at once: one wins, and has ended the other
// when that one is done hashing.
func TestOfTwoChangesOneWins(t *testing.T) {
	w := newWorld(t)
	in, second := w.signUp("ann@example.com"), w.signIn("ann@example.com")
	loser, winner := w.principal(in), w.principal(second)
	w.hasher.during = func() {
		w.hasher.during = nil
		require.NoError(t, w.change(winner, password, another))
	}
	requireCode(t, fault.WrongPassword, w.change(loser, password, "a third horse, a third stable"))
	_, last := w.happened()
	require.Equal(t, event.Overtaken, last.Payload["reason"])
	require.NoError(t, w.trySignIn("ann@example.com", another))
	require.Nil(t, w.stored(second.Session.ID).EndedAt)
	require.Equal(t, session.PasswordChanged, w.stored(in.Session.ID).EndReason)
}

// A session that is ended while it changes the password changes none: whoever
// ended it may have meant just that.
func TestAnEndedSessionChangesNoPassword(t *testing.T) {
	w := newWorld(t)
	in, owner := w.signUp("ann@example.com"), w.signIn("ann@example.com")
	thief := w.principal(in)
	w.hasher.during = func() {
		w.hasher.during = nil
		require.NoError(t, w.Sessions.Revoke(t.Context(), w.caller(), w.principal(owner), in.Session.ID))
	}
	requireCode(t, fault.WrongPassword, w.change(thief, password, another))
	require.NoError(t, w.trySignIn("ann@example.com", password))
	w.principal(owner)
}

func TestASignInByAPasswordThatIsBeingChanged(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	who := w.principal(in)
	w.hasher.during = func() {
		w.hasher.during = nil
		require.NoError(t, w.change(who, password, another))
	}
	requireCode(t, fault.InvalidCredentials, w.trySignIn("ann@example.com", password))
	_, last := w.happened()
	require.Equal(t, event.Overtaken, last.Payload["reason"])
}

func TestAPrincipalWhoseAccountIsGone(t *testing.T) {
	w := newWorld(t)
	who := w.principal(w.signUp("ann@example.com"))
	who.User = user.ID{9}
	_, err := w.prove(who, password)
	requireCode(t, fault.InvalidToken, err)
	requireCode(t, fault.InvalidToken, w.change(who, password, another))
}
