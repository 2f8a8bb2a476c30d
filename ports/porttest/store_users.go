package porttest

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

func testUsers(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	users := h.Store.Users()

	t.Run("every field comes back", func(t *testing.T) {
		text := func(s string) *string { return &s }
		a := account("Full@Example.com", "Full_Name")
		a.User.Profile = user.Profile{
			FirstName: text("Zoë"), LastName: text("O'Néil 🦊"), DisplayName: text("\"); DROP TABLE users; --"), ImageURL: text("https://example.com/a.png"),
			PhoneNumber: text("+351 900"), Timezone: text("Europe/Lisbon"), Locale: text("pt-PT"),
		}
		a.User.EmailVerified = true
		a.User.Metadata = []byte(`{"plan":"pro","n":[1,2.5,null]}`)
		seen := at.Add(time.Microsecond)
		a.User.LastSignInAt = &seen
		require.NoError(t, users.Register(ctx, a))
		got, hash, err := users.ForSignIn(ctx, tenant.Default, identifier(a.User))
		require.NoError(t, err)
		require.Equal(t, a.PasswordHash, hash)
		require.JSONEq(t, string(a.User.Metadata), string(got.Metadata))
		got.Metadata = a.User.Metadata
		require.Equal(t, a.User, got)
		require.Equal(t, time.UTC, got.CreatedAt.Location())

		s, err := h.Store.Sessions().ByID(ctx, tenant.Default, a.Session.ID)
		require.NoError(t, err)
		require.Equal(t, a.Session, s)
	})

	t.Run("absent fields come back absent", func(t *testing.T) {
		a := register(t, h.Store, "bare@example.com", "")
		got, _, err := users.ForSignIn(ctx, tenant.Default, identifier(a.User))
		require.NoError(t, err)
		require.Equal(t, a.User, got)
	})

	t.Run("a user is found by either name, in any case, and by nothing else", func(t *testing.T) {
		a := register(t, h.Store, "Ann.Lee@Example.com", "Ann_Lee")
		for _, name := range []string{"ann.lee@example.com", "ANN.LEE@EXAMPLE.COM"} {
			email, _ := user.ParseEmail(name)
			got, _, err := users.ForSignIn(ctx, tenant.Default, user.Identifier{Email: email})
			require.NoError(t, err, name)
			require.Equal(t, a.User.ID, got.ID)
		}
		name, _ := user.ParseUsername("ann_LEE")
		got, _, err := users.ForSignIn(ctx, tenant.Default, user.Identifier{Username: name})
		require.NoError(t, err)
		require.Equal(t, a.User.ID, got.ID)
		require.Equal(t, "Ann.Lee@Example.com", got.Email.String(), "kept as typed")

		for _, other := range []string{"annXlee@example.com", "ann_lee@example.com", "ann.lee@example.co", "nn.lee@example.com"} {
			email, _ := user.ParseEmail(other)
			_, _, err := users.ForSignIn(ctx, tenant.Default, user.Identifier{Email: email})
			require.ErrorIs(t, err, outbound.ErrNotFound, other)
		}
		for _, other := range []string{"annXlee", "ann-lee", "ann_le"} {
			name, _ := user.ParseUsername(other)
			_, _, err := users.ForSignIn(ctx, tenant.Default, user.Identifier{Username: name})
			require.ErrorIs(t, err, outbound.ErrNotFound, other)
		}
	})

	t.Run("a user of another tenant is not found", func(t *testing.T) {
		a := register(t, h.Store, "tenant@example.com", "")
		_, _, err := users.ForSignIn(ctx, tenant.ID{9}, identifier(a.User))
		require.ErrorIs(t, err, outbound.ErrNotFound)
		_, err = h.Store.Sessions().ByID(ctx, tenant.ID{9}, a.Session.ID)
		require.ErrorIs(t, err, outbound.ErrNotFound)
	})

	t.Run("a user without a password has an empty hash", func(t *testing.T) {
		a := register(t, h.Store, "nopassword@example.com", "")
		h.Exec(t, "DELETE FROM passwords WHERE user_id = '"+a.User.ID.String()+"'")
		_, hash, err := users.ForSignIn(ctx, tenant.Default, identifier(a.User))
		require.NoError(t, err)
		require.Empty(t, hash)
	})

	t.Run("a name that is taken is a conflict, and nothing is stored", func(t *testing.T) {
		first := register(t, h.Store, "taken@example.com", "taken")
		before := len(all(t, h))
		for reason, second := range map[string]outbound.Account{
			"address":   account("TAKEN@example.com", "other"),
			"user name": account("other@example.com", "Taken"),
			"id":        {User: user.New(user.Registration{Tenant: tenant.Default, ID: first.User.ID, Email: account("x@example.com", "").User.Email}, at)},
		} {
			second.Session.User = second.User.ID
			if second.Session.ID.IsZero() {
				second.Session = newSession(second.User)
			}
			require.ErrorIs(t, users.Register(ctx, second), outbound.ErrConflict, reason)
			_, err := h.Store.Sessions().ByID(ctx, tenant.Default, second.Session.ID)
			require.ErrorIs(t, err, outbound.ErrNotFound, reason)
		}
		require.Len(t, all(t, h), before)
	})

	t.Run("taken tells which name it is", func(t *testing.T) {
		register(t, h.Store, "which@example.com", "which")
		register(t, h.Store, "nameless@example.com", "")
		for _, c := range []struct {
			email, name string
			want        outbound.Taken
		}{
			{"Which@example.com", "Which", outbound.Taken{Email: true, Username: true}},
			{"Which@example.com", "free", outbound.Taken{Email: true}},
			{"free@example.com", "WHICH", outbound.Taken{Username: true}},
			{"free@example.com", "free", outbound.Taken{}},
			{"free@example.com", "", outbound.Taken{}},
			{"nameless@example.com", "", outbound.Taken{Email: true}},
		} {
			a := account(c.email, c.name)
			got, err := users.Taken(ctx, tenant.Default, a.User.Email, a.User.Username)
			require.NoError(t, err)
			require.Equal(t, c.want, got, c)
		}
	})

	t.Run("of many who want one address at once, one gets it", func(t *testing.T) {
		var won atomic.Int32
		var wg sync.WaitGroup
		start := make(chan struct{})
		for range 8 {
			wg.Go(func() {
				<-start
				switch err := users.Register(ctx, account("race@example.com", "")); err {
				case nil:
					won.Add(1)
				default:
					require.ErrorIs(t, err, outbound.ErrConflict)
				}
			})
		}
		close(start)
		wg.Wait()
		require.EqualValues(t, 1, won.Load())
	})
}

