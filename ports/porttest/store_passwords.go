package porttest

import (
	"context"
	"errors"
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

func reauthentication(a outbound.Account, now time.Time) outbound.Reauthentication {
	methods := []string{"pwd", "otp"}
	return outbound.Reauthentication{
		Tenant: tenant.Default, Session: a.Session.ID, Owner: a.User.ID, PasswordHash: a.PasswordHash, Methods: methods, At: now, Lifetime: life,
		Event: event.Reauthenticated(event.Origin{Tenant: tenant.Default, RequestID: "request-3"}, a.Session.ID, a.User.ID, methods, now),
	}
}

func testReauthentication(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	sessions := h.Store.Sessions()

	t.Run("it is noted on the session, with its event", func(t *testing.T) {
		ann := register(t, h.Store, "ann@example.com", "")
		now := at.Add(time.Hour + time.Microsecond)
		r := reauthentication(ann, now)
		got, err := sessions.Reauthenticate(ctx, r)
		require.NoError(t, err)
		want := ann.Session
		want.AuthenticatedAt, want.Methods, want.LastActivityAt = now, []string{"pwd", "otp"}, now
		require.Equal(t, want, got)
		stored, err := sessions.ByID(ctx, tenant.Default, ann.Session.ID)
		require.NoError(t, err)
		require.Equal(t, want, stored)
		events := all(t, h)
		require.Equal(t, r.Event, events[len(events)-1].Event)

		moved, err := sessions.Rotate(ctx, outbound.Rotation{Tenant: tenant.Default, Session: ann.Session.ID, Presented: presented(stored, 1), Now: now, Lifetime: life})
		require.NoError(t, err, "its refresh token is as good as before")
		require.Equal(t, now, moved.AuthenticatedAt, "and the next one tells of it")
		require.Equal(t, want.Methods, moved.Methods)
	})

	for reason, spoil := range map[string]func(t *testing.T, r *outbound.Reauthentication, a outbound.Account){
		"another password": func(_ *testing.T, r *outbound.Reauthentication, _ outbound.Account) { r.PasswordHash = "another" },
		"no password": func(t *testing.T, r *outbound.Reauthentication, a outbound.Account) {
			h.Exec(t, "DELETE FROM passwords WHERE user_id = '"+a.User.ID.String()+"'")
			r.PasswordHash = ""
		},
		"a suspended user": func(t *testing.T, _ *outbound.Reauthentication, a outbound.Account) {
			h.Exec(t, "UPDATE users SET status = 'suspended' WHERE id = '"+a.User.ID.String()+"'")
		},
		"an ended session": func(t *testing.T, _ *outbound.Reauthentication, a outbound.Account) {
			require.NoError(t, sessions.End(ctx, ending(a.Session, session.Revoked)))
		},
		"the instant it expires": func(_ *testing.T, r *outbound.Reauthentication, a outbound.Account) { r.At = a.Session.ExpiresAt },
		"a session that was idle": func(_ *testing.T, r *outbound.Reauthentication, _ outbound.Account) {
			r.Lifetime.Idle, r.At = time.Minute, at.Add(time.Minute)
		},
		"another owner": func(t *testing.T, r *outbound.Reauthentication, a outbound.Account) {
			r.Owner = register(t, h.Store, "other-"+a.User.Email.String(), "").User.ID
		},
		"another tenant":     func(_ *testing.T, r *outbound.Reauthentication, _ outbound.Account) { r.Tenant = tenant.ID{9} },
		"an unknown session": func(_ *testing.T, r *outbound.Reauthentication, _ outbound.Account) { r.Session = newID() },
	} {
		t.Run("not for "+reason, func(t *testing.T) {
			a := register(t, h.Store, user.ID(newID()).String()+"@example.com", "")
			r := reauthentication(a, at.Add(time.Microsecond))
			spoil(t, &r, a)
			before, err := sessions.ByID(ctx, tenant.Default, a.Session.ID)
			require.NoError(t, err)
			events := len(all(t, h))
			_, err = sessions.Reauthenticate(ctx, r)
			require.ErrorIs(t, err, outbound.ErrStale)
			after, err := sessions.ByID(ctx, tenant.Default, a.Session.ID)
			require.NoError(t, err)
			require.Equal(t, before, after)
			require.Len(t, all(t, h), events)
		})
	}
}

func passwordChange(a outbound.Account, next string) outbound.PasswordChange {
	return outbound.PasswordChange{
		Tenant: tenant.Default, User: a.User.ID, Session: a.Session.ID, Was: a.PasswordHash, Next: next, At: at.Add(time.Hour), Lifetime: life,
	}
}

func testPasswords(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	users := h.Store.Users()

	t.Run("a user is found by id, with the hash", func(t *testing.T) {
		ann := register(t, h.Store, "ann@example.com", "ann")
		got, hash, err := users.WithPassword(ctx, tenant.Default, ann.User.ID)
		require.NoError(t, err)
		require.Equal(t, ann.User, got)
		require.Equal(t, ann.PasswordHash, hash)
		h.Exec(t, "DELETE FROM passwords WHERE user_id = '"+ann.User.ID.String()+"'")
		_, hash, err = users.WithPassword(ctx, tenant.Default, ann.User.ID)
		require.NoError(t, err)
		require.Empty(t, hash)
		_, _, err = users.WithPassword(ctx, tenant.ID{9}, ann.User.ID)
		require.ErrorIs(t, err, outbound.ErrNotFound)
		_, _, err = users.WithPassword(ctx, tenant.Default, newID())
		require.ErrorIs(t, err, outbound.ErrNotFound)
	})

	t.Run("a change takes the place of the hash, and is seen on the user", func(t *testing.T) {
		bob, cat := register(t, h.Store, "bob@example.com", ""), register(t, h.Store, "cat@example.com", "")
		before := len(all(t, h))
		c := passwordChange(bob, "another hash")
		require.NoError(t, users.ChangePassword(ctx, c))
		got, hash, err := users.WithPassword(ctx, tenant.Default, bob.User.ID)
		require.NoError(t, err)
		require.Equal(t, "another hash", hash)
		require.Equal(t, c.At, got.UpdatedAt)
		require.ErrorIs(t, h.Store.Sessions().Open(ctx, opening(newSession(bob.User), bob.PasswordHash)), outbound.ErrStale)
		require.NoError(t, h.Store.Sessions().Open(ctx, opening(newSession(bob.User), "another hash")))
		require.Len(t, all(t, h), before+1, "what happened is for the caller to write")
		_, hash, err = users.WithPassword(ctx, tenant.Default, cat.User.ID)
		require.NoError(t, err)
		require.Equal(t, cat.PasswordHash, hash, "nobody else's")
	})

	for reason, spoil := range map[string]func(t *testing.T, c *outbound.PasswordChange, a outbound.Account){
		"another password": func(_ *testing.T, c *outbound.PasswordChange, _ outbound.Account) { c.Was = "another" },
		"a suspended user": func(t *testing.T, _ *outbound.PasswordChange, a outbound.Account) {
			h.Exec(t, "UPDATE users SET status = 'suspended' WHERE id = '"+a.User.ID.String()+"'")
		},
		"an ended session": func(t *testing.T, _ *outbound.PasswordChange, a outbound.Account) {
			require.NoError(t, h.Store.Sessions().End(ctx, ending(a.Session, session.Revoked)))
		},
		"the instant its session expires": func(_ *testing.T, c *outbound.PasswordChange, a outbound.Account) { c.At = a.Session.ExpiresAt },
		"a session that was idle": func(_ *testing.T, c *outbound.PasswordChange, _ outbound.Account) {
			c.Lifetime.Idle = time.Hour
		},
		"somebody else's session": func(t *testing.T, c *outbound.PasswordChange, a outbound.Account) {
			c.Session = register(t, h.Store, "other-"+a.User.Email.String(), "").Session.ID
		},
		"another tenant":     func(_ *testing.T, c *outbound.PasswordChange, _ outbound.Account) { c.Tenant = tenant.ID{9} },
		"an unknown session": func(_ *testing.T, c *outbound.PasswordChange, _ outbound.Account) { c.Session = newID() },
		"an unknown user":    func(_ *testing.T, c *outbound.PasswordChange, _ outbound.Account) { c.User = newID() },
	} {
		t.Run("no change for "+reason, func(t *testing.T) {
			a := register(t, h.Store, user.ID(newID()).String()+"@example.com", "")
			c := passwordChange(a, "another hash")
			spoil(t, &c, a)
			before, _, err := users.WithPassword(ctx, tenant.Default, a.User.ID)
			require.NoError(t, err)
			require.ErrorIs(t, users.ChangePassword(ctx, c), outbound.ErrStale)
			after, hash, err := users.WithPassword(ctx, tenant.Default, a.User.ID)
			require.NoError(t, err)
			require.Equal(t, a.PasswordHash, hash)
			require.Equal(t, before, after)
		})
	}

	t.Run("in a transaction it is undone with the rest", func(t *testing.T) {
		dan := register(t, h.Store, "dan@example.com", "")
		err := h.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
			require.NoError(t, tx.Users().ChangePassword(ctx, passwordChange(dan, "another hash")))
			require.ErrorIs(t, tx.Users().ChangePassword(ctx, passwordChange(dan, "a third")), outbound.ErrStale)
			_, hash, err := tx.Users().WithPassword(ctx, tenant.Default, dan.User.ID)
			require.NoError(t, err)
			require.Equal(t, "another hash", hash)
			return errOnPurpose
		})
		require.ErrorIs(t, err, errOnPurpose)
		_, hash, err := users.WithPassword(ctx, tenant.Default, dan.User.ID)
		require.NoError(t, err)
		require.Equal(t, dan.PasswordHash, hash)
	})

	t.Run("of many changes at once, one wins", func(t *testing.T) {
		eve := register(t, h.Store, "eve@example.com", "")
		var won atomic.Pointer[string]
		var wg sync.WaitGroup
		start := make(chan struct{})
		for n := range 8 {
			c := passwordChange(eve, "hash "+string(rune('a'+n)))
			wg.Go(func() {
				<-start
				switch err := users.ChangePassword(ctx, c); {
				case err == nil && !won.CompareAndSwap(nil, &c.Next):
					t.Errorf("two won: %q and %q", c.Next, *won.Load())
				case err != nil && !errors.Is(err, outbound.ErrStale):
					t.Errorf("change: %v", err)
				}
			})
		}
		close(start)
		wg.Wait()
		_, hash, err := users.WithPassword(ctx, tenant.Default, eve.User.ID)
		require.NoError(t, err)
		require.NotNil(t, won.Load())
		require.Equal(t, *won.Load(), hash)
	})
}
