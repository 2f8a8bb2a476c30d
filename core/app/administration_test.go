package app_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/id"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
)

// administrator signs somebody up who is made an administrator.
func (w *world) administrator(email string) (inbound.SignedIn, inbound.Principal) {
	w.t.Helper()
	in := w.signUp(email)
	require.NoError(w.t, w.Provisioning.SetAdministrator(w.t.Context(), in.User.ID, true))
	return in, w.principal(in)
}

// invitations gives the invitations that are owed, and whose they are.
func (w *world) invitations() []string {
	w.t.Helper()
	return w.column("SELECT kind || ' ' || user_id FROM mails WHERE kind = 'invitation' ORDER BY created_at, id")
}

func TestAnAdministratorIsWhoIsStoredAsOne(t *testing.T) {
	w := newWorld(t)
	in, who := w.administrator("ann@example.com")
	_, bob := w.administrator("bob@example.com")
	plain := w.principal(w.signUp("cat@example.com"))
	w.store.asked.Store(0)
	require.NoError(t, w.Administration.Admit(t.Context(), who))
	require.EqualValues(t, 1, w.store.asked.Load(), "one round trip")
	requireCode(t, fault.InsufficientPermissions, w.Administration.Admit(t.Context(), plain))

	t.Run("and is none when that has changed, with the same token", func(t *testing.T) {
		require.NoError(t, w.Provisioning.SetAdministrator(t.Context(), bob.User, false))
		requireCode(t, fault.InsufficientPermissions, w.Administration.Admit(t.Context(), bob))
		require.NoError(t, w.Provisioning.SetAdministrator(t.Context(), bob.User, true))
		require.NoError(t, w.Administration.Admit(t.Context(), bob))
	})
	t.Run("or when they may not act", func(t *testing.T) {
		for _, status := range []user.Status{user.Suspended, user.Inactive, user.Deleted} {
			w.exec("UPDATE users SET status = '" + string(status) + "' WHERE email_key = 'ann@example.com'")
			requireCode(t, fault.InvalidToken, w.Administration.Admit(t.Context(), who))
		}
		w.exec("UPDATE users SET status = 'active'")
	})
	t.Run("or when their session is over, or somebody else's", func(t *testing.T) {
		require.NoError(t, w.Administration.Admit(t.Context(), who))
		for _, other := range []inbound.Principal{
			{Tenant: tenant.ID{9}, User: who.User, Session: who.Session},
			{Tenant: who.Tenant, User: bob.User, Session: who.Session},
			{Tenant: who.Tenant, User: who.User, Session: session.ID{9}},
		} {
			requireCode(t, fault.InvalidToken, w.Administration.Admit(t.Context(), other))
		}
		require.NoError(t, w.Tokens.SignOut(t.Context(), w.caller(), in.Tokens.Access))
		requireCode(t, fault.InvalidToken, w.Administration.Admit(t.Context(), who))
		w.clock.Advance(8 * 24 * time.Hour)
		requireCode(t, fault.InvalidToken, w.Administration.Admit(t.Context(), bob))
	})
	t.Run("and nobody is let through while nobody can tell", func(t *testing.T) {
		w.store.away.Store(true)
		defer w.store.away.Store(false)
		requireCode(t, fault.Unavailable, w.Administration.Admit(t.Context(), bob))
	})
}

