// Package revocation owns what makes an access token bad before it expires: the
// end of its session, and the end of all sessions that were opened before an
// instant. It knows which events say so; where they are read is not its
// business.
package revocation

import (
	"fmt"
	"strings"
	"time"

	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/id"
	"github.com/plinto/plinto/core/session"
)

// Revocation says what is refused.
type Revocation struct {
	Session session.ID // that one; zero when Before is set
	Before  time.Time  // every session opened before, whole milliseconds as ids have them; zero when Session is set
	At      time.Time  // when it was revoked
}

// Of reads what an event revokes; false when it revokes no session. An event
// that should and cannot be read is an error: nothing may be missed.
func Of(e event.Event) (Revocation, bool, error) {
	switch e.Name {
	case event.SessionRevoked:
		text, _ := strings.CutPrefix(e.Subject, "session:")
		ended, err := id.Parse[session.Session](text)
		if err != nil {
			return Revocation{}, false, fmt.Errorf("event %s about %q: %w", e.Name, e.Subject, err)
		}
		return Revocation{Session: ended, At: e.At}, true, nil
	case event.AllSessionsRevoked:
		before, err := time.Parse(time.RFC3339Nano, e.Payload[event.Before])
		if err != nil {
			return Revocation{}, false, fmt.Errorf("event %s: %w", e.Name, err)
		}
		return Revocation{Before: before.Truncate(time.Millisecond), At: e.At}, true, nil
	}
	return Revocation{}, false, nil
}
