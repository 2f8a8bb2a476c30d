package inbound

import (
	"context"
	"time"

	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/core/user"
)

// Introspection tells other services what a token is good for (RFC 7662).
type Introspection interface {
	// Introspect looks at a token of either kind, by the store as it is now. A
	// token that is not good is the zero Introspected and no error, whatever
	// is wrong with it. It changes nothing: a refresh token is not moved on,
	// and an old one is not taken for a theft. Fault: Unavailable.
	Introspect(ctx context.Context, t tenant.ID, text string) (Introspected, error)
}

// Introspected is what may be told of a token.
type Introspected struct {
	Active    bool
	Kind      TokenKind
	Issuer    string
	Audience  []string
	ClientID  string
	Subject   user.ID
	Username  string // empty when the user has none
	Session   session.ID
	Tenant    tenant.ID
	ID        token.ID // zero for a refresh token
	IssuedAt  time.Time
	NotBefore time.Time // zero for a refresh token
	ExpiresAt time.Time
	AuthTime  time.Time
	Methods   []string
	// KeyThumbprint is the key whose proofs the token needs beside it (RFC 9449
	// section 6.1); empty when it needs none.
	KeyThumbprint string
}

// TokenKind is which of the two tokens of a session it is.
type TokenKind int

// The kinds.
const (
	OfAccess TokenKind = iota
	OfRefresh
)