func TestAnAdministratorSuspends(t *testing.T) {
	w := newWorld(t)
	_, who := w.administrator("ann@example.com")
	first := w.signUp("bob@example.com")
	second := w.signIn("bob@example.com")
	before := len(w.events())
	w.clock.Advance(time.Second)

	u, err := w.Administration.Suspend(t.Context(), w.caller(), who, first.User.ID, "spam, twice")
	require.NoError(t, err)
	require.Equal(t, user.Suspended, u.Status)
	require.Equal(t, w.clock.Now(), u.UpdatedAt)
	happened := w.events()[before:]
	require.Len(t, happened, 3)
	require.Equal(t, event.UserSuspended, happened[0].Name)
	require.Equal(t, map[string]string{"reason": "spam, twice"}, happened[0].Payload)
	for _, e := range happened {
		require.Equal(t, event.OfUser(who.User), e.Actor)
		require.Equal(t, "request-1", e.RequestID)
		require.Equal(t, "192.0.2.7", e.Address)
		require.Equal(t, first.User.ID, e.User)
	}
	for _, in := range []inbound.SignedIn{first, second} {
		require.Equal(t, session.UserSuspended, w.stored(in.Session.ID).EndReason)
		_, err := w.Tokens.Authenticate(t.Context(), w.caller(), in.Tokens.Access)
		requireCode(t, fault.InvalidToken, err)
	}
	_, err = w.Administration.Suspend(t.Context(), w.caller(), who, first.User.ID, "")
	requireCode(t, fault.Conflict, err)

	u, err = w.Administration.Reactivate(t.Context(), w.caller(), who, first.User.ID)
	require.NoError(t, err)
	require.Equal(t, user.Active, u.Status)
	_, last := w.happened()
	require.Equal(t, event.UserReactivated, last.Name)
	require.Equal(t, event.OfUser(who.User), last.Actor)
	_, err = w.Administration.Reactivate(t.Context(), w.caller(), who, first.User.ID)
	requireCode(t, fault.Conflict, err)
	w.signIn("bob@example.com")
}

func TestWhatAnAdministratorCannotDo(t *testing.T) {
	w := newWorld(t)
	in, who := w.administrator("ann@example.com")
	bob := w.signUp("bob@example.com")
	demoted, former := w.administrator("cat@example.com")
	require.NoError(t, w.Provisioning.SetAdministrator(t.Context(), demoted.User.ID, false))
	stale := who
	stale.AuthenticatedAt = w.clock.Now().Add(-time.Hour)
	before := len(w.events())
	judge := func(who inbound.Principal, whom user.ID) []error {
		_, suspended := w.Administration.Suspend(t.Context(), w.caller(), who, whom, "")
		_, reactivated := w.Administration.Reactivate(t.Context(), w.caller(), who, whom)
		return []error{suspended, reactivated}
	}
	for name, c := range map[string]struct {
		who  inbound.Principal
		whom user.ID
		code fault.Code
	}{
		"to themselves":                       {who, who.User, fault.OwnAccount},
		"without recent proof":                {stale, bob.User.ID, fault.ReauthenticationRequired},
		"to nobody":                           {who, user.ID{9}, fault.NotFound},
		"who was one when the request began":  {former, bob.User.ID, fault.InsufficientPermissions},
		"to a user of another tenant's eyes":  {inbound.Principal{Tenant: tenant.ID{9}, User: who.User, AuthenticatedAt: who.AuthenticatedAt}, bob.User.ID, fault.InsufficientPermissions},
		"who are none, to an administrator":   {w.principal(bob), in.User.ID, fault.InsufficientPermissions},
		"without recent proof, to themselves": {stale, who.User, fault.ReauthenticationRequired},
	} {
		for _, err := range judge(c.who, c.whom) {
			require.Equal(t, c.code, fault.CodeOf(err), name)
		}
	}
	_, err := w.Administration.Suspend(t.Context(), w.caller(), who, bob.User.ID, "two\nlines")
	requireCode(t, fault.ValidationError, err)
	require.Len(t, w.Administration.CheckReason("two\nlines"), 1)
	_, err = w.Administration.EndSessions(t.Context(), w.caller(), who, user.ID{9})
	requireCode(t, fault.NotFound, err)
	_, err = w.Administration.Sessions(t.Context(), who, user.ID{9}, inbound.Page{Limit: 10})
	requireCode(t, fault.NotFound, err)
	_, err = w.Directory.Get(t.Context(), who, user.ID{9})
	requireCode(t, fault.NotFound, err)
	require.Len(t, w.events(), before, "nothing was done")
}

