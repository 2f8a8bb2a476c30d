package revocation_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/revocation"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/user"
)

var at = time.Date(2026, 3, 4, 5, 6, 7, 89_000, time.UTC)

func TestWhatOthersAreTold(t *testing.T) {
	ended := event.Ended(origin, event.Operator, session.ID{1}, user.ID{2}, session.ReuseDetected, at)
	ownerless := ended
	ownerless.Payload = nil
	for name, c := range map[string]struct {
		event event.Event
		want  revocation.Entry
	}{
		"a session":                {ended, revocation.Entry{Kind: revocation.OneSession, Session: session.ID{1}, User: user.ID{2}, At: at, Reason: "reuse_detected"}},
		"a session of nobody's":    {ownerless, revocation.Entry{Kind: revocation.OneSession, Session: session.ID{1}, At: at}},
		"all sessions":             {event.AllEnded(origin, event.Operator, at), revocation.Entry{Kind: revocation.AllSessions, Before: at.Truncate(time.Millisecond), At: at}},
		"a key":                    {event.Event{Name: event.KeyRevoked, Subject: event.OfKey("k:1"), At: at}, revocation.Entry{Kind: revocation.OneKey, KID: "k:1", At: at}},
		"a key that is leaked out": {event.Event{Name: event.KeyRevoked, Subject: event.OfKey("k"), At: at, Payload: map[string]string{"reason": "leaked"}}, revocation.Entry{Kind: revocation.OneKey, KID: "k", At: at, Reason: "leaked"}},
	} {
		got, tell, err := revocation.EntryOf(c.event)
		require.NoError(t, err, name)
		require.True(t, tell, name)
		require.Equal(t, c.want, got, name)
	}
	for _, other := range []event.Name{event.KeyRotated, event.SessionCreated, event.UserCreated} {
		_, tell, err := revocation.EntryOf(event.Event{Name: other})
		require.NoError(t, err)
		require.False(t, tell, other)
	}
	for _, broken := range []event.Event{
		{Name: event.SessionRevoked, Subject: "session:x"}, {Name: event.AllSessionsRevoked}, {Name: event.KeyRevoked, Subject: "key:"}, {Name: event.KeyRevoked, Subject: "kid"},
	} {
		_, _, err := revocation.EntryOf(broken)
		require.Error(t, err, broken)
	}
}
