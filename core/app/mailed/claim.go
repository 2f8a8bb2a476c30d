package mailed

import (
	"context"
	"errors"
	"time"

	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/guess"
	"github.com/plinto/plinto/core/onetime"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// Claim gives an account to whoever took this token of it, in the transaction in
// which they did, with a password that has this hash or, when it is empty, none.
// It writes what happened, and gives the sessions that ended; they are told to
// the feed when the transaction is committed. InvalidOrExpiredToken when the
// user may not act by now.
func (d *Desk) Claim(ctx context.Context, tx outbound.Repositories, caller inbound.Caller, held outbound.TokenHolder, p onetime.Purpose, hash string, now time.Time) ([]session.ID, error) {
	owner := held.User.ID
	reason := session.Claimed
	var happened []event.Event
	if !held.Mailbox.Verified {
		happened = append(happened, event.Verified(caller.Origin(), owner, string(p), now))
	}
	if held.Mailbox.MustClaim() {
		happened = append(happened, event.Claimed(caller.Origin(), owner, string(p), now))
	}
	if p == onetime.ResetPassword {
		reason = session.PasswordReset
		happened = append(happened, event.ResetPassword(caller.Origin(), owner, now))
	}
	err := tx.Mailboxes().Claim(ctx, outbound.Claim{Withdrawal: d.Withdrawal(caller.Tenant, owner, now), PasswordHash: hash})
	if errors.Is(err, outbound.ErrStale) {
		return nil, fault.New(fault.InvalidOrExpiredToken).Because(err)
	}
	if err != nil {
		return nil, err
	}
	// What strangers guessed is worth nothing against another password, or none.
	if err := tx.Guesses().Forget(ctx, caller.Tenant, guess.Account(owner)); err != nil {
		return nil, err
	}
	ended, err := tx.Sessions().EndOthers(ctx, outbound.EndingOthers{
		Tenant: caller.Tenant, Owner: owner, Reason: reason, At: now, Lifetime: d.policy.Sessions,
	})
	if err != nil {
		return nil, err
	}
	for _, id := range ended {
		happened = append(happened, event.Ended(caller.Origin(), event.OfUser(owner), id, owner, reason, now))
	}
	return ended, tx.Events().Append(ctx, happened...)
}
