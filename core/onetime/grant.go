package onetime

import (
	"time"

	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
)

// Grant is a token as storage keeps it: whose it is, what for, and under which
// address it was mailed. A user has one of each purpose, the newest.
type Grant struct {
	Tenant  tenant.ID
	User    user.ID
	Purpose Purpose
	Hash    [32]byte

	// Address is where it is mailed to: the address of the account, or with
	// ChangeEmail the one that the account is to have.
	Address user.Email

	Redirect string // where a magic link leads on to; empty is nowhere

	// AskedAt is when the mail was asked for. Of two of a purpose the one that
	// was asked for later counts, whichever was written first.
	AskedAt   time.Time
	ExpiresAt time.Time
}

// Late reports whether a mail that was asked for at an instant would be
// written too late to be waited for any more: when a token that was mailed at
// once would have expired. Nothing that was asked for before an account was
// claimed is written after what keeps that in mind was removed.
func (l Lifetimes) Late(p Purpose, askedAt, now time.Time) bool {
	return !now.Before(askedAt.Add(l[p]))
}
