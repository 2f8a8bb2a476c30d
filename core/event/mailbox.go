package event

import (
	"time"

	"github.com/plinto/plinto/core/user"
)

// The names of what comes of mailed links.
const (
	UserVerified     Name = "user.verified"
	UserClaimed      Name = "user.claimed"
	UserEmailChanged Name = "user.email_changed"
	PasswordReset    Name = "security.password.reset"
)

// By is the member of a payload that says what was opened: the purpose of a
// mailed token.
const By = "by"

// Verified tells that the mailbox of an account was proved for the first time.
func Verified(o Origin, owner user.ID, by string, at time.Time) Event {
	return o.event(UserVerified, OfUser(owner), OfUser(owner), at, map[string]string{By: by})
}

// Claimed tells that whoever proved the mailbox took the account over, and that
// what somebody else may have prepared is gone.
func Claimed(o Origin, owner user.ID, by string, at time.Time) Event {
	return o.event(UserClaimed, OfUser(owner), OfUser(owner), at, map[string]string{By: by})
}

// ResetPassword tells that a user gave themselves a password by a mailed link.
func ResetPassword(o Origin, owner user.ID, at time.Time) Event {
	return o.event(PasswordReset, OfUser(owner), OfUser(owner), at, nil)
}

// ChangedEmail tells that an account has another address. It names neither.
func ChangedEmail(o Origin, owner user.ID, at time.Time) Event {
	return o.event(UserEmailChanged, OfUser(owner), OfUser(owner), at, nil)
}