// However many administrators end each other's rights at once, one stays.
func TestOneAdministratorStays(t *testing.T) {
	w := newWorld(t)
	var all []inbound.Principal
	for n := range 6 {
		_, who := w.administrator(fmt.Sprintf("a%d@example.com", n))
		all = append(all, who)
	}
	var wg sync.WaitGroup
	for n, who := range all {
		wg.Go(func() {
			whom := all[(n+1)%len(all)].User
			_, err := w.Administration.Suspend(t.Context(), w.caller(), who, whom, "")
			if err != nil {
				require.Equal(t, fault.InsufficientPermissions, fault.CodeOf(err))
			}
		})
	}
	wg.Wait()
	left, err := w.store.Store.Users().LockAdministrators(t.Context(), tenant.Default)
	require.NoError(t, err)
	require.NotEmpty(t, left)
}

func TestAnAdministratorEndsSessions(t *testing.T) {
	w := newWorld(t)
	_, who := w.administrator("ann@example.com")
	first := w.signUp("bob@example.com")
	second := w.signIn("bob@example.com")
	who.AuthenticatedAt = time.Time{} // it asks for no recent proof

	page, err := w.Administration.Sessions(t.Context(), who, first.User.ID, inbound.Page{Limit: 1})
	require.NoError(t, err)
	require.Equal(t, second.Session.ID, page.Sessions[0].ID)
	page, err = w.Administration.Sessions(t.Context(), who, first.User.ID, inbound.Page{Limit: 1, After: page.Next})
	require.NoError(t, err)
	require.Equal(t, first.Session.ID, page.Sessions[0].ID)
	require.True(t, page.Next.IsZero())

	ended, err := w.Administration.EndSessions(t.Context(), w.caller(), who, first.User.ID)
	require.NoError(t, err)
	require.Equal(t, 2, ended)
	_, last := w.happened()
	require.Equal(t, event.OfUser(who.User), last.Actor)
	require.Equal(t, "administrator", last.Payload["reason"])
	for _, in := range []inbound.SignedIn{first, second} {
		require.Equal(t, session.ByAdministrator, w.stored(in.Session.ID).EndReason)
		_, err := w.Tokens.Authenticate(t.Context(), w.caller(), in.Tokens.Access)
		requireCode(t, fault.InvalidToken, err)
	}
	ended, err = w.Administration.EndSessions(t.Context(), w.caller(), who, who.User)
	require.NoError(t, err)
	require.Equal(t, 1, ended)
	requireCode(t, fault.InvalidToken, w.Administration.Admit(t.Context(), who))
}

func TestAnAdministratorFindsUsers(t *testing.T) {
	w := newWorld(t)
	_, who := w.administrator("root@example.com")
	var want []user.ID
	for n := range 5 {
		want = append([]user.ID{w.signUp(fmt.Sprintf("ann%d@example.com", n)).User.ID}, want...)
	}
	var got []user.ID
	query := inbound.UserQuery{Search: " ANN", Limit: 2}
	for pages := 1; ; pages++ {
		page, err := w.Directory.Find(t.Context(), who, query)
		require.NoError(t, err)
		require.LessOrEqual(t, len(page.Users), 2)
		for _, u := range page.Users {
			got = append(got, u.ID)
		}
		if query.After = page.Next; query.After.IsZero() {
			require.Equal(t, 3, pages)
			break
		}
	}
	require.Equal(t, want, got)
	page, err := w.Directory.Find(t.Context(), who, inbound.UserQuery{Status: user.Suspended, Limit: 10})
	require.NoError(t, err)
	require.Empty(t, page.Users)
	page, err = w.Directory.Find(t.Context(), who, inbound.UserQuery{})
	require.NoError(t, err)
	require.Len(t, page.Users, 1, "a page has at least one entry")
	_, err = w.Directory.Find(t.Context(), who, inbound.UserQuery{Search: "a\x00", Limit: 10})
	requireCode(t, fault.ValidationError, err)
	require.Len(t, w.Directory.CheckSearch("a\x00"), 1)
	u, err := w.Directory.Get(t.Context(), who, want[0])
	require.NoError(t, err)
	require.Equal(t, "ann4@example.com", u.Email.String())
}

