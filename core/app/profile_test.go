package app_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/app"
	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

func (w *world) update(who inbound.Principal, e user.Edits, m user.Match) (user.User, error) {
	return w.Profiles.Update(w.t.Context(), w.caller(), who, inbound.ProfileUpdate{Edits: e, Match: m})
}

func (w *world) erase(who inbound.Principal, text string) error {
	return w.Profiles.Erase(w.t.Context(), w.caller(), who, inbound.Erasure{Password: credential.NewPassword(text)})
}

// bytes is all that the database's files hold.
func (w *world) bytes() string {
	w.t.Helper()
	files, err := filepath.Glob(w.path + "*")
	require.NoError(w.t, err)
	var all strings.Builder
	for _, name := range files {
		content, err := os.ReadFile(name)
		require.NoError(w.t, err)
		all.Write(content)
	}
	return all.String()
}

func TestAnUpdateOfTheProfile(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	who := w.principal(in)
	w.clock.Advance(time.Hour)
	got, err := w.update(who, user.Edits{FirstName: user.Set("Ann"), Username: user.Set("ann"), Metadata: user.Set(`{"plan":"pro"}`)}, user.OneOf(1))
	require.NoError(t, err)
	require.EqualValues(t, 2, got.Revision)
	me, err := w.Accounts.Me(t.Context(), who)
	require.NoError(t, err)
	require.Equal(t, got, me)
	require.Equal(t, "Ann", *me.Profile.FirstName)
	require.Equal(t, w.clock.Now(), me.UpdatedAt)
	names, last := w.happened()
	require.Equal(t, event.UserUpdated, last.Name)
	require.Equal(t, map[string]string{"fields": "first_name user_metadata username"}, last.Payload, "names, and no values")
	require.Equal(t, event.OfUser(in.User.ID), last.Actor)
	require.Equal(t, "request-1", last.RequestID)

	again, err := w.update(who, user.Edits{FirstName: user.Set("Ann")}, user.Match{})
	require.NoError(t, err)
	require.Equal(t, me, again)
	same, _ := w.happened()
	require.Equal(t, names, same, "what changes nothing writes nothing")

	_, err = w.update(who, user.Edits{FirstName: user.Set("Zoë")}, user.OneOf(1))
	requireCode(t, fault.PreconditionFailed, err)
	_, err = w.update(who, user.Edits{FirstName: user.Set("Ann")}, user.OneOf(1))
	requireCode(t, fault.PreconditionFailed, err)
	_, err = w.update(who, user.Edits{Locale: user.Set("x"), Timezone: user.Set("x")}, user.Match{})
	requireCode(t, fault.ValidationError, err)
	require.Len(t, w.Profiles.CheckUpdate(inbound.ProfileUpdate{Edits: user.Edits{Locale: user.Set("x"), Timezone: user.Set("x")}}), 2)
	_, err = w.update(who, user.Edits{Metadata: user.Set(`{"x":"` + strings.Repeat("x", user.MaxMetadata) + `"}`)}, user.Match{})
	requireCode(t, fault.ValidationError, err)

	w.signUp("bob@example.com")
	bob := w.principal(w.signIn("bob@example.com"))
	_, err = w.update(bob, user.Edits{Username: user.Set("ANN")}, user.Match{})
	requireCode(t, fault.UsernameTaken, err)
	_, err = w.update(bob, user.Edits{Username: user.Set("bob"), FirstName: user.Set("Bob")}, user.OneOf(1))
	require.NoError(t, err, "nothing of the refused one was stored")
}

func TestASessionThatIsOverChangesNothing(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	who := w.principal(in)
	require.NoError(t, w.Tokens.SignOut(t.Context(), w.caller(), in.Tokens.Access))
	_, err := w.update(who, user.Edits{FirstName: user.Set("Ann")}, user.Match{})
	requireCode(t, fault.InvalidToken, err)
	requireCode(t, fault.InvalidToken, w.erase(who, password))
	_, err = w.Profiles.Export(t.Context(), w.caller(), who)
	requireCode(t, fault.InvalidToken, err)
	who.Session = session.ID{9}
	_, err = w.update(who, user.Edits{FirstName: user.Set("Ann")}, user.Match{})
	requireCode(t, fault.InvalidToken, err)
}

