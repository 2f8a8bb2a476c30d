package inbound

import (
	"context"
	"iter"
	"time"

	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/user"
)

// Profiles lets users say who they are, take what is stored about them along,
// and leave.
type Profiles interface {
	// CheckUpdate gives everything wrong with the values of an update that can
	// be told without the account. It does no I/O.
	CheckUpdate(cmd ProfileUpdate) []fault.Field

	// Update changes what the principal says of themselves and gives the
	// account as it then is; what changes nothing writes nothing. Faults:
	// ValidationError, UsernameTaken, InvalidToken when the session is over by
	// now, PreconditionFailed when the account is not of a revision that the
	// update is meant for, also by now.
	Update(ctx context.Context, caller Caller, who Principal, cmd ProfileUpdate) (user.User, error)

	// CheckErasure gives everything wrong with the values of an erasure that
	// can be told without the account. It does no I/O.
	CheckErasure(cmd Erasure) []fault.Field

	// Erase removes the principal's account and everything that is stored
	// about them but the id, and ends all their sessions. It cannot be undone.
	// Faults: ReauthenticationRequired when the proof of who they are is too
	// old; ValidationError when the account has a password and none is given,
	// WrongPassword; PreconditionFailed as of Update; Conflict when somebody
	// else was changing the account; LastAdministrator; RateLimited, Overloaded.
	Erase(ctx context.Context, caller Caller, who Principal, cmd Erasure) error

	// Export gives everything that is stored about the principal, but what
	// proves who they are. Faults: ReauthenticationRequired, InvalidToken.
	Export(ctx context.Context, caller Caller, who Principal) (PersonalData, error)
}

// ProfileUpdate asks for changes of an account of one of the revisions.
type ProfileUpdate struct {
	Edits user.Edits
	Match user.Match
}

// Erasure asks to erase an account of one of the revisions. The password is
// empty for an account that has none.
type Erasure struct {
	Password credential.Password
	Match    user.Match
}

// PersonalData is what is stored about a user at an instant. Sessions, over ones
// too, and events come the newest first; they are read as they are asked for,
// and an error is the last that comes.
type PersonalData struct {
	At       time.Time
	User     user.User
	Devices  []session.KnownDevice
	Sessions iter.Seq2[SessionDetail, error]
	Events   iter.Seq2[event.Recorded, error]
}
