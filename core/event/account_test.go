package event_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
)

var (
	origin = event.Origin{Tenant: tenant.Default, RequestID: "request-1", Address: "192.0.2.1"}
	ann    = user.ID{1}
	noon   = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
)

func TestEventsNameTheUserWhoseAccountTheyConcern(t *testing.T) {
	s := session.Session{User: ann, ID: session.ID{2}, CreatedAt: noon}
	for _, e := range []event.Event{
		event.SignedUp(origin, ann, noon), event.SignedIn(origin, s), event.NewDevice(origin, s),
		event.FailedSignIn(origin, ann, event.WrongPassword, noon),
		event.Ended(origin, event.Operator, s.ID, ann, session.Revoked, noon), event.ReuseFound(origin, s.ID, ann, noon),
		event.Reauthenticated(origin, s.ID, ann, nil, noon), event.FailedReauthentication(origin, ann, s.ID, event.WrongPassword, noon),
		event.ChangedPassword(origin, ann, s.ID, noon),
	} {
		require.Equal(t, ann, e.User, e.Name)
	}
	for _, e := range []event.Event{
		event.FailedSignIn(origin, user.ID{}, event.UnknownAccount, noon), event.AllEnded(origin, event.Operator, noon),
		event.Rotated(origin, event.System, ann.String(), "EdDSA", noon, noon),
	} {
		require.Zero(t, e.User, e.Name)
	}
}

func TestWhatAnEventTellsItsOwner(t *testing.T) {
	s := session.Session{
		User: ann, ID: session.ID{2}, CreatedAt: noon,
		Device: session.Device{Name: "Firefox on Linux", Type: session.Desktop, Browser: "Firefox 140", OS: "Linux"},
	}
	for _, e := range []event.Event{event.SignedIn(origin, s), event.NewDevice(origin, s)} {
		device, ok := e.Device()
		require.True(t, ok)
		require.Equal(t, s.Device, device)
		require.Equal(t, s.ID, e.About())
		require.Empty(t, e.Details())
	}
	e := event.Ended(origin, event.Operator, s.ID, ann, session.Revoked, noon)
	_, ok := e.Device()
	require.False(t, ok)
	require.Equal(t, map[string]string{"reason": "revoked"}, e.Details())
	require.Len(t, e.Payload, 2, "the event itself stays as it was")
	require.Equal(t, s.ID, event.Event{Subject: event.OfUser(ann), Payload: map[string]string{"session_id": s.ID.String()}}.About())
	require.Zero(t, event.FailedSignIn(origin, ann, event.WrongPassword, noon).About())
}

// history is written as it happens, one letter an event: f a failed sign-in, s
// a successful one, p and r the same in a session, d a new device, u reuse, l a
// session whose state was lost, e another end; a dot passes an hour, a bar a day.
func history(t *testing.T, text string) []event.Recorded {
	t.Helper()
	var list []event.Recorded
	at := noon
	s := session.Session{User: ann, ID: session.ID{2}}
	for i, c := range text {
		at = at.Add(time.Minute)
		s.CreatedAt = at
		var e event.Event
		switch c {
		case 'f':
			e = event.FailedSignIn(origin, ann, event.WrongPassword, at)
		case 'p':
			e = event.FailedReauthentication(origin, ann, s.ID, event.WrongPassword, at)
		case 'r':
			e = event.Reauthenticated(origin, s.ID, ann, []string{"pwd"}, at)
		case 's':
			e = event.SignedIn(origin, s)
		case 'd':
			e = event.NewDevice(origin, s)
		case 'u':
			e = event.ReuseFound(origin, s.ID, ann, at)
		case 'l':
			e = event.Ended(origin, event.Anonymous, s.ID, ann, session.StateLost, at)
		case 'e':
			e = event.Ended(origin, event.Anonymous, s.ID, ann, session.ReuseDetected, at)
		case '.':
			at = at.Add(time.Hour)
			continue
		case '|':
			at = at.Add(24 * time.Hour)
			continue
		}
		list = append([]event.Recorded{{Event: e, Position: event.Position{Sequence: int64(i + 1)}}}, list...)
	}
	return list
}

func places(list []event.Recorded) []int64 {
	out := []int64{}
	for _, e := range list {
		out = append([]int64{e.Position.Sequence}, out...)
	}
	return out
}

func TestAlerts(t *testing.T) {
	for text, want := range map[string][]int64{
		"":                   {},
		"ses":                {},
		"sdul":               {2, 3, 4},
		"ffff":               {},
		"fffff":              {5},
		"ffffffff":           {5},
		"ffffrf":             {},
		"fpfpf":              {5},
		"ffffsf":             {},
		"fffffsfffff":        {5, 11},
		"ffefdff":            {5, 7},
		"f.f.f.f.f.f":        {9},
		"fff|ff":             {},
		"ffff|ffff|fffff":    {15},
		"fffff...........f":  {5},
		"fffff............f": {5, 18}, // it goes on upon another day
	} {
		alerts, judged := event.Alerts(history(t, text), true)
		require.Equal(t, want, places(alerts), text)
		require.Equal(t, len(history(t, text)), judged)
	}
}

// Whichever part of the log is read at a time, the alerts are the same, and
// what cannot be judged yet is not.
func TestAlertsOfPartsAreThoseOfTheWhole(t *testing.T) {
	list := history(t, "sffffffdfff.ffsfffluffff...............fff|fffffesf")
	whole, _ := event.Alerts(list, true)
	for size := 1; size <= len(list); size++ {
		var got []event.Recorded
		for begin := 0; begin < len(list); {
			for end := begin + size; ; end += size {
				end = min(end, len(list))
				alerts, judged := event.Alerts(list[begin:end], end == len(list))
				if judged > 0 {
					got, begin = append(got, alerts...), begin+judged
					break
				}
				require.Less(t, end, len(list), "the end can be judged")
			}
		}
		require.Equal(t, places(whole), places(got), "parts of %d", size)
	}
}

func TestNamesAreListedOnce(t *testing.T) {
	for _, names := range [][]event.Name{event.AccountNames(), event.AlertNames()} {
		seen := map[event.Name]bool{}
		for _, name := range names {
			require.False(t, seen[name], name)
			seen[name] = true
		}
	}
}
