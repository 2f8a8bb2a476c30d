package revocation

import (
	"fmt"
	"strings"
	"time"

	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/id"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/user"
)

// Kind says what an Entry is about.
type Kind string

// The kinds.
const (
	OneSession  Kind = "session"      // Session, and nothing else, is over
	AllSessions Kind = "all_sessions" // every session opened before Before is over
	OneKey      Kind = "key"          // nothing that KID signed is good any more
)

// Entry is a revocation as other services are told of it.
type Entry struct {
	Kind    Kind
	Session session.ID // of OneSession
	User    user.ID    // whose session it was; zero when that is not known
	Before  time.Time  // of AllSessions
	KID     string     // of OneKey
	At      time.Time  // when it was revoked
	Reason  string     // a word for programs; empty when there is none
}

// EntryOf reads what other services must know of an event; false when that is
// nothing. An event that should and cannot be read is an error.
func EntryOf(e event.Event) (Entry, bool, error) {
	out := Entry{At: e.At, Reason: e.Payload["reason"]}
	if e.Name == event.KeyRevoked {
		kid, named := strings.CutPrefix(e.Subject, "key:")
		if !named || kid == "" {
			return Entry{}, false, fmt.Errorf("event %s about %q names no key", e.Name, e.Subject)
		}
		out.Kind, out.KID = OneKey, kid
		return out, true, nil
	}
	r, revokes, err := Of(e)
	if err != nil || !revokes {
		return Entry{}, false, err
	}
	out.Session, out.Before = r.Session, r.Before
	if r.Session.IsZero() {
		out.Kind = AllSessions
		return out, true, nil
	}
	out.Kind = OneSession
	if owner, err := id.Parse[user.User](e.Payload["user_id"]); err == nil {
		out.User = owner
	}
	return out, true, nil
}
