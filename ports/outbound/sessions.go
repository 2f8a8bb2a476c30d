package outbound

import (
	"context"
	"time"

	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/guess"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/core/user"
)

// Sessions stores sessions, one row each. An ended session stays ended,
// whatever else is done to it. A session is live as session.Session.Live says,
// with the lifetime that is given.
type Sessions interface {
	// Open stores the session of somebody who proved who they are, notes the
	// sign-in on the user and the device, ends the oldest sessions beyond
	// those that a user may have and writes what happened, all of it or
	// nothing, in one round trip. ErrStale says that by now the user is not
	// active or has another password than the one of this hash; then nothing
	// is stored. However many are opened at once, no more live than may; and
	// of those from one new device, one finds it new.
	Open(ctx context.Context, o Opening) error

	// ByID finds a session, ended ones too. ErrNotFound when there is none.
	ByID(ctx context.Context, t tenant.ID, id session.ID) (session.Session, error)

	// WithUser finds a session and its user in one round trip, ended ones
	// too. ErrNotFound when there is none.
	WithUser(ctx context.Context, t tenant.ID, id session.ID) (session.Session, user.User, error)

	// Rotate moves a session on to the successor of what is presented, and
	// answers with the session as it then is, as token.Advance says. ErrStale
	// when the session's secret is not the presented one, or it is not live
	// at Now, or it is bound to another key than the presenter's, or its user
	// is not active. One statement, one round trip; it is
	// for token.Judge to tell why it was stale.
	Rotate(ctx context.Context, r Rotation) (session.Session, error)

	// Reauthenticate notes on a live session of this owner that they proved a
	// password again, and writes what happened, both or neither, in one round
	// trip. It answers with the session as it then is. It is activity. ErrStale
	// when the owner has no such session or it was over by then, the owner is
	// not active, or has another password than the one of this hash.
	Reauthenticate(ctx context.Context, r Reauthentication) (session.Session, error)

	// End ends a live session of this owner and writes what happened, both or
	// neither, in one round trip. ErrNotFound when the owner has no such
	// session or it was over by then; of any number of calls at once, one
	// ends it.
	End(ctx context.Context, e Ending) error

	// EndOthers ends all live sessions of an owner but one, and gives their
	// ids in ascending order. What happened is for the caller to write, in the
	// same transaction.
	EndOthers(ctx context.Context, e EndingOthers) ([]session.ID, error)

	// EndNext ends what is not over among the next sessions in the order of
	// ids, whosever they are. It looks at no more than Limit, and gives those
	// that it ended, in that order, and the last one that it looked at, to go
	// on behind; zero when it met the end. A session that is moved on
	// meanwhile ends like the others. What happened is for the caller to write,
	// in the same transaction.
	EndNext(ctx context.Context, e EndingNext) (ended []Ended, next session.ID, err error)

	// Remove removes up to limit sessions that were over by an instant: ended,
	// or at the end of their absolute lifetime. It gives their number. It waits
	// for nobody: a session that somebody else is changing stays for the next
	// time.
	Remove(ctx context.Context, t tenant.ID, overBy time.Time, limit int) (int, error)

	// OfUser gives up to limit sessions of an owner, those that are over too,
	// the newest first, beginning behind the id before, or with the newest when
	// before is zero.
	OfUser(ctx context.Context, t tenant.ID, owner user.ID, before session.ID, limit int) ([]session.Session, error)

	// ListLive gives up to limit sessions of an owner that are live at now,
	// the newest first, beginning behind the id before, or with the newest
	// when before is zero. A page neither skips nor repeats a session that
	// lives throughout.
	ListLive(ctx context.Context, t tenant.ID, owner user.ID, now time.Time, life session.Lifetime, before session.ID, limit int) ([]session.Session, error)
}

// Opening asks to open a session.
type Opening struct {
	Session      session.Session
	PasswordHash string // the one that was proved
	// Unasked says that something else was proved, in the same transaction, and
	// no password is compared.
	Unasked bool
	Event   event.Event // of the session
	// NewDevice is written when the account does not know the device and
	// knows another.
	NewDevice event.Event
	// Notice is owed when NewDevice is written; nil is for nobody to be told.
	Notice *mail.Mail
	// Most is how many sessions of a user live, this one among them, whichever
	// its place by age is; zero is no limit.
	Most     int
	Lifetime session.Lifetime
	// Displaced is written of each session that ends for this one. Its
	// subject, the session, is filled in by the store.
	Displaced event.Event
	// Guess is forgiven with it; the zero one is none.
	Guess guess.Taken
}

// Rotation asks to move a session on.
type Rotation struct {
	Tenant    tenant.ID
	Session   session.ID
	Presented token.Presented
	Now       time.Time
	Lifetime  session.Lifetime
}

// Reauthentication says that the owner of a session proved a password again.
type Reauthentication struct {
	Tenant       tenant.ID
	Session      session.ID
	Owner        user.ID
	PasswordHash string   // the one that was proved
	Methods      []string // RFC 8176
	At           time.Time
	Lifetime     session.Lifetime
	Event        event.Event
	Guess        guess.Taken // forgiven with it; the zero one is none
}

// Ending asks to end a session.
type Ending struct {
	Tenant   tenant.ID
	Session  session.ID
	Owner    user.ID
	Reason   session.EndReason
	At       time.Time
	Lifetime session.Lifetime
	Event    event.Event
}

// EndingOthers asks to end all sessions of an owner but one.
type EndingOthers struct {
	Tenant   tenant.ID
	Owner    user.ID
	Keep     session.ID // zero keeps none
	Reason   session.EndReason
	At       time.Time
	Lifetime session.Lifetime
}

// EndingNext asks to end sessions in the order of their ids: those behind
// After, up to and including Last.
type EndingNext struct {
	Tenant      tenant.ID
	After, Last session.ID
	Limit       int
	Reason      session.EndReason
	At          time.Time
}

// Ended is a session that was ended, and whose it was.
type Ended struct {
	Session session.ID
	Owner   user.ID
}
