package inbound

import (
	"context"

	"github.com/plinto/plinto/core/session"
)

// Sessions lets users look after their own sessions.
type Sessions interface {
	// List gives a page of the user's live sessions, the newest first.
	List(ctx context.Context, who Principal, page Page) (SessionPage, error)

	// Get gives a session of the user's, an ended one too, and where it was
	// used. Fault: NotFound, also for somebody else's.
	Get(ctx context.Context, who Principal, id session.ID) (SessionDetail, error)

	// Revoke ends a live session of the user's, this one too. Fault: NotFound,
	// also for somebody else's and for one that is over.
	Revoke(ctx context.Context, caller Caller, who Principal, id session.ID) error

	// RevokeOthers ends all sessions of the user's but this one, and tells how
	// many there were.
	RevokeOthers(ctx context.Context, caller Caller, who Principal) (int, error)
}

// SessionDetail is a session, where it was used and what is known of its device.
type SessionDetail struct {
	Session   session.Session
	Addresses []session.SeenAddress // the one seen last first
	Device    *session.KnownDevice  // nil when the account does not remember it
}

// Page asks for part of a list: at most Limit entries behind the entry After,
// or from the beginning when After is zero.
type Page struct {
	Limit int // 1 to MaxPage
	After session.ID
}

// MaxPage is the longest page.
const MaxPage = 100

// SessionPage is a page of sessions. Next is where the next page begins; zero
// on the last one.
type SessionPage struct {
	Sessions []session.Session
	Next     session.ID
}
