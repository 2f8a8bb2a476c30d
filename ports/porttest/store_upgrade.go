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
