package porttest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

// EventsOfBefore writes events as they were before they named their users, in
// a way that every engine with a text or a number for an instant takes.
func EventsOfBefore(t *testing.T, exec func(sql string)) {
	t.Helper()
	who := user.ID{1}.String()
	for request, e := range map[string]struct{ subject, payload string }{
		"by payload":    {"session:x", `{"user_id":"` + who + `"}`},
		"by subject":    {"user:" + who, `{}`},
		"payload first": {"user:" + user.ID{2}.String(), `{"user_id":"` + who + `"}`},
		"nobody":        {"", `{}`},
		"another":       {"session:" + who, `{}`},
		"malformed":     {"user:x", `{"user_id":"x"}`},
	} {
		exec(fmt.Sprintf(`INSERT INTO events (tenant_id, name, actor, subject, request_id, address, payload, occurred_at)
			SELECT id, 'sign_in.failed', 'x', '%s', '%s', '', '%s', created_at FROM tenants`, e.subject, request, e.payload))
	}
}

// HaveTheirUsers checks that those of EventsOfBefore that concern a user name
// the user now.
func HaveTheirUsers(t *testing.T, store outbound.Store) {
	t.Helper()
	list, err := store.Events().OfUser(t.Context(), tenant.Default, user.ID{1}, []event.Name{event.SignInFailed}, event.Position{}, 10)
	require.NoError(t, err)
	var requests []string
	for _, e := range list {
		requests = append(requests, e.RequestID)
	}
	require.ElementsMatch(t, []string{"by payload", "by subject", "payload first"}, requests)
}

// HasNoBoundSession registers two accounts, has the schema go down behind the
// keys of sessions and up again, and checks that the session that was bound to
// one is not there, to be taken by whoever has its token.
func HasNoBoundSession(t *testing.T, store outbound.Store, downAndUp func()) {
	t.Helper()
	bound, free := account("ann@example.com", ""), account("bob@example.com", "")
	bound.Session.KeyThumbprint = "her key"
	for _, a := range []outbound.Account{bound, free} {
		require.NoError(t, store.Users().Register(t.Context(), a))
	}
	downAndUp()
	_, err := store.Sessions().ByID(t.Context(), tenant.Default, free.Session.ID)
	require.NoError(t, err)
	_, err = store.Sessions().ByID(t.Context(), tenant.Default, bound.Session.ID)
	require.ErrorIs(t, err, outbound.ErrNotFound)
}

// HasAddressesOfBefore stores an account with an international address and one
// that was erased, has the schema go down behind both and up again, and checks
// that a program in between finds addresses in ASCII of all.
func HasAddressesOfBefore(t *testing.T, store outbound.Store, downAndUp func()) {
	t.Helper()
	international, gone := account("ann@example.com", ""), register(t, store, "bob@example.com", "")
	international.User.Email, _ = user.ParseAddress("Ann@exämple.com", stubDomains{})
	require.NoError(t, store.Users().Register(t.Context(), international))
	require.NoError(t, erase(t.Context(), store, gone.User, at))
	downAndUp()
	for who, want := range map[user.ID]string{
		international.User.ID: "ann@xn--exmple-cua.com", gone.User.ID: gone.User.ID.String() + "@deleted.invalid",
	} {
		got, err := store.Users().ByID(t.Context(), tenant.Default, who)
		require.NoError(t, err)
		require.Equal(t, want, got.Email.String())
		require.Equal(t, want, got.Email.Key())
	}
}
