package event

import (
	"strings"
	"time"

	"github.com/plinto/plinto/core/client"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/user"
)

// Name is a dotted name of what happened. Readers may switch on it.
type Name string

// The names.
const (
	UserCreated            Name = "user.created"
	UserUpdated            Name = "user.updated"
	UserDeleted            Name = "user.deleted"
	UserExported           Name = "user.exported"
	UserSuspended          Name = "user.suspended"
	UserReactivated        Name = "user.reactivated"
	AdminAction            Name = "admin.action"
	UserUnlocked           Name = "user.unlocked"
	SessionCreated         Name = "session.created"
	SessionRevoked         Name = "session.revoked"
	AllSessionsRevoked     Name = "session.all_revoked"
	SessionReuseDetected   Name = "session.reuse_detected"
	SessionReauthenticated Name = "session.reauthenticated"
	SessionNewDevice       Name = "session.new_device"
	SignInFailed           Name = "sign_in.failed"
	ReauthenticationFailed Name = "reauthentication.failed"
	PasswordChanged        Name = "security.password.changed"
	SuspiciousActivity     Name = "security.suspicious_activity"
	KeyRotated             Name = "key.rotated"
	KeyRevoked             Name = "key.revoked"
	ClientCreated          Name = "client.created"
	ClientRevoked          Name = "client.revoked"
	MailFailed             Name = "mail.failed"
)

// SignedUp tells of a new account.
func SignedUp(o Origin, id user.ID, at time.Time) Event {
	return o.event(UserCreated, OfUser(id), OfUser(id), at, nil)
}

// Imported tells of a new account that came from elsewhere.
func Imported(o Origin, id user.ID, at time.Time) Event {
	return o.event(UserCreated, Operator, OfUser(id), at, map[string]string{"source": "import"})
}

// Created tells of a new account that somebody else made.
func Created(o Origin, actor string, id user.ID, at time.Time) Event {
	return o.event(UserCreated, actor, OfUser(id), at, nil)
}

// Action is the member of the payload of AdminAction that says what was done.
const Action = "action"

// Actions.
const (
	AdministratorGranted   = "administrator.granted"
	AdministratorWithdrawn = "administrator.withdrawn"
	InvitationRepeated     = "invitation.repeated"
)

// ChangedAdministrator tells that an account became an administrator, or is one
// no more.
func ChangedAdministrator(o Origin, actor string, id user.ID, to bool, at time.Time) Event {
	action := AdministratorWithdrawn
	if to {
		action = AdministratorGranted
	}
	return o.event(AdminAction, actor, OfUser(id), at, map[string]string{Action: action})
}

// Invited tells that the owner of an account is sent an invitation anew. The
// first one belongs to Created.
func Invited(o Origin, actor string, id user.ID, at time.Time) Event {
	return o.event(AdminAction, actor, OfUser(id), at, map[string]string{Action: InvitationRepeated})
}

// Suspended tells of an account that may not act any more, and why, in the
// words of whoever did it; the reason may be empty.
func Suspended(o Origin, actor string, id user.ID, reason string, at time.Time) Event {
	var payload map[string]string
	if reason != "" {
		payload = map[string]string{"reason": reason}
	}
	return o.event(UserSuspended, actor, OfUser(id), at, payload)
}

// Reactivated tells of an account that may act again.
func Reactivated(o Origin, actor string, id user.ID, at time.Time) Event {
	return o.event(UserReactivated, actor, OfUser(id), at, nil)
}

// SignedIn tells of a new session.
func SignedIn(o Origin, s session.Session) Event {
	return o.event(SessionCreated, OfUser(s.User), OfSession(s.ID), s.CreatedAt, aboutDevice(s))
}

// NewDevice tells that a session was opened from a device that its user's
// account did not know, and knew others.
func NewDevice(o Origin, s session.Session) Event {
	return o.event(SessionNewDevice, OfUser(s.User), OfSession(s.ID), s.CreatedAt, aboutDevice(s))
}

// Members of a payload that describe a device.
const (
	DeviceName = "device_name"
	DeviceType = "device_type"
	Browser    = "browser"
	OS         = "os"
)

