package session

import "time"

// Lifetime is how long sessions last.
type Lifetime struct {
	Sliding  time.Duration // without a refresh
	Absolute time.Duration // whatever happens
	Idle     time.Duration // without any activity; zero is no limit
}

// Expiry is when a session that is used at now expires, if it must end at
// endsAt.
func (l Lifetime) Expiry(now, endsAt time.Time) time.Time {
	if e := now.Add(l.Sliding); e.Before(endsAt) {
		return e
	}
	return endsAt
}

// IdleSince is the latest activity of a session that is over at now for being
// idle; the zero time, before every activity, when there is no such limit. It
// holds for all sessions as soon as the limit is another.
func (l Lifetime) IdleSince(now time.Time) time.Time {
	if l.Idle <= 0 {
		return time.Time{}
	}
	return now.Add(-l.Idle)
}

// EndReason says why a session ended.
type EndReason string

// The reasons.
const (
	SignedOut       EndReason = "signed_out"       // its user signed out with it
	Revoked         EndReason = "revoked"          // its user ended it from another session
	ReuseDetected   EndReason = "reuse_detected"   // an old refresh token of it was presented
	Displaced       EndReason = "displaced"        // a newer sign-in took its place: its user has as many as there may be
	PasswordChanged EndReason = "password_changed" // its user changed the password from another session
	PasswordReset   EndReason = "password_reset"   // its user gave themselves a password by a mailed link
	Claimed         EndReason = "account_claimed"  // whoever proved the mailbox took the account over
	ByOperator      EndReason = "operator"         // whoever runs the service ended it
	ByAdministrator EndReason = "administrator"    // an administrator ended it
	UserSuspended   EndReason = "user_suspended"   // its user was suspended
	UserDeleted     EndReason = "user_deleted"     // its user's account was erased
	StateLost       EndReason = "state_lost"       // a refresh token newer than the stored state was presented
)
