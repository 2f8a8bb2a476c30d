package app_test

import (
	"context"
	"time"

	"github.com/plinto/plinto/core/client"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/core/onetime"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

// absent is a store that cannot be reached.
type absent struct{}

func (absent) Users() outbound.Users               { return absentUsers{} }
func (absent) Sessions() outbound.Sessions         { return absentSessions{} }
func (absent) SigningKeys() outbound.SigningKeys   { return absentKeys{} }
func (absent) UsedProofs() outbound.UsedProofs     { return absentProofs{} }
func (absent) Events() outbound.Events             { return absentEvents{} }
func (absent) Leases() outbound.Leases             { return absentLeases{} }
func (absent) Activity() outbound.Activity         { return absentActivity{} }
func (absent) Clients() outbound.Clients           { return absentClients{} }
func (absent) Outbox() outbound.Outbox             { return absentOutbox{} }
func (absent) MailedTokens() outbound.MailedTokens { return absentMailedTokens{} }
func (absent) Mailboxes() outbound.Mailboxes       { return absentMailboxes{} }
func (absent) Guesses() outbound.Guesses           { return absentGuesses{} }

type (
	absentUsers    struct{}
	absentSessions struct{}
	absentKeys     struct{}
	absentProofs   struct{}
	absentEvents   struct{}
	absentLeases   struct{}
)

var errAway = outbound.ErrUnavailable

func (absentUsers) Register(context.Context, outbound.Account) error             { return errAway }
func (absentUsers) RegisterQuietly(context.Context, outbound.QuietAccount) error { return errAway }
func (absentUsers) Taken(context.Context, tenant.ID, user.Email, user.Username) (outbound.Taken, error) {
	return outbound.Taken{}, errAway
}

func (absentUsers) ForSignIn(context.Context, tenant.ID, user.Identifier) (user.User, string, error) {
	return user.User{}, "", errAway
}

func (absentUsers) WithPassword(context.Context, tenant.ID, user.ID) (user.User, string, error) {
	return user.User{}, "", errAway
}

func (absentUsers) ByID(context.Context, tenant.ID, user.ID) (user.User, error) {
	return user.User{}, errAway
}

func (absentUsers) List(context.Context, tenant.ID, user.Status, user.ID, int) ([]user.User, error) {
	return nil, errAway
}
func (absentUsers) UpdateProfile(context.Context, user.User) error                { return errAway }
func (absentUsers) Erase(context.Context, outbound.Erasure) error                 { return errAway }
func (absentUsers) ChangeStatus(context.Context, outbound.StatusChange) error     { return errAway }
func (absentUsers) ChangePassword(context.Context, outbound.PasswordChange) error { return errAway }
func (absentUsers) UpgradePassword(context.Context, outbound.PasswordUpgrade) error {
	return errAway
}

func (absentUsers) Find(context.Context, outbound.UserSearch) ([]user.User, error) {
	return nil, errAway
}
func (absentUsers) Add(context.Context, user.User, string) error { return errAway }
func (absentUsers) ChangeAdministrator(context.Context, outbound.AdministratorChange) error {
	return errAway
}

func (absentUsers) LockAdministrators(context.Context, tenant.ID) ([]user.ID, error) {
	return nil, errAway
}

func (absentSessions) Reauthenticate(context.Context, outbound.Reauthentication) (session.Session, error) {
	return session.Session{}, errAway
}
func (absentSessions) Open(context.Context, outbound.Opening) error { return errAway }

func (absentSessions) ByID(context.Context, tenant.ID, session.ID) (session.Session, error) {
	return session.Session{}, errAway
}

func (absentSessions) WithUser(context.Context, tenant.ID, session.ID) (session.Session, user.User, error) {
	return session.Session{}, user.User{}, errAway
}

func (absentSessions) Rotate(context.Context, outbound.Rotation) (session.Session, error) {
	return session.Session{}, errAway
}
func (absentSessions) End(context.Context, outbound.Ending) error { return errAway }
func (absentSessions) EndOthers(context.Context, outbound.EndingOthers) ([]session.ID, error) {
	return nil, errAway
}

func (absentSessions) EndNext(context.Context, outbound.EndingNext) ([]outbound.Ended, session.ID, error) {
	return nil, session.ID{}, errAway
}

func (absentSessions) Remove(context.Context, tenant.ID, time.Time, int) (int, error) {
	return 0, errAway
}

func (absentSessions) ListLive(context.Context, tenant.ID, user.ID, time.Time, session.Lifetime, session.ID, int) ([]session.Session, error) {
	return nil, errAway
}

func (absentKeys) List(context.Context, tenant.ID) ([]token.SigningKey, error) { return nil, errAway }
func (absentKeys) Insert(context.Context, token.SigningKey) error              { return errAway }
func (absentKeys) Revoke(context.Context, tenant.ID, string, time.Time) error  { return errAway }

func (absentProofs) Use(context.Context, outbound.UsedProof) error { return errAway }
func (absentProofs) DeleteExpired(context.Context, tenant.ID, time.Time, int) (int, error) {
	return 0, errAway
}

func (absentEvents) Append(context.Context, ...event.Event) error { return errAway }
func (absentEvents) After(context.Context, tenant.ID, event.Position, int) ([]event.Recorded, error) {
	return nil, errAway
}

func (absentEvents) Latest(context.Context, tenant.ID, int) ([]event.Recorded, error) {
	return nil, errAway
}

func (absentEvents) OfUser(context.Context, tenant.ID, user.ID, []event.Name, event.Position, int) ([]event.Recorded, error) {
	return nil, errAway
}

type absentActivity struct{}

func (absentActivity) Record(context.Context, tenant.ID, []session.Activity) error { return errAway }
func (absentActivity) Addresses(context.Context, tenant.ID, session.ID) ([]session.SeenAddress, error) {
	return nil, errAway
}

func (absentActivity) Device(context.Context, tenant.ID, user.ID, session.Fingerprint) (session.KnownDevice, error) {
	return session.KnownDevice{}, errAway
}

type absentFeed struct{}

func (absentFeed) Revocations(context.Context, tenant.ID, time.Time, outbound.Mark, int) (outbound.FeedPage, error) {
	return outbound.FeedPage{}, errAway
}

func (absentLeases) Hold(context.Context, outbound.Lease) error    { return errAway }
func (absentLeases) Release(context.Context, outbound.Lease) error { return errAway }

type absentClients struct{}

func (absentClients) Insert(context.Context, client.Client) error { return errAway }
func (absentClients) ByID(context.Context, tenant.ID, client.ID) (client.Client, error) {
	return client.Client{}, errAway
}
func (absentClients) List(context.Context, tenant.ID) ([]client.Client, error) { return nil, errAway }
func (absentClients) Revoke(context.Context, tenant.ID, client.ID, time.Time) error {
	return errAway
}

func (absentClients) NoteUse(context.Context, tenant.ID, client.ID, time.Time) error {
	return errAway
}

type absentOutbox struct{ outbound.Outbox }

func (absentOutbox) Claim(context.Context, outbound.MailClaim) ([]mail.Entry, error) {
	return nil, errAway
}
func (absentOutbox) Add(context.Context, ...mail.Mail) error { return errAway }
func (absentSessions) OfUser(context.Context, tenant.ID, user.ID, session.ID, int) ([]session.Session, error) {
	return nil, errAway
}

func (absentActivity) Devices(context.Context, tenant.ID, user.ID) ([]session.KnownDevice, error) {
	return nil, errAway
}

type absentTransfers struct{}

func (absent) Transfers() outbound.Transfers { return absentTransfers{} }

func (absentTransfers) Holders(context.Context, tenant.ID, []user.User) ([]outbound.Holder, error) {
	return nil, errAway
}
func (absentTransfers) Add(context.Context, []outbound.Transferred) error { return errAway }
func (absentTransfers) After(context.Context, tenant.ID, user.ID, int) ([]outbound.Transferred, error) {
	return nil, errAway
}

type (
	absentMailedTokens struct{}
	absentMailboxes    struct{}
)

func (absentMailedTokens) Keep(context.Context, onetime.Grant) error { return errAway }
func (absentMailedTokens) Find(context.Context, outbound.MailedToken) (outbound.TokenHolder, error) {
	return outbound.TokenHolder{}, errAway
}

func (absentMailedTokens) Take(context.Context, outbound.MailedToken) (outbound.TokenHolder, error) {
	return outbound.TokenHolder{}, errAway
}

func (absentMailedTokens) Withdraw(context.Context, outbound.Withdrawal, ...onetime.Purpose) error {
	return errAway
}

func (absentMailedTokens) Remove(context.Context, tenant.ID, time.Time, int) (int, error) {
	return 0, errAway
}

func (absentMailboxes) Verify(context.Context, outbound.MailboxProof) (bool, error) {
	return false, errAway
}
func (absentMailboxes) Claim(context.Context, outbound.Claim) error      { return errAway }
func (absentMailboxes) Move(context.Context, outbound.AddressMove) error { return errAway }

type absentGuesses struct{ outbound.Guesses }

func (absentGuesses) ForSignIn(context.Context, outbound.SignInGuess) (outbound.Guessed, error) {
	return outbound.Guessed{}, errAway
}

func (absentGuesses) InSession(context.Context, outbound.SessionGuess) (outbound.Guessed, error) {
	return outbound.Guessed{}, errAway
}