// Two who have read one revision: of those who say so one wins, and of those who
// do not each has its say.
func TestUpdatesThatMeet(t *testing.T) {
	w := newWorld(t)
	who := w.principal(w.signUp("ann@example.com"))
	var won, failed atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			_, err := w.update(who, user.Edits{FirstName: user.Set(string('a' + won.Load()))}, user.OneOf(1))
			switch fault.CodeOf(err) {
			case fault.PreconditionFailed:
				failed.Add(1)
			default:
				if err == nil {
					won.Add(1)
				}
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 1, won.Load())
	require.EqualValues(t, 7, failed.Load())

	// The exact interleaving: somebody else is faster between look and change.
	meddle := &meddlingStore{Store: w.store}
	other := w.instance(func(o *outbound.World, _ *app.Policy) { o.Store = meddle })
	require.NoError(t, other.Keys.Load(t.Context()))
	for _, c := range []struct {
		match user.Match
		want  fault.Code
	}{{user.OneOf(2), fault.PreconditionFailed}, {user.Match{}, ""}} {
		meddle.before = func() { w.exec("UPDATE users SET last_name = coalesce(last_name, '') || 'x', revision = revision + 1") }
		got, err := other.Profiles.Update(t.Context(), w.caller(), who, inbound.ProfileUpdate{Edits: user.Edits{FirstName: user.Set("Late")}, Match: c.match})
		if c.want != "" {
			requireCode(t, c.want, err)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, "Late", *got.Profile.FirstName)
		require.Equal(t, "xx", *got.Profile.LastName, "what the other changed stays")
	}
	meddle.always = func() { w.exec("UPDATE users SET revision = revision + 1") }
	_, err := other.Profiles.Update(t.Context(), w.caller(), who, inbound.ProfileUpdate{Edits: user.Edits{FirstName: user.Set("Never")}})
	requireCode(t, fault.Conflict, err)
	err = other.Profiles.Erase(t.Context(), w.caller(), who, inbound.Erasure{Password: credential.NewPassword(password)})
	requireCode(t, fault.Conflict, err)
	me, err := w.Accounts.Me(t.Context(), who)
	require.NoError(t, err)
	err = other.Profiles.Erase(t.Context(), w.caller(), who, inbound.Erasure{Password: credential.NewPassword(password), Match: user.OneOf(me.Revision)})
	requireCode(t, fault.PreconditionFailed, err)
	_, err = other.Operators.Erase(t.Context(), who.User)
	requireCode(t, fault.Conflict, err)
	_, err = w.Accounts.Me(t.Context(), who)
	require.NoError(t, err, "nothing is half done")
}

// meddlingStore has something happen before a transaction.
type meddlingStore struct {
	outbound.Store
	before, always func()
}

func (s *meddlingStore) Atomically(ctx context.Context, fn func(context.Context, outbound.Repositories) error) error {
	if s.before != nil {
		s.before()
		s.before = nil
	}
	if s.always != nil {
		s.always()
	}
	return s.Store.Atomically(ctx, fn)
}