func TestAnAdministratorInvites(t *testing.T) {
	w := newWorld(t, withMail)
	_, who := w.administrator("ann@example.com")
	before := len(w.events())
	cmd := inbound.NewUser{Email: "Bob@Example.com", Edits: user.Edits{
		Username: user.Set("bob"), LastName: user.Set("Lee"), Locale: user.Set("pt"), Metadata: user.Set(`{"plan":"pro"}`),
	}}
	require.Empty(t, w.Directory.CheckCreate(cmd))
	u, err := w.Directory.Create(t.Context(), w.caller(), who, cmd)
	require.NoError(t, err)
	stored, hash, err := w.store.Store.Users().WithPassword(t.Context(), tenant.Default, u.ID)
	require.NoError(t, err)
	require.Equal(t, stored, u)
	require.Empty(t, hash)
	require.False(t, u.EmailVerified)
	require.False(t, u.Administrator)
	require.Equal(t, "Bob@Example.com", u.Email.String())
	require.Equal(t, "Lee", *u.Profile.LastName)
	require.Equal(t, "pt", *u.Profile.Locale)
	require.JSONEq(t, `{"plan":"pro"}`, string(u.Metadata))
	require.EqualValues(t, 1, u.Revision)
	require.Equal(t, []string{"invitation " + u.ID.String()}, w.invitations())
	happened := w.events()[before:]
	require.Len(t, happened, 1)
	require.Equal(t, event.UserCreated, happened[0].Name)
	require.Equal(t, event.OfUser(who.User), happened[0].Actor)
	require.Equal(t, u.ID, happened[0].User)

	for _, p := range []string{password, ""} {
		_, err := w.Accounts.SignIn(t.Context(), w.caller(), inbound.SignIn{Email: "bob@example.com", Password: credential.NewPassword(p)})
		require.Error(t, err, "nobody knows a password that there is not")
	}
	before = len(w.events())
	wrong := inbound.NewUser{Email: "other", Edits: user.Edits{Username: user.Set("x"), FirstName: user.Set("a\n"), Metadata: user.Set("[]")}}
	for code, cmd := range map[fault.Code]inbound.NewUser{
		fault.EmailTaken:      {Email: "BOB@example.com", Edits: user.Edits{Username: user.Set("other")}},
		fault.UsernameTaken:   {Email: "other@example.com", Edits: user.Edits{Username: user.Set("BOB")}},
		fault.ValidationError: wrong,
	} {
		_, err := w.Directory.Create(t.Context(), w.caller(), who, cmd)
		requireCode(t, code, err)
	}
	require.Len(t, w.Directory.CheckCreate(wrong), 4)
	require.Len(t, w.events(), before)
	require.Len(t, w.invitations(), 1)
}

func TestOfManyInvitationsToOneAddressOneIsSent(t *testing.T) {
	w := newWorld(t, withMail)
	_, who := w.administrator("ann@example.com")
	var wg sync.WaitGroup
	results := make([]error, 16)
	for n := range results {
		wg.Go(func() {
			_, results[n] = w.Directory.Create(context.Background(), w.caller(), who, inbound.NewUser{Email: "bob@example.com"})
		})
	}
	wg.Wait()
	won := 0
	for _, err := range results {
		if err == nil {
			won++
			continue
		}
		require.Equal(t, fault.EmailTaken, fault.CodeOf(err))
	}
	require.Equal(t, 1, won)
	require.Len(t, w.invitations(), 1)
}

