package inbound

import (
	"context"

	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/user"
)

// Administration is what an administrator may do to the users of their tenant
// and their sessions. Whoever asks was admitted for this request. Each change
// writes its events, with the administrator as the actor.
//
// What ends or restores what somebody may do asks for recent proof, and is
// refused with OwnAccount to those who ask it of themselves; whether the caller
// is an administrator is looked at again when it is done. Faults besides:
// InsufficientPermissions, ReauthenticationRequired, NotFound.
type Administration interface {
	// Admit lets an administrator through, in one round trip to the store: what
	// counts is what is stored now, and not what their token says. Faults:
	// InvalidToken when their session is over or they may not act,
	// InsufficientPermissions for everybody else.
	Admit(ctx context.Context, who Principal) error

	// CheckReason gives everything wrong with the reason of a suspension. It
	// does no I/O.
	CheckReason(reason string) []fault.Field

	// Suspend keeps an account from acting and ends its sessions, all at once,
	// and gives it as it then is. They stay ended when it is reactivated. The
	// reason is optional, for those who read the events. Faults besides:
	// ValidationError, Conflict for an account that is suspended or deleted
	// already.
	Suspend(ctx context.Context, caller Caller, who Principal, whom user.ID, reason string) (user.User, error)

	// Reactivate lets an account act again, and gives it as it then is. Fault
	// besides: Conflict for one that is active or deleted.
	Reactivate(ctx context.Context, caller Caller, who Principal, whom user.ID) (user.User, error)

	// Erase removes an account of one of the revisions and everything that is
	// stored about its user but the id, and ends their sessions. It cannot be
	// undone. Faults besides: Conflict for one that is deleted already, or that
	// somebody else was changing; PreconditionFailed.
	Erase(ctx context.Context, caller Caller, who Principal, whom user.ID, match user.Match) error

	// Sessions gives a page of an account's live sessions, the newest first.
	// Fault: NotFound.
	Sessions(ctx context.Context, who Principal, whom user.ID, page Page) (SessionPage, error)

	// EndSessions ends every session of an account, all at once, and tells how
	// many those were. It asks for no recent proof and may be asked of oneself:
	// it takes nothing from anybody that a sign-in does not give back.
	EndSessions(ctx context.Context, caller Caller, who Principal, whom user.ID) (ended int, err error)
}

// Directory is the users as their administrators see them. Whoever asks was
// admitted for this request.
type Directory interface {
	// CheckSearch gives everything wrong with a search. It does no I/O.
	CheckSearch(text string) []fault.Field

	// Find gives a page of the users who are looked for, the newest first.
	// Fault: ValidationError.
	Find(ctx context.Context, who Principal, q UserQuery) (UserPage, error)

	// Get gives an account, a deleted one too. Fault: NotFound.
	Get(ctx context.Context, who Principal, whom user.ID) (user.User, error)

	// CheckCreate gives everything wrong with the values of a new account,
	// without asking whether a name is taken. It does no I/O.
	CheckCreate(cmd NewUser) []fault.Field

	// Create makes an account without a password, and sends its owner an
	// invitation to give it one. Faults: ValidationError, EmailTaken,
	// UsernameTaken, MailDisabled.
	Create(ctx context.Context, caller Caller, who Principal, cmd NewUser) (user.User, error)

	// Invite sends the owner of an account another invitation; the one before is
	// worthless then. Faults: NotFound, AlreadyVerified for an account whose
	// mailbox was proved, Conflict for one that may not act, MailDisabled,
	// RateLimited.
	Invite(ctx context.Context, caller Caller, who Principal, whom user.ID) error

	// CheckUpdate gives everything wrong with the values of an update that can
	// be told without the account. It does no I/O.
	CheckUpdate(cmd ProfileUpdate) []fault.Field

	// Update changes what an account says of its user and gives it as it then
	// is; what changes nothing writes nothing. Faults: ValidationError,
	// NotFound, UsernameTaken, Conflict for one that is deleted,
	// PreconditionFailed when it is not of a revision that the update is meant
	// for, also by now.
	Update(ctx context.Context, caller Caller, who Principal, whom user.ID, cmd ProfileUpdate) (user.User, error)
}

// UserQuery asks for part of the users.
type UserQuery struct {
	Search string      // how an address, a user name or a name begins; everybody when it is empty
	Status user.Status // any but Deleted when it is empty
	Limit  int         // 1 to MaxPage
	After  user.ID     // to begin behind; zero is the beginning
}

// UserPage is a page of users. Next is where the next page begins; zero on the
// last one.
type UserPage struct {
	Users []user.User
	Next  user.ID
}

// NewUser asks for an account of somebody else.
type NewUser struct {
	Email string
	Edits user.Edits // of an account of which nothing else is known
}

// Provisioning is how those who run the service make accounts, and say who is
// an administrator. Like Operators, it asks for no proof, and no transport that
// others reach offers it: nobody becomes an administrator in any other way.
type Provisioning interface {
	// CheckProvision gives everything wrong with the values of a new account,
	// without asking whether a name is taken. It does no I/O.
	CheckProvision(cmd Provision) []fault.Field

	// Create makes an account: with the password that is given, or without one
	// and with an invitation to give it one. Faults: ValidationError,
	// EmailTaken, UsernameTaken, MailDisabled for an invitation, Overloaded.
	Create(ctx context.Context, cmd Provision) (user.User, error)

	// Invite sends the owner of an account another invitation; the one before is
	// worthless then. Faults: NotFound, AlreadyVerified for an account whose
	// mailbox was proved, Conflict for one that may not act, MailDisabled.
	Invite(ctx context.Context, whom user.ID) error

	// SetAdministrator makes an account an administrator, or one no more, also
	// the last one. Faults: NotFound, Conflict for one that is that already, or
	// is deleted.
	SetAdministrator(ctx context.Context, whom user.ID, to bool) error
}

// Provision asks for an account.
type Provision struct {
	NewUser
	Password      credential.Password // empty sends an invitation
	Administrator bool
}
