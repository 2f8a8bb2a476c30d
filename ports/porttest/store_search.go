package porttest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

// named is an account with a name, and no password.
func named(address, username, first, last, display string) user.User {
	u := account(address, username).User
	part := func(s string) *string {
		if s == "" {
			return nil
		}
		return &s
	}
	u.Profile.FirstName, u.Profile.LastName, u.Profile.DisplayName = part(first), part(last), part(display)
	return u
}

func search(t *testing.T, typed string) user.Search {
	t.Helper()
	s, faults := user.ParseSearch(typed)
	require.Empty(t, faults)
	return s
}

func testSearch(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	users := h.Store.Users()
	// The oldest first.
	var people []user.User
	for _, u := range []user.User{
		named("ann@example.com", "ann_l", "Ann", "Lee", "Annie"),
		named("Bob_x@example.com", "bobby", "Bob", "", "50% Bob"),
		named("bobyx@example.com", "annexe", "Łukasz", "O'Neil", `back\slash`),
		named("cat@example.org", "", "ÉRIC", "van Dyk", ""),
		named("dan%@example.org", "Dan-1", "", "", "🦊 fox"),
		named("eve@example.org", "", "zoë", "ANNAN", "'; DROP TABLE users; --"),
	} {
		require.NoError(t, users.Add(ctx, u, ""))
		people = append(people, u)
	}
	find := func(s outbound.UserSearch) []user.ID {
		t.Helper()
		s.Tenant = tenant.Default
		list, err := users.Find(ctx, s)
		require.NoError(t, err)
		ids := []user.ID{}
		for _, u := range list {
			ids = append(ids, u.ID)
		}
		return ids
	}
	of := func(places ...int) []user.ID {
		ids := []user.ID{}
		for _, n := range places {
			ids = append(ids, people[n].ID)
		}
		return ids
	}

	t.Run("what begins so is found, and nothing else", func(t *testing.T) {
		for typed, want := range map[string][]user.ID{
			"ann": of(5, 2, 0), "ANN@EXAMPLE.COM": of(0), "ann@example.co": of(0), "annie": of(0), "bob": of(2, 1), "BOBBY": of(1),
			"lee": of(0), "éric": of(3), "Éric": of(3), "łUK": of(2), "ZOË": of(5), "o'n": of(2), "van d": of(3), "🦊": of(4),
			"dan-": of(4), "'; drop": of(5),
			"example": of(), "ee": of(), "eric": of(), "nobody": of(),
			// What is a wildcard elsewhere is a character here.
			"%": of(), "_": of(), `\`: of(), "*": of(), "a%": of(), "_nn": of(), "bob_": of(1), "bob%": of(), "50%": of(1), "5%": of(),
			`back\`: of(2), `back\s`: of(2), `back\\`: of(), "dan%": of(4), "dan_": of(), `dan\%`: of(), "ann_": of(0), "[a-z]": of(), "^ann": of(),
		} {
			require.Equal(t, want, find(outbound.UserSearch{Search: search(t, typed), Limit: 100}), "%q", typed)
		}
	})
	t.Run("nothing looked for is everybody", func(t *testing.T) {
		require.Equal(t, of(5, 4, 3, 2, 1, 0), find(outbound.UserSearch{Limit: 100}))
		require.Equal(t, of(4, 3), find(outbound.UserSearch{Limit: 2, Before: people[5].ID}))
	})
	t.Run("a page begins behind an account that need not be found", func(t *testing.T) {
		require.Equal(t, of(5, 2), find(outbound.UserSearch{Search: search(t, "ann"), Limit: 2}))
		require.Equal(t, of(0), find(outbound.UserSearch{Search: search(t, "ann"), Limit: 2, Before: people[2].ID}))
		require.Equal(t, of(2, 0), find(outbound.UserSearch{Search: search(t, "ann"), Limit: 2, Before: people[3].ID}))
		require.Empty(t, find(outbound.UserSearch{Search: search(t, "ann"), Limit: 2, Before: people[0].ID}))
	})
	t.Run("of one status, and of none that is deleted unless it is asked for", func(t *testing.T) {
		h.Exec(t, "UPDATE users SET status = 'suspended' WHERE email_key = 'eve@example.org'")
		h.Exec(t, "UPDATE users SET status = 'deleted' WHERE email_key = 'bobyx@example.com'")
		for _, term := range []string{"", "ann"} {
			s := search(t, term)
			require.Equal(t, of(5), find(outbound.UserSearch{Search: s, Status: user.Suspended, Limit: 100}))
			require.Equal(t, of(2), find(outbound.UserSearch{Search: s, Status: user.Deleted, Limit: 100}))
			require.NotContains(t, find(outbound.UserSearch{Search: s, Limit: 100}), people[2].ID)
		}
		require.Equal(t, of(5, 0), find(outbound.UserSearch{Search: search(t, "ann"), Limit: 100}))
		require.Equal(t, of(0), find(outbound.UserSearch{Search: search(t, "ann"), Status: user.Active, Limit: 100}))
	})
	t.Run("what is changed is found as it is", func(t *testing.T) {
		u, err := users.ByID(ctx, tenant.Default, people[3].ID)
		require.NoError(t, err)
		changes, faults := user.ParseChanges(user.Edits{FirstName: user.Set("Öystein"), LastName: user.Remove(), DisplayName: user.Set("Oy"), Username: user.Set("oyst")})
		require.Empty(t, faults)
		next, _, _ := changes.Apply(u, at)
		require.NoError(t, users.UpdateProfile(ctx, next))
		for typed, want := range map[string][]user.ID{"éric": of(), "van d": of(), "öYST": of(3), "oy": of(3), "oyst": of(3)} {
			require.Equal(t, want, find(outbound.UserSearch{Search: search(t, typed), Limit: 100}), "%q", typed)
		}
	})
	t.Run("what is erased is not found, not even among the erased", func(t *testing.T) {
		u, err := users.ByID(ctx, tenant.Default, people[0].ID)
		require.NoError(t, err)
		require.NoError(t, users.ChangeAdministrator(ctx, outbound.AdministratorChange{Tenant: tenant.Default, User: u.ID, To: true, At: at}))
		require.NoError(t, users.Erase(ctx, outbound.Erasure{Tenant: tenant.Default, User: u.ID, Was: u.Revision + 1, At: at}))
		for _, typed := range []string{"ann@example.com", "ann_l", "ann", "lee", "annie"} {
			require.NotContains(t, find(outbound.UserSearch{Search: search(t, typed), Limit: 100}), u.ID)
			require.NotContains(t, find(outbound.UserSearch{Search: search(t, typed), Status: user.Deleted, Limit: 100}), u.ID)
		}
		u, err = users.ByID(ctx, tenant.Default, u.ID)
		require.NoError(t, err)
		require.False(t, u.Administrator)
	})
	t.Run("of one tenant", func(t *testing.T) {
		list, err := users.Find(ctx, outbound.UserSearch{Tenant: tenant.ID{9}, Search: search(t, "ann"), Limit: 100})
		require.NoError(t, err)
		require.Empty(t, list)
	})
}

// Pages that are read while accounts come and go hold, once each, those that
// are there throughout.
func testSearchInMotion(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	users := h.Store.Users()
	var there []user.ID
	for n := range 30 {
		u := named(fmt.Sprintf("there%d@example.com", n), "", "", "", "")
		require.NoError(t, users.Add(ctx, u, ""))
		there = append(there, u.ID)
	}
	slices.Reverse(there)
	for _, term := range []string{"", "there"} {
		var seen []user.ID
		var before user.ID
		for n := 0; ; n++ {
			// Newer ones come, and one that was read goes, between any two pages.
			require.NoError(t, users.Add(ctx, named(fmt.Sprintf("there-new-%s%d@example.com", term, n), "", "", "", ""), ""))
			h.Exec(t, "DELETE FROM users WHERE email_key LIKE 'there-new-%' AND id <= '"+before.String()+"'")
			page, err := users.Find(ctx, outbound.UserSearch{Tenant: tenant.Default, Search: search(t, term), Before: before, Limit: 7})
			require.NoError(t, err)
			for _, u := range page {
				seen = append(seen, u.ID)
				before = u.ID
			}
			if len(page) < 7 {
				break
			}
		}
		kept := slices.DeleteFunc(slices.Clone(seen), func(id user.ID) bool { return !slices.Contains(there, id) })
		require.Equal(t, there, kept, term)
		require.Len(t, slices.Compact(slices.Clone(seen)), len(seen))
		h.Exec(t, "DELETE FROM users WHERE email_key LIKE 'there-new-%'")
	}
}

func testAddingUsers(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	users := h.Store.Users()

	t.Run("without a password", func(t *testing.T) {
		u := named("ann@example.com", "ann", "Ann", "", "")
		u.Administrator = true
		require.NoError(t, users.Add(ctx, u, ""))
		got, hash, err := users.WithPassword(ctx, tenant.Default, u.ID)
		require.NoError(t, err)
		require.Empty(t, hash)
		require.Equal(t, u, got)
		require.ErrorIs(t, h.Store.Sessions().Open(ctx, opening(newSession(u), "")), outbound.ErrStale, "no password is no proof")
	})
	t.Run("with one", func(t *testing.T) {
		u := named("bob@example.com", "", "", "", "")
		require.NoError(t, users.Add(ctx, u, "hash"))
		got, hash, err := users.WithPassword(ctx, tenant.Default, u.ID)
		require.NoError(t, err)
		require.Equal(t, "hash", hash)
		require.False(t, got.Administrator)
	})
	t.Run("of a name that is taken, nothing", func(t *testing.T) {
		for _, u := range []user.User{named("ANN@example.com", "", "", "", ""), named("new@example.com", "ANN", "", "", "")} {
			require.ErrorIs(t, users.Add(ctx, u, "hash"), outbound.ErrConflict)
			_, err := users.ByID(ctx, tenant.Default, u.ID)
			require.ErrorIs(t, err, outbound.ErrNotFound)
		}
	})
	t.Run("of many at once with one name, one is stored", func(t *testing.T) {
		results := make([]error, 16)
		var wg sync.WaitGroup
		for n := range results {
			wg.Go(func() {
				results[n] = users.Add(ctx, named("many@example.com", "", "", "", ""), "")
			})
		}
		wg.Wait()
		won := 0
		for _, err := range results {
			if err == nil {
				won++
				continue
			}
			require.ErrorIs(t, err, outbound.ErrConflict)
		}
		require.Equal(t, 1, won)
	})
}

func testAdministrators(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	users := h.Store.Users()
	ann, bob := register(t, h.Store, "ann@example.com", ""), register(t, h.Store, "bob@example.com", "")
	change := func(who user.ID, to bool) error {
		return users.ChangeAdministrator(ctx, outbound.AdministratorChange{Tenant: tenant.Default, User: who, To: to, At: at.Add(time.Hour)})
	}
	locked := func() []user.ID {
		t.Helper()
		list, err := users.LockAdministrators(ctx, tenant.Default)
		require.NoError(t, err)
		return list
	}

	require.Empty(t, locked(), "nobody is born one")
	require.ErrorIs(t, change(ann.User.ID, false), outbound.ErrStale)
	require.NoError(t, change(bob.User.ID, true))
	require.NoError(t, change(ann.User.ID, true))
	require.ErrorIs(t, change(ann.User.ID, true), outbound.ErrStale)
	require.ErrorIs(t, change(newID(), true), outbound.ErrStale)
	require.Equal(t, []user.ID{ann.User.ID, bob.User.ID}, locked(), "in the order of ids")
	other, err := users.LockAdministrators(ctx, tenant.ID{9})
	require.NoError(t, err)
	require.Empty(t, other)

	_, u, err := h.Store.Sessions().WithUser(ctx, tenant.Default, ann.Session.ID)
	require.NoError(t, err)
	require.True(t, u.Administrator)
	require.Equal(t, at.Add(time.Hour), u.UpdatedAt)

	t.Run("who is not active is locked out", func(t *testing.T) {
		require.NoError(t, users.ChangeStatus(ctx, outbound.StatusChange{
			Tenant: tenant.Default, User: bob.User.ID, Was: user.Active, To: user.Suspended, At: at,
		}))
		require.Equal(t, []user.ID{ann.User.ID}, locked())
		require.NoError(t, change(bob.User.ID, false), "but may lose what they cannot use")
		h.Exec(t, "UPDATE users SET status = 'deleted' WHERE email_key = 'bob@example.com'")
		require.ErrorIs(t, change(bob.User.ID, true), outbound.ErrStale)
	})
	t.Run("of two that end each other's, one comes first and the other sees it", func(t *testing.T) {
		first, second := register(t, h.Store, "cat@example.com", "").User.ID, register(t, h.Store, "dan@example.com", "").User.ID
		require.NoError(t, change(first, true))
		require.NoError(t, change(second, true))
		require.NoError(t, change(ann.User.ID, false))
		suspend := func(by, who user.ID, held func()) error {
			return h.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
				list, err := tx.Users().LockAdministrators(ctx, tenant.Default)
				if err != nil || !slices.Contains(list, by) {
					return err
				}
				held()
				return tx.Users().ChangeStatus(ctx, outbound.StatusChange{
					Tenant: tenant.Default, User: who, Was: user.Active, To: user.Suspended, At: at,
				})
			})
		}
		var wg sync.WaitGroup
		passed := make(chan struct{})
		require.NoError(t, suspend(first, second, func() {
			wg.Go(func() { require.NoError(t, suspend(second, first, func() { close(passed) })) })
			select {
			case <-passed: // which it must not
			case <-time.After(100 * time.Millisecond):
			}
		}))
		wg.Wait()
		require.Len(t, locked(), 1)
	})
}