func TestErasingOneself(t *testing.T) {
	w := newWorld(t)
	caller := w.caller()
	caller.Address, caller.RequestID = "203.0.113.99", "request-of-ann"
	in, err := w.Accounts.SignUp(t.Context(), caller, inbound.SignUp{
		Email: "Ann.Unmistakable@exämple.com", Username: "unmistakable", Password: credential.NewPassword(password), FirstName: "Unmistakably", LastName: "Annish",
	})
	require.NoError(t, err)
	second, err := w.Accounts.SignIn(t.Context(), caller, inbound.SignIn{Email: "ann.unmistakable@XN--EXMPLE-CUA.com", Password: credential.NewPassword(password)})
	require.NoError(t, err, "either form of the domain")
	bob := w.signUp("bob@example.com")
	who := w.principal(second)
	_, err = w.Profiles.Update(t.Context(), caller, who, inbound.ProfileUpdate{Edits: user.Edits{
		DisplayName: user.Set("Annabelle"), PhoneNumber: user.Set("+351987654321"), Metadata: user.Set(`{"note":"annotation"}`),
	}})
	require.NoError(t, err)
	for _, told := range []string{"nmistakab", "Annish", "Annabelle", "351987654321", "annotation", "203.0.113.99", "request-of-ann"} {
		require.Contains(t, w.bytes(), told)
	}

	// What is not enough.
	w.clock.Advance(11 * time.Minute)
	requireStepUp(t, 10*time.Minute, w.erase(who, password))
	fresh, err := w.Passwords.Reauthenticate(t.Context(), caller, who, inbound.Reauthentication{Password: credential.NewPassword(password)})
	require.NoError(t, err)
	who = w.who(fresh.Text)
	requireCode(t, fault.WrongPassword, w.erase(who, "another horse, another stable"))
	requireCode(t, fault.ValidationError, w.erase(who, ""))
	requireCode(t, fault.ValidationError, w.erase(who, strings.Repeat("x", 1<<20)))
	_, last := w.happened()
	require.Equal(t, event.ReauthenticationFailed, last.Name)
	err = w.Profiles.Erase(t.Context(), caller, who, inbound.Erasure{Password: credential.NewPassword(password), Match: user.OneOf(1)})
	requireCode(t, fault.PreconditionFailed, err)

	require.NoError(t, w.Profiles.Erase(t.Context(), caller, who, inbound.Erasure{Password: credential.NewPassword(password), Match: user.OneOf(2)}))

	stored := w.bytes()
	for _, told := range []string{"nmistakab", "Annish", "Annabelle", "351987654321", "annotation", "203.0.113.99", "request-of-ann", "ann.unmistakable", "exmple-cua"} {
		require.NotContains(t, stored, told)
	}
	require.Contains(t, stored, in.User.ID.String())
	for _, token := range []string{in.Tokens.Access, second.Tokens.Access, fresh.Text} {
		_, err := w.Tokens.Authenticate(t.Context(), w.caller(), token)
		requireCode(t, fault.InvalidToken, err)
	}
	for _, token := range []string{in.Tokens.Refresh, second.Tokens.Refresh} {
		_, err := w.Tokens.Refresh(t.Context(), w.caller(), token)
		requireCode(t, fault.InvalidRefreshToken, err)
	}
	requireCode(t, fault.InvalidToken, w.erase(who, password))
	list, err := w.Events.Latest(t.Context(), 3)
	require.NoError(t, err)
	require.Equal(t, event.UserDeleted, list[0].Name)
	for _, e := range list {
		require.Equal(t, event.OfUser(in.User.ID), e.Actor)
		require.Equal(t, in.User.ID, e.User)
		require.Empty(t, e.Address+e.RequestID)
	}
	require.Equal(t, "user_deleted", list[1].Payload["reason"])
	require.Equal(t, session.UserDeleted, w.stored(second.Session.ID).EndReason)
	require.Empty(t, w.stored(in.Session.ID).UserAgent)

	// It is over for good.
	requireCode(t, fault.Conflict, w.Operators.Reactivate(t.Context(), in.User.ID))
	_, err = w.Operators.Suspend(t.Context(), in.User.ID, "")
	requireCode(t, fault.Conflict, err)
	_, err = w.Operators.Erase(t.Context(), in.User.ID)
	requireCode(t, fault.Conflict, err)
	requireCode(t, fault.InvalidCredentials, w.trySignIn("ann.unmistakable@exämple.com", password))
	// And the address is anybody's.
	again, err := w.Accounts.SignUp(t.Context(), w.caller(), inbound.SignUp{Email: "ann.unmistakable@xn--exmple-cua.com", Username: "unmistakable", Password: credential.NewPassword(password)})
	require.NoError(t, err)
	require.NotEqual(t, in.User.ID, again.User.ID)
	_, err = w.Accounts.Me(t.Context(), w.principal(bob))
	require.NoError(t, err)
}

