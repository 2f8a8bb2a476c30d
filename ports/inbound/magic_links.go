package inbound

import (
	"context"

	"github.com/plinto/plinto/core/fault"
)

// MagicLinks lets people in by a link in a mail.
type MagicLinks interface {
	// CheckRequest gives everything wrong with the values of a request for a
	// mail. It does no I/O.
	CheckRequest(cmd MagicLink) []fault.Field

	// Request has a link mailed that signs in. It does the same whether or not
	// there is an account. Faults: MagicLinksDisabled, MailDisabled,
	// ValidationError, RateLimited.
	Request(ctx context.Context, caller Caller, cmd MagicLink) error

	// CheckSignIn gives everything wrong with the values of a sign-in. It does
	// no I/O.
	CheckSignIn(cmd MailedToken) []fault.Field

	// SignIn signs in by the token of a link, and tells where the link leads on
	// to; empty is nowhere. It proves the mailbox, and when nobody who holds the
	// account had done so, the account is claimed: all its other sessions end,
	// and its password is gone. With a proof, the session is bound to its key.
	// Faults: InvalidOrExpiredToken, which says nothing of why;
	// MagicLinksDisabled, ValidationError, RateLimited, InvalidProof,
	// ProofNonceNeeded.
	SignIn(ctx context.Context, caller Caller, cmd MailedToken) (in SignedIn, redirect string, err error)
}

// MagicLink asks for a mail that signs in.
type MagicLink struct {
	Email    string
	Redirect string // where the link leads on to; optional
}
