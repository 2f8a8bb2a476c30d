// Package user owns accounts: who they are, by what names they are found, and
// whether they may act. It knows nothing of passwords or sessions.
package user

import (
	"fmt"
	"time"

	"github.com/plinto/plinto/core/id"
	"github.com/plinto/plinto/core/tenant"
)

// ID identifies a User.
type ID = id.Of[User]

// User is an account.
type User struct {
	Tenant tenant.ID
	ID     ID

	Email         Email
	EmailVerified bool
	Username      Username // zero when the user has none

	Profile  Profile
	Metadata []byte // a JSON object that belongs to the application

	// Administrator says that the user looks after the users of the tenant.
	Administrator bool

	Status       Status
	CreatedAt    time.Time
	UpdatedAt    time.Time
	LastSignInAt *time.Time

	// Revision counts the changes of all this but the last sign-in.
	Revision int64
}

// Profile is what a user says about themselves; every part may be absent.
type Profile struct {
	FirstName, LastName, DisplayName *string
	ImageURL                         *string
	PhoneNumber                      *string
	Timezone, Locale                 *string
}

// Names gives what a user is called: the user name and the parts of the name
// that are known.
func (u User) Names() []string {
	names := []string{u.Username.String()}
	for _, part := range []*string{u.Profile.FirstName, u.Profile.LastName, u.Profile.DisplayName} {
		if part != nil {
			names = append(names, *part)
		}
	}
	return names
}

// Registration is what a new account is made of. Its parts are valid already.
type Registration struct {
	Tenant    tenant.ID
	ID        ID
	Email     Email
	Username  Username
	FirstName Name
	LastName  Name
}

// New makes an active account that has proved nothing yet.
func New(r Registration, now time.Time) User {
	return User{
		Tenant:    r.Tenant,
		ID:        r.ID,
		Email:     r.Email,
		Username:  r.Username,
		Profile:   Profile{FirstName: r.FirstName.pointer(), LastName: r.LastName.pointer()},
		Metadata:  []byte("{}"),
		Status:    Active,
		CreatedAt: now,
		UpdatedAt: now,
		Revision:  1,
	}
}

// Tombstone is what stands in the place of the key of an address when an account
// is erased. No address or user name reads like it, so that nothing finds it.
func Tombstone(who ID) string { return "deleted:" + who.String() }

// Snapshot is a User as storage keeps it: plain values.
type Snapshot struct {
	Tenant        tenant.ID
	ID            ID
	Email         string // empty when the account was erased
	EmailKey      string // may be empty for an address in ASCII
	EmailVerified bool
	Username      *string
	Profile       Profile
	Metadata      []byte
	Administrator bool
	Status        string
	CreatedAt     time.Time
	UpdatedAt     time.Time
	LastSignInAt  *time.Time
	Revision      int64
}

// Restore makes a User of what was stored. A row that the rules forbid is an
// error: it was not written by this package.
func Restore(s Snapshot) (User, error) {
	status, err := ParseStatus(s.Status)
	if err != nil {
		return User{}, fmt.Errorf("user %s: %w", s.ID, err)
	}
	email, ok := restoreEmail(s.Email, s.EmailKey)
	if !ok && (s.Email != "" || status != Deleted) {
		return User{}, fmt.Errorf("user %s: stored e-mail address is malformed", s.ID)
	}
	u := User{
		Tenant: s.Tenant, ID: s.ID, Email: email, EmailVerified: s.EmailVerified,
		Profile: s.Profile, Metadata: s.Metadata, Administrator: s.Administrator, Status: status,
		CreatedAt: s.CreatedAt, UpdatedAt: s.UpdatedAt, LastSignInAt: s.LastSignInAt, Revision: s.Revision,
	}
	if s.Username != nil {
		if u.Username, ok = readUsername(*s.Username); !ok {
			return User{}, fmt.Errorf("user %s: stored user name is malformed", s.ID)
		}
	}
	return u, nil
}