func TestNobodyIsInvitedWithoutMail(t *testing.T) {
	w := newWorld(t)
	_, who := w.administrator("ann@example.com")
	before := len(w.events())
	_, err := w.Directory.Create(t.Context(), w.caller(), who, inbound.NewUser{Email: "bob@example.com"})
	requireCode(t, fault.MailDisabled, err)
	_, err = w.Provisioning.Create(t.Context(), inbound.Provision{NewUser: inbound.NewUser{Email: "bob@example.com"}, Administrator: true})
	requireCode(t, fault.MailDisabled, err)
	require.Len(t, w.events(), before)
	require.Empty(t, w.invitations())
}

func TestAnOperatorMakesTheFirstAdministrator(t *testing.T) {
	w := newWorld(t, withMail)
	create := func(email, password string, administrator bool) (user.User, error) {
		return w.Provisioning.Create(t.Context(), inbound.Provision{
			NewUser: inbound.NewUser{Email: email}, Password: credential.NewPassword(password), Administrator: administrator,
		})
	}
	ann, err := create("ann@example.com", password, true)
	require.NoError(t, err)
	require.Empty(t, w.invitations(), "who has a password needs no invitation")
	names, last := w.happened()
	require.Equal(t, "user.created admin.action", names[len(names)-len("user.created admin.action"):])
	require.Equal(t, map[string]string{"action": "administrator.granted"}, last.Payload)
	require.Equal(t, event.Operator, last.Actor)
	require.NoError(t, w.Administration.Admit(t.Context(), w.principal(w.signIn("ann@example.com"))))

	bob, err := create("bob@example.com", "", false)
	require.NoError(t, err)
	require.False(t, bob.Administrator)
	require.Equal(t, []string{"invitation " + bob.ID.String()}, w.invitations())

	for _, weak := range []string{"short", "plinto plinto plinto"} {
		_, err := create("cat@example.com", weak, true)
		requireCode(t, fault.ValidationError, err)
	}
	_, err = create("ANN@example.com", password, true)
	requireCode(t, fault.EmailTaken, err)

	before := len(w.events())
	set := func(whom user.ID, to bool) error { return w.Provisioning.SetAdministrator(t.Context(), whom, to) }
	requireCode(t, fault.Conflict, set(ann.ID, true))
	requireCode(t, fault.Conflict, set(bob.ID, false))
	requireCode(t, fault.NotFound, set(id.Of[user.User]{9}, true))
	w.exec("UPDATE users SET status = 'deleted' WHERE email_key = 'bob@example.com'")
	requireCode(t, fault.Conflict, set(bob.ID, true))
	require.Len(t, w.events(), before)
	require.NoError(t, set(ann.ID, false), "also the last one: an operator can make another")
	_, last = w.happened()
	require.Equal(t, map[string]string{"action": "administrator.withdrawn"}, last.Payload)
	require.Equal(t, ann.ID, last.User)
}

func TestAnAdministratorChangesWhatAnAccountSays(t *testing.T) {
	w := newWorld(t)
	_, who := w.administrator("ann@example.com")
	bob, cat := w.signUp("bob@example.com"), w.signUp("cat@example.com")
	update := func(whom user.ID, e user.Edits, m user.Match) (user.User, error) {
		require.Empty(t, w.Directory.CheckUpdate(inbound.ProfileUpdate{Edits: e}))
		return w.Directory.Update(t.Context(), w.caller(), who, whom, inbound.ProfileUpdate{Edits: e, Match: m})
	}
	u, err := update(bob.User.ID, user.Edits{FirstName: user.Set("Bob"), Username: user.Set("bob")}, user.OneOf(1))
	require.NoError(t, err)
	require.EqualValues(t, 2, u.Revision)
	stored, err := w.Directory.Get(t.Context(), who, bob.User.ID)
	require.NoError(t, err)
	require.Equal(t, u, stored)
	_, last := w.happened()
	require.Equal(t, event.UserUpdated, last.Name)
	require.Equal(t, event.OfUser(who.User), last.Actor)
	require.Equal(t, bob.User.ID, last.User)

	before := len(w.events())
	_, err = update(bob.User.ID, user.Edits{FirstName: user.Set("Rob")}, user.OneOf(1))
	requireCode(t, fault.PreconditionFailed, err)
	_, err = update(cat.User.ID, user.Edits{Username: user.Set("BOB")}, user.Match{})
	requireCode(t, fault.UsernameTaken, err)
	_, err = update(user.ID{9}, user.Edits{FirstName: user.Set("Rob")}, user.Match{})
	requireCode(t, fault.NotFound, err)
	_, err = w.Directory.Update(t.Context(), w.caller(), who, bob.User.ID, inbound.ProfileUpdate{Edits: user.Edits{FirstName: user.Set("a\n")}})
	requireCode(t, fault.ValidationError, err)
	same, err := update(bob.User.ID, user.Edits{FirstName: user.Set("Bob")}, user.Match{})
	require.NoError(t, err)
	require.Equal(t, u, same)
	require.Len(t, w.events(), before)
}

