package outbound

import (
	"context"
	"time"

	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
)

// Users stores accounts and their passwords.
//
// Whatever changes a user's status or credentials also updates the row of the
// user, so that Sessions.Open, which locks that row, cannot pass it by.
type Users interface {
	// Register stores a new account with its first session and what happened,
	// all of it or nothing, in one round trip. ErrConflict says that the id,
	// the address or the user name is taken; Taken tells which.
	Register(ctx context.Context, a Account) error

	// RegisterQuietly does the same whether or not the address of a new account
	// is somebody's: when it is not, it stores the account, without a session;
	// else it changes nothing. A mail is owed to the address, of the kind that is
	// for its case. ErrConflict says that the user name is somebody's and the
	// address is not; then nothing is stored. One round trip.
	RegisterQuietly(ctx context.Context, a QuietAccount) error

	// Taken tells which names of a new account are somebody's already, by
	// their keys. A zero username is never taken.
	Taken(ctx context.Context, t tenant.ID, email user.Email, name user.Username) (Taken, error)

	// ForSignIn finds the account with this identifier, by its key, and the
	// hash of its password, empty when it has none. ErrNotFound when there is
	// no such account. One round trip.
	ForSignIn(ctx context.Context, t tenant.ID, who user.Identifier) (user.User, string, error)

	// WithPassword finds an account and the hash of its password, empty when
	// it has none. ErrNotFound when there is no such account. One round trip.
	WithPassword(ctx context.Context, t tenant.ID, id user.ID) (user.User, string, error)

	// ChangePassword replaces the hash of a password that was proved in a
	// session, and updates the user. ErrStale says that by then the hash was
	// another, the user was not active or the session not live; then nothing
	// has changed. Of any number of changes at once from one hash, one wins.
	// What happened, and to other sessions, is for the caller to write, in the
	// same transaction.
	ChangePassword(ctx context.Context, c PasswordChange) error

	// UpgradePassword replaces the hash of a password by another of the same
	// password. It is no change of the account: neither sessions nor the time
	// of the last change know of it. ErrStale says that by then the hash was
	// another; then nothing has changed. One round trip.
	UpgradePassword(ctx context.Context, u PasswordUpgrade) error

	// ByID finds an account. ErrNotFound when there is none.
	ByID(ctx context.Context, t tenant.ID, id user.ID) (user.User, error)

	// List gives up to limit accounts of this status, or of any but Deleted
	// when it is empty, the newest first, beginning behind the id before, or
	// with the newest when before is zero.
	List(ctx context.Context, t tenant.ID, status user.Status, before user.ID, limit int) ([]user.User, error)

	// ChangeStatus gives an account another status. ErrStale says that by then
	// its status was not Was. What becomes of its sessions is for the caller
	// to say, in the same transaction.
	ChangeStatus(ctx context.Context, c StatusChange) error

	// UpdateProfile stores the user name, the profile and the metadata of an
	// account that was changed from the revision before. ErrStale says that by
	// then its revision was another; of any number of changes at once from one
	// revision, one wins. ErrConflict says that the user name is somebody
	// else's.
	UpdateProfile(ctx context.Context, u user.User) error

	// Erase removes everything that is stored about a user and tells of a
	// person, here and in every other table, but for their id: what stays is a
	// user without a name, whose status is Deleted, sessions that tell times
	// alone, and events without addresses and request ids, unless another user
	// did it, and without what is not among the members that are kept. The address and the user name are free
	// for a new account. It ends no session, removes no mail (as
	// Outbox.RemoveOfUser does) and writes no event: that is for the caller, in
	// the same transaction and after. ErrStale says that by
	// then the revision of the account was another, or it was erased.
	//
	// Whoever stores something else about users has it erased here.
	Erase(ctx context.Context, e Erasure) error

	// Find gives the accounts that are looked for, the newest first. A page
	// neither skips nor repeats an account that is there throughout.
	Find(ctx context.Context, s UserSearch) ([]user.User, error)

	// Add stores a new account, with this hash as its password or, when it is
	// empty, without one. ErrConflict says that the id, the address or the user
	// name is taken; Taken tells which.
	Add(ctx context.Context, u user.User, passwordHash string) error

	// ChangeAdministrator makes an account an administrator, or one no more.
	// ErrStale says that it was that already, is deleted, or that there is no
	// such account.
	ChangeAdministrator(ctx context.Context, c AdministratorChange) error

	// LockAdministrators gives the administrators who are active, in ascending
	// order, and keeps everybody else from changing who that is until the
	// transaction ends. It is the first thing in one that ends what an
	// administrator may do.
	LockAdministrators(ctx context.Context, t tenant.ID) ([]user.ID, error)
}

// Erasure asks to erase an account.
type Erasure struct {
	Tenant tenant.ID
	User   user.ID
	Was    int64 // the revision
	At     time.Time
}

// UserSearch asks for accounts.
type UserSearch struct {
	Tenant tenant.ID
	Status user.Status // any but Deleted when it is empty
	Search user.Search // everybody when it is zero
	Before user.ID     // to begin behind; zero is the beginning
	Limit  int
}

// AdministratorChange asks to make an account an administrator, or one no more.
type AdministratorChange struct {
	Tenant tenant.ID
	User   user.ID
	To     bool
	At     time.Time
}

// PasswordChange asks to replace the hash of a password.
type PasswordChange struct {
	Tenant    tenant.ID
	User      user.ID
	Session   session.ID // the one that asks
	Was, Next string     // the hashes
	At        time.Time
	Lifetime  session.Lifetime
}

// PasswordUpgrade asks to replace a hash by another of the same password.
type PasswordUpgrade struct {
	Tenant    tenant.ID
	User      user.ID
	Was, Next string // the hashes
}

// Account is everything that a sign-up makes.
type Account struct {
	User         user.User
	PasswordHash string
	Session      session.Session
	Events       []event.Event
	Mails        []mail.Mail
}

// QuietAccount is everything that a sign-up makes that must not tell whether
// there was an account already.
type QuietAccount struct {
	User         user.User
	PasswordHash string
	Event        event.Event
	Mail         mail.Mail // to the address; its user and its kind are filled in by the store
	IfNew        mail.Kind // when the account is new
	IfThere      mail.Kind // when there was one
}

// StatusChange asks for another status of an account.
type StatusChange struct {
	Tenant  tenant.ID
	User    user.ID
	Was, To user.Status
	At      time.Time
}

// Taken tells which names are somebody's already.
type Taken struct{ Email, Username bool }
