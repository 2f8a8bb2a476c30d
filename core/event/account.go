package event

import (
	"maps"
	"time"

	"github.com/plinto/plinto/core/id"
	"github.com/plinto/plinto/core/session"
)

// AccountNames are the names of what the owner of an account is shown.
func AccountNames() []Name {
	return []Name{
		SessionCreated, SessionRevoked, SessionReuseDetected, SessionReauthenticated, SessionNewDevice,
		SignInFailed, ReauthenticationFailed, SuspiciousActivity, PasswordChanged, PasswordReset,
		UserVerified, UserClaimed, UserEmailChanged, UserUpdated, UserExported, UserUnlocked,
	}
}

// About gives the session that an event is about: its subject, or the one that
// its payload names. It is zero when there is none.
func (e Event) About() session.ID {
	text := e.Payload["session_id"]
	if len(e.Subject) > len(ofSession) && e.Subject[:len(ofSession)] == ofSession {
		text = e.Subject[len(ofSession):]
	}
	found, err := id.Parse[session.Session](text)
	if err != nil {
		return session.ID{}
	}
	return found
}

// Device gives the device that an event describes, and whether it does.
func (e Event) Device() (session.Device, bool) {
	kind, described := e.Payload[DeviceType]
	return session.Device{
		Name: e.Payload[DeviceName], Type: session.DeviceType(kind), Browser: e.Payload[Browser], OS: e.Payload[OS],
	}, described
}

// Details gives what the payload says beside user, session and device.
func (e Event) Details() map[string]string {
	rest := maps.Clone(e.Payload)
	for _, member := range []string{UserID, "session_id", DeviceName, DeviceType, Browser, OS} {
		delete(rest, member)
	}
	return rest
}

// AlertNames are the names of what Alerts has to see.
func AlertNames() []Name {
	return []Name{
		SessionCreated, SessionRevoked, SessionReuseDetected, SessionReauthenticated, SessionNewDevice, SignInFailed, ReauthenticationFailed,
		SuspiciousActivity,
	}
}

const (
	// FailuresInARow is how many failed sign-ins are worth an alert.
	FailuresInARow = 5
	// failureGap is how far apart two of them may be and still be in a row.
	failureGap = 24 * time.Hour
)

// Alerts picks from the events of an account, the newest first, those that its
// owner should look at:
//
//   - a sign-in from a device that the account did not know;
//   - somebody who guesses at the password, once an episode;
//   - an old refresh token that was presented, or one newer than what is stored;
//   - of failed sign-ins in a row, with no successful one between them and no
//     more than a day from one to the next, the one that makes them five, and
//     of those that follow the first of each day (UTC). To prove a password
//     again in a session counts as signing in.
//
// Whether a failed sign-in is one of these is told by those before it, so
// unless the list reaches back to the beginning its end cannot be judged yet.
// Judged is how many events of the list were.
func Alerts(list []Recorded, whole bool) (alerts []Recorded, judged int) {
	for i, e := range list {
		worth, known := alarming(e.Event, list[i+1:], whole)
		if !known {
			return alerts, i
		}
		if worth {
			alerts = append(alerts, e)
		}
	}
	return alerts, len(list)
}

func alarming(e Event, before []Recorded, whole bool) (worth, known bool) {
	switch e.Name {
	case SessionNewDevice, SessionReuseDetected, SuspiciousActivity:
		return true, true
	case SessionRevoked:
		return e.Payload["reason"] == string(session.StateLost), true
	case SignInFailed, ReauthenticationFailed:
		return lastOfRow(e, before, whole)
	}
	return false, true
}

// lastOfRow tells whether a failed sign-in makes its row long enough, or begins
// a day of one that is.
func lastOfRow(e Event, before []Recorded, whole bool) (worth, known bool) {
	row, later := 1, e
	newDay := false
	for _, earlier := range before {
		proved := earlier.Name == SessionCreated || earlier.Name == SessionReauthenticated
		if proved || later.At.Sub(earlier.At) > failureGap {
			return row >= FailuresInARow, true
		}
		if earlier.Name != SignInFailed && earlier.Name != ReauthenticationFailed {
			continue
		}
		if row == 1 {
			newDay = !sameDay(earlier.At, e.At)
		}
		if row == FailuresInARow {
			return newDay, true
		}
		row, later = row+1, earlier.Event
	}
	return row >= FailuresInARow, whole
}

func sameDay(a, b time.Time) bool {
	return a.UTC().Truncate(24 * time.Hour).Equal(b.UTC().Truncate(24 * time.Hour))
}