func TestAnAdministratorErases(t *testing.T) {
	w := newWorld(t)
	_, who := w.administrator("ann@example.com")
	other, second := w.administrator("other@example.com")
	bob := w.signUp("bob@example.com")
	erase := func(who inbound.Principal, whom user.ID, m user.Match) error {
		return w.Administration.Erase(t.Context(), w.caller(), who, whom, m)
	}
	stale := who
	stale.AuthenticatedAt = w.clock.Now().Add(-time.Hour)
	before := len(w.events())
	requireCode(t, fault.OwnAccount, erase(who, who.User, user.Match{}))
	requireCode(t, fault.ReauthenticationRequired, erase(stale, bob.User.ID, user.Match{}))
	requireCode(t, fault.InsufficientPermissions, erase(w.principal(bob), who.User, user.Match{}))
	requireCode(t, fault.PreconditionFailed, erase(who, bob.User.ID, user.OneOf(7)))
	requireCode(t, fault.NotFound, erase(who, user.ID{9}, user.Match{}))
	require.Len(t, w.events(), before, "nothing was done")

	require.NoError(t, erase(who, bob.User.ID, user.OneOf(1)))
	u, err := w.Directory.Get(t.Context(), who, bob.User.ID)
	require.NoError(t, err)
	require.Equal(t, user.Deleted, u.Status)
	require.True(t, u.Email.IsZero())
	_, err = w.Tokens.Authenticate(t.Context(), w.caller(), bob.Tokens.Access)
	requireCode(t, fault.InvalidToken, err)
	_, last := w.happened()
	require.Equal(t, event.OfUser(who.User), last.Actor)
	requireCode(t, fault.Conflict, erase(who, bob.User.ID, user.Match{}))
	_, err = w.Directory.Update(t.Context(), w.caller(), who, bob.User.ID, inbound.ProfileUpdate{Edits: user.Edits{FirstName: user.Set("Bob")}})
	requireCode(t, fault.Conflict, err)
	_, err = w.Administration.Suspend(t.Context(), w.caller(), who, bob.User.ID, "")
	requireCode(t, fault.Conflict, err)

	t.Run("the last one stays, unless an operator says so", func(t *testing.T) {
		leave := func(who inbound.Principal) error {
			return w.Profiles.Erase(t.Context(), w.caller(), who, inbound.Erasure{Password: credential.NewPassword(password)})
		}
		require.NoError(t, leave(second))
		_, err := w.Tokens.Authenticate(t.Context(), w.caller(), other.Tokens.Access)
		requireCode(t, fault.InvalidToken, err)
		before := len(w.events())
		requireCode(t, fault.LastAdministrator, leave(who))
		require.Len(t, w.events(), before)
		require.NoError(t, w.Administration.Admit(t.Context(), who))
		_, err = w.Operators.Erase(t.Context(), who.User)
		require.NoError(t, err)
		requireCode(t, fault.InvalidToken, w.Administration.Admit(t.Context(), who))
	})
}
