package inbound

import (
	"context"
	"time"

	"github.com/plinto/plinto/core/guess"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/user"
)

// Operators is what those who run the service may do to its users and their
// sessions. It asks for no proof: whoever can run the program on the database
// may do anything, so no transport that others reach offers it. Each change
// writes its events, with event.Operator as the actor.
type Operators interface {
	// FindUser finds an account by its id or its e-mail address, in any case
	// of letters. A user name finds none, since it may read like an id. Faults:
	// ValidationError for what is neither, NotFound.
	FindUser(ctx context.Context, idOrEmail string) (user.User, error)

	// ListUsers gives up to limit accounts of this status, or of any but
	// Deleted when it is empty, the newest first, beginning behind the id
	// before, or with the newest when before is zero.
	ListUsers(ctx context.Context, status user.Status, before user.ID, limit int) ([]user.User, error)

	// Suspend keeps an account from acting and ends its sessions, all at once,
	// and tells how many those were. They stay ended when it is reactivated.
	// The reason is optional, for those who read the events. Faults:
	// ValidationError for a reason that is too long, NotFound, Conflict for an
	// account that is suspended or deleted already.
	Suspend(ctx context.Context, who user.ID, reason string) (ended int, err error)

	// Reactivate lets an account act again. Faults: NotFound, Conflict for one
	// that is active or deleted.
	Reactivate(ctx context.Context, who user.ID) error

	// Erase removes an account and everything that is stored about its user but
	// the id, ends their sessions, and tells how many those were. It cannot be
	// undone. Faults: NotFound, Conflict for one that is deleted already.
	Erase(ctx context.Context, who user.ID) (ended int, err error)

	// Guesses gives what is remembered of wrong passwords at an account by those
	// who showed no known device, as it is now.
	Guesses(ctx context.Context, who user.ID) (guess.Tally, error)

	// Unlock forgets them, so that its owner need not wait. Fault: NotFound.
	Unlock(ctx context.Context, who user.ID) error

	// ListSessions gives up to limit live sessions of a user, the newest
	// first, beginning behind the id before, or with the newest when before is
	// zero.
	ListSessions(ctx context.Context, who user.ID, before session.ID, limit int) ([]session.Session, error)

	// EndSessions ends every session of a user, all at once, and tells how many
	// those were.
	EndSessions(ctx context.Context, who user.ID) (ended int, err error)

	// EndAllSessions ends every session that was opened before an instant,
	// which is now when it is zero, and tells how many it ended. Their access
	// tokens are refused everywhere as soon as it has begun; the sessions
	// themselves end one batch after another. Until its turn has come a
	// session may still be refreshed, to no use: it ends all the same, and its
	// access tokens are refused. What was ended before an error stays ended, and a second
	// call with the same instant goes on. Progress is told how many have ended
	// so far; it may be nil. Fault: ValidationError for an instant to come.
	EndAllSessions(ctx context.Context, before time.Time, progress func(ended int)) (ended int, err error)
}