// The uses that are noted in memory come after the erasure.
func TestUsesThatAreStoredAfterAnErasure(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	elsewhere := w.caller()
	elsewhere.Address = "198.51.100.77"
	_, err := w.Tokens.Authenticate(t.Context(), elsewhere, in.Tokens.Access)
	require.NoError(t, err)
	require.NoError(t, w.erase(w.principal(in), password))
	asked := w.store.asked.Load()
	_, err = w.Tokens.Authenticate(t.Context(), elsewhere, in.Tokens.Access)
	requireCode(t, fault.InvalidToken, err)
	require.Equal(t, asked, w.store.asked.Load(), "refused at once, and nobody is asked")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, w.Activity.Run(ended))
	require.NotContains(t, w.bytes(), "198.51.100.77")
	require.NotContains(t, w.bytes(), "192.0.2.7")
}

func TestErasingAnAccountWithoutAPassword(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	who := w.principal(in)
	w.exec("DELETE FROM passwords")
	verified := w.hasher.verified.Load()
	requireCode(t, fault.WrongPassword, w.erase(who, password))
	require.EqualValues(t, 1, w.hasher.verified.Load()-verified)
	_, last := w.happened()
	require.Equal(t, event.NoPassword, last.Payload["reason"])
	w.clock.Advance(11 * time.Minute)
	requireStepUp(t, 10*time.Minute, w.erase(who, ""))
	who.AuthenticatedAt = w.clock.Now()
	require.NoError(t, w.erase(who, ""))
	u, err := w.store.Store.Users().ByID(t.Context(), tenant.Default, in.User.ID)
	require.NoError(t, err)
	require.Equal(t, user.Deleted, u.Status)
}

func TestErasuresAreCounted(t *testing.T) {
	w := newWorld(t, limits)
	who := w.principal(w.signUp("ann@example.com"))
	for range 5 {
		requireCode(t, fault.WrongPassword, w.erase(who, "another horse, another stable"))
	}
	requireCode(t, fault.RateLimited, w.erase(who, password))
}

func TestAnOperatorErasesAUser(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("Ann@example.com")
	w.signIn("ann@example.com")
	_, err := w.Operators.Erase(t.Context(), user.ID{9})
	requireCode(t, fault.NotFound, err)
	_, err = w.Operators.Suspend(t.Context(), in.User.ID, "asked to leave")
	require.NoError(t, err)
	ended, err := w.Operators.Erase(t.Context(), in.User.ID)
	require.NoError(t, err)
	require.Zero(t, ended, "the suspension ended them")
	require.NotContains(t, strings.ToLower(w.bytes()), "ann@example.com")
	require.NotContains(t, w.bytes(), "asked to leave")
	_, last := w.happened()
	require.Equal(t, event.UserDeleted, last.Name)
	require.Equal(t, event.Operator, last.Actor)
	found, err := w.Operators.FindUser(t.Context(), in.User.ID.String())
	require.NoError(t, err)
	require.True(t, found.Email.IsZero())

	bob := w.signUp("bob@example.com")
	ended, err = w.Operators.Erase(t.Context(), bob.User.ID)
	require.NoError(t, err)
	require.Equal(t, 1, ended)
	_, err = w.Tokens.Authenticate(t.Context(), w.caller(), bob.Tokens.Access)
	requireCode(t, fault.InvalidToken, err)
}

func TestAnExport(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	for range 2 {
		w.signIn("ann@example.com")
	}
	w.signUp("bob@example.com")
	for range 120 {
		require.NoError(t, w.store.Store.Events().Append(t.Context(), event.FailedSignIn(w.caller().Origin(), in.User.ID, event.WrongPassword, w.clock.Now())))
	}
	data, err := w.Profiles.Export(t.Context(), w.caller(), w.principal(in))
	require.NoError(t, err)
	require.Equal(t, in.User, data.User)
	require.Len(t, data.Devices, 1)
	require.Equal(t, w.clock.Now(), data.At)
	var sessions []session.ID
	for d, err := range data.Sessions {
		require.NoError(t, err)
		require.Equal(t, in.User.ID, d.Session.User)
		require.Len(t, d.Addresses, 1)
		sessions = append(sessions, d.Session.ID)
	}
	require.Len(t, sessions, 3)
	require.Equal(t, in.Session.ID, sessions[2])
	var names []event.Name
	for e, err := range data.Events {
		require.NoError(t, err)
		require.Equal(t, in.User.ID, e.User)
		names = append(names, e.Name)
	}
	require.Len(t, names, 125)
	require.Equal(t, []event.Name{event.UserExported, event.UserCreated}, []event.Name{names[0], names[124]})
	for range data.Sessions {
		break
	}
	for range data.Events {
		break
	}

	w.store.away.Store(true)
	for _, err := range data.Sessions {
		require.ErrorIs(t, err, outbound.ErrUnavailable)
	}
	for _, err := range data.Events {
		require.ErrorIs(t, err, outbound.ErrUnavailable)
	}
	_, err = w.Profiles.Export(t.Context(), w.caller(), w.who(in.Tokens.Access))
	requireCode(t, fault.Unavailable, err)
	w.store.away.Store(false)
	w.clock.Advance(11 * time.Minute)
	_, err = w.Profiles.Export(t.Context(), w.caller(), w.principal(in))
	requireStepUp(t, 10*time.Minute, err)
}