func aboutDevice(s session.Session) map[string]string {
	return map[string]string{
		UserID: s.User.String(), DeviceName: s.Device.Name, DeviceType: string(s.Device.Type), Browser: s.Device.Browser, OS: s.Device.OS,
	}
}

// Reasons for a failed sign-in or re-authentication. The caller is told nothing
// of them; operators are, and the owner of the account.
const (
	UnknownAccount = "unknown_account"
	WrongPassword  = "wrong_password"
	NoPassword     = "no_password"
	NotActive      = "not_active"
	Overtaken      = "overtaken" // by a suspension, another password or the session's end, while the password was hashed
)

// FailedSignIn tells of a sign-in that was refused. Who is the zero ID when no
// account has the given name; the name itself is not kept, since people type
// passwords into the wrong field.
func FailedSignIn(o Origin, who user.ID, reason string, at time.Time) Event {
	subject := ""
	if !who.IsZero() {
		subject = OfUser(who)
	}
	return o.event(SignInFailed, Anonymous, subject, at, map[string]string{"reason": reason})
}

// Reauthenticated tells that the user of a session proved again who they are,
// and how (RFC 8176).
func Reauthenticated(o Origin, id session.ID, owner user.ID, methods []string, at time.Time) Event {
	return o.event(SessionReauthenticated, OfUser(owner), OfSession(id), at, map[string]string{
		"user_id": owner.String(), "methods": strings.Join(methods, " "),
	})
}

// FailedReauthentication tells that somebody with this session did not prove to
// be its user.
func FailedReauthentication(o Origin, owner user.ID, id session.ID, reason string, at time.Time) Event {
	return o.event(ReauthenticationFailed, OfUser(owner), OfUser(owner), at, map[string]string{"reason": reason, "session_id": id.String()})
}

// ChangedPassword tells that a user gave themselves another password.
func ChangedPassword(o Origin, owner user.ID, id session.ID, at time.Time) Event {
	return o.event(PasswordChanged, OfUser(owner), OfUser(owner), at, map[string]string{"session_id": id.String()})
}

// Ended tells of a session's end. The actor is who ended it.
func Ended(o Origin, actor string, id session.ID, owner user.ID, reason session.EndReason, at time.Time) Event {
	return o.event(SessionRevoked, actor, OfSession(id), at, map[string]string{"reason": string(reason), "user_id": owner.String()})
}

// Before is the member of the payload of AllSessionsRevoked that says which
// sessions are over: those opened before that instant (RFC 3339).
const Before = "before"

// AllEnded tells of the end of every session that was opened before an instant.
func AllEnded(o Origin, actor string, at time.Time) Event {
	return o.event(AllSessionsRevoked, actor, "", at, map[string]string{Before: at.UTC().Format(time.RFC3339Nano)})
}

// ReuseFound tells of an old refresh token that was presented.
func ReuseFound(o Origin, id session.ID, owner user.ID, at time.Time) Event {
	return o.event(SessionReuseDetected, Anonymous, OfSession(id), at, map[string]string{"user_id": owner.String()})
}

// Rotated tells of a new signing key.
func Rotated(o Origin, actor, kid, algorithm string, activeFrom, at time.Time) Event {
	return o.event(KeyRotated, actor, OfKey(kid), at, map[string]string{
		"algorithm": algorithm, "active_from": activeFrom.UTC().Format(time.RFC3339Nano),
	})
}

// RevokedKey tells of a signing key that was withdrawn for good, and of the one
// that signs in its place; replacement is empty when there is none.
func RevokedKey(o Origin, actor, kid, replacement string, at time.Time) Event {
	payload := map[string]string{}
	if replacement != "" {
		payload["replaced_by"] = replacement
	}
	return o.event(KeyRevoked, actor, OfKey(kid), at, payload)
}

// CreatedClient tells of a new API client.
func CreatedClient(o Origin, actor string, c client.Client) Event {
	return o.event(ClientCreated, actor, OfClient(c.ID), c.CreatedAt, map[string]string{"name": c.Name, "scopes": client.ScopeText(c.Scopes)})
}

// RevokedClient tells of an API client that is good no more.
func RevokedClient(o Origin, actor string, id client.ID, at time.Time) Event {
	return o.event(ClientRevoked, actor, OfClient(id), at, nil)
}
