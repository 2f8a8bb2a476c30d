package porttest

import (
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

// transferred is an account with everything that one can have.
func transferred(address, name, hash string) outbound.Transferred {
	u := account(address, name).User
	text := func(s string) *string { return &s }
	last := at.AddDate(0, 0, -1)
	u.EmailVerified, u.Status, u.LastSignInAt, u.CreatedAt = true, user.Suspended, &last, at.AddDate(-1, 0, 0)
	u.Profile = user.Profile{
		FirstName: text("Ann 🦊"), LastName: text("Lee"), DisplayName: text("Ann L."), ImageURL: text("https://example.com/a.png"),
		PhoneNumber: text("+431234567"), Timezone: text("Europe/Vienna"), Locale: text("de-AT"),
	}
	u.Metadata = []byte(`{"plan": "pro"}`)
	return outbound.Transferred{
		User: u, PasswordHash: hash,
		Events: []event.Event{event.Imported(event.Origin{Tenant: tenant.Default}, u.ID, at)},
	}
}

func testTransfers(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	transfers := h.Store.Transfers()
	ann, bob := transferred("Ann@example.com", "Ann", "a hash"), transferred("bob@example.com", "", "")

	t.Run("accounts are added with their passwords and events", func(t *testing.T) {
		require.NoError(t, transfers.Add(ctx, []outbound.Transferred{ann, bob}))
		events := all(t, h)
		require.Equal(t, ann.Events[0], events[len(events)-2].Event)
		require.Equal(t, bob.Events[0], events[len(events)-1].Event)
		u, hash, err := h.Store.Users().WithPassword(ctx, tenant.Default, ann.User.ID)
		require.NoError(t, err)
		require.JSONEq(t, string(ann.User.Metadata), string(u.Metadata))
		u.Metadata = ann.User.Metadata
		require.Equal(t, ann.User, u)
		require.Equal(t, "a hash", hash)
		_, hash, err = h.Store.Users().WithPassword(ctx, tenant.Default, bob.User.ID)
		require.NoError(t, err)
		require.Empty(t, hash)
	})

	t.Run("all of a batch or nothing", func(t *testing.T) {
		before := len(all(t, h))
		for name, taken := range map[string]outbound.Transferred{
			"id": func() outbound.Transferred {
				x := transferred("new@example.com", "", "")
				x.User.ID = bob.User.ID
				return x
			}(),
			"address":   transferred("ANN@EXAMPLE.COM", "", ""),
			"user name": transferred("other@example.com", "aNN", ""),
		} {
			cat := transferred("cat@example.com", "cat", "a hash")
			require.ErrorIs(t, transfers.Add(ctx, []outbound.Transferred{cat, taken}), outbound.ErrConflict, name)
			_, err := h.Store.Users().ByID(ctx, tenant.Default, cat.User.ID)
			require.ErrorIs(t, err, outbound.ErrNotFound, name)
		}
		require.Len(t, all(t, h), before)
	})

	t.Run("holders are found by any name", func(t *testing.T) {
		annHolds := outbound.Holder{ID: ann.User.ID, EmailKey: "ann@example.com", UsernameKey: "ann"}
		bobHolds := outbound.Holder{ID: bob.User.ID, EmailKey: "bob@example.com"}
		find := func(of ...outbound.Transferred) []outbound.Holder {
			var users []user.User
			for _, x := range of {
				users = append(users, x.User)
			}
			found, err := transfers.Holders(ctx, tenant.Default, users)
			require.NoError(t, err)
			slices.SortFunc(found, func(a, b outbound.Holder) int { return a.ID.Compare(b.ID) })
			return found
		}
		stranger := transferred("stranger@example.com", "", "")
		require.Empty(t, find(stranger))
		sameID := transferred("stranger@example.com", "", "")
		sameID.User.ID = bob.User.ID
		require.Equal(t, []outbound.Holder{bobHolds}, find(sameID, stranger))
		require.Equal(t, []outbound.Holder{annHolds}, find(transferred("ANN@example.com", "", "")))
		require.Equal(t, []outbound.Holder{annHolds}, find(stranger, transferred("x@example.com", "ANN", "")))
		require.Equal(t, []outbound.Holder{annHolds, bobHolds}, find(ann, bob))
		found, err := transfers.Holders(ctx, tenant.ID{9}, []user.User{ann.User})
		require.NoError(t, err)
		require.Empty(t, found)
	})

	t.Run("pages give everybody who was not erased, in order", func(t *testing.T) {
		gone := register(t, h.Store, "gone@example.com", "")
		h.Exec(t, "UPDATE users SET status = 'deleted' WHERE id = '"+gone.User.ID.String()+"'")
		dan := register(t, h.Store, "dan@example.com", "")
		first, err := transfers.After(ctx, tenant.Default, user.ID{}, 2)
		require.NoError(t, err)
		require.Len(t, first, 2)
		require.Equal(t, []user.ID{ann.User.ID, bob.User.ID}, []user.ID{first[0].User.ID, first[1].User.ID})
		require.Equal(t, "a hash", first[0].PasswordHash)
		require.Equal(t, ann.User.Profile, first[0].User.Profile)
		require.Empty(t, first[1].PasswordHash)
		rest, err := transfers.After(ctx, tenant.Default, first[1].User.ID, 2)
		require.NoError(t, err)
		require.Len(t, rest, 1)
		require.Equal(t, dan.User.ID, rest[0].User.ID)
		require.Equal(t, dan.PasswordHash, rest[0].PasswordHash)
		none, err := transfers.After(ctx, tenant.ID{9}, user.ID{}, 2)
		require.NoError(t, err)
		require.Empty(t, none)
	})

	t.Run("an address is verified by the account's holder or moves unverified", func(t *testing.T) {
		verified := func(u user.User) bool {
			list, err := transfers.After(ctx, tenant.Default, user.ID{}, 1000)
			require.NoError(t, err)
			n := slices.IndexFunc(list, func(a outbound.Transferred) bool { return a.User.ID == u.ID })
			require.GreaterOrEqual(t, n, 0)
			return list[n].User.EmailVerified
		}
		for _, byHolder := range []bool{false, true} {
			cat := transferred("by-link-"+strconv.FormatBool(byHolder)+"@example.com", "", "")
			cat.User.EmailVerified = false
			require.NoError(t, transfers.Add(ctx, []outbound.Transferred{cat}))
			require.False(t, verified(cat.User))
			_, err := h.Store.Mailboxes().Verify(ctx, outbound.MailboxProof{Tenant: tenant.Default, User: cat.User.ID, ByHolder: byHolder, At: at})
			require.NoError(t, err)
			require.Equal(t, byHolder, verified(cat.User))
		}
	})
}