func TestProfilesWithoutAStore(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	who := w.principal(in)
	w.store.away.Store(true)
	_, err := w.update(who, user.Edits{FirstName: user.Set("Ann")}, user.Match{})
	requireCode(t, fault.Unavailable, err)
	requireCode(t, fault.Unavailable, w.erase(who, password))
	_, err = w.Operators.Erase(t.Context(), who.User)
	requireCode(t, fault.Unavailable, err)
	w.store.away.Store(false)
	w.store.refuse = outbound.ErrUnavailable
	_, err = w.update(who, user.Edits{FirstName: user.Set("Ann")}, user.Match{})
	requireCode(t, fault.Unavailable, err)
	requireCode(t, fault.Unavailable, w.erase(who, password))
}

func TestInternationalAddressesAreOneAccount(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("Ann@exämple.com")
	require.Equal(t, "Ann@exämple.com", in.User.Email.String())
	for _, form := range []string{"ann@EXÄMPLE.com", "ann@xn--exmple-cua.com", "ANN@exa\u0308mple.com"} {
		_, err := w.Accounts.SignUp(t.Context(), w.caller(), inbound.SignUp{Email: form, Password: credential.NewPassword(password)})
		requireCode(t, fault.EmailTaken, err)
		require.NoError(t, w.trySignIn(form, password))
		found, err := w.Operators.FindUser(t.Context(), form)
		require.NoError(t, err)
		require.Equal(t, in.User.ID, found.ID)
	}
	for _, form := range []string{"ann＠exämple.com", "ann@exаmple.com", "änn@example.com"} {
		_, err := w.Accounts.SignUp(t.Context(), w.caller(), inbound.SignUp{Email: form, Password: credential.NewPassword(password)})
		requireCode(t, fault.ValidationError, err)
	}
}

// A mail that is owed to an address names no user, and is of one all the same.
func TestAnErasureFindsMailsByInternationalAddresses(t *testing.T) {
	w := newWorld(t, withMail)
	who := w.principal(w.signUp("Ann@exämple.com"))
	w.post()
	w.forgot("ann@EXÄMPLE.com")
	require.NoError(t, w.MagicLinks.Request(t.Context(), w.caller(), inbound.MagicLink{Email: "ANN@exämple.com"}))
	require.Len(t, w.owed(), 2)
	require.NoError(t, w.erase(who, password))
	require.Empty(t, w.owed())
}

// A request that was under way is refused, and tells nothing of whom it was.
func TestARequestUnderWayWhileItsUserIsErased(t *testing.T) {
	w := newWorld(t)
	who := w.principal(w.signUp("ann@example.com"))
	require.Contains(t, w.bytes(), "192.0.2.7")
	w.hasher.during = func() {
		w.hasher.during = nil
		require.NoError(t, w.erase(who, password))
	}
	requireCode(t, fault.WrongPassword, w.change(who, password, "another horse, another stable"))
	_, last := w.happened()
	require.Equal(t, event.ReauthenticationFailed, last.Name)
	require.NotContains(t, w.bytes(), "192.0.2.7")
	require.NotContains(t, w.bytes(), "request-1")
}