func testSessions(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	sessions := h.Store.Sessions()
	ann := register(t, h.Store, "ann@example.com", "")
	open := func(s session.Session, hash string) error {
		return sessions.Open(ctx, opening(s, hash))
	}

	t.Run("opening stores the session, the sign-in and the event", func(t *testing.T) {
		s := newSession(ann.User)
		s.CreatedAt = at.Add(time.Hour)
		require.NoError(t, open(s, ann.PasswordHash))
		got, u, err := sessions.WithUser(ctx, tenant.Default, s.ID)
		require.NoError(t, err)
		require.Equal(t, s, got)
		require.Equal(t, s.CreatedAt, *u.LastSignInAt)
		require.Equal(t, ann.User.ID, u.ID)
		events := all(t, h)
		last := events[len(events)-1]
		require.Equal(t, event.SessionCreated, last.Name)
		require.Equal(t, event.OfSession(s.ID), last.Subject)
		require.Equal(t, "request-2", last.RequestID)
		require.Equal(t, "Firefox 140", last.Payload["browser"])
	})

	refused := func(t *testing.T, s session.Session, hash string) {
		t.Helper()
		before := len(all(t, h))
		require.ErrorIs(t, open(s, hash), outbound.ErrStale)
		_, err := sessions.ByID(ctx, tenant.Default, s.ID)
		require.ErrorIs(t, err, outbound.ErrNotFound)
		require.Len(t, all(t, h), before)
	}
	t.Run("not when the password has changed since", func(t *testing.T) {
		refused(t, newSession(ann.User), "hash of an earlier password")
	})
	t.Run("not when the user is not active any more", func(t *testing.T) {
		bob := register(t, h.Store, "bob@example.com", "")
		h.Exec(t, "UPDATE users SET status = 'suspended' WHERE email_key = 'bob@example.com'")
		refused(t, newSession(bob.User), bob.PasswordHash)
	})
	t.Run("not when there is no such user", func(t *testing.T) {
		refused(t, newSession(account("nobody@example.com", "").User), "hash")
	})

	t.Run("an unknown session is not found", func(t *testing.T) {
		_, err := sessions.ByID(ctx, tenant.Default, newID())
		require.ErrorIs(t, err, outbound.ErrNotFound)
		_, _, err = sessions.WithUser(ctx, tenant.Default, newID())
		require.ErrorIs(t, err, outbound.ErrNotFound)
	})

	t.Run("a user who is deleted takes sessions and password along", func(t *testing.T) {
		gone := register(t, h.Store, "gone@example.com", "")
		h.Exec(t, "DELETE FROM users WHERE email_key = 'gone@example.com'")
		_, err := sessions.ByID(ctx, tenant.Default, gone.Session.ID)
		require.ErrorIs(t, err, outbound.ErrNotFound)
	})
}
