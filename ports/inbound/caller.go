package inbound

import (
	"time"

	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/limit"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
)

// Caller is who asks, as far as the transport can tell.
type Caller struct {
	Tenant    tenant.ID
	RequestID string
	Address   string // the client's IP address in canonical text; empty when unknown
	UserAgent string
	Hints     session.Hints // beside the user agent
	// Proof is what came with the request to prove that the caller holds a key.
	Proof Proof
	// Limits is where the use case puts the rate limit decisions that this
	// request met with, for the transport to tell. It may be nil.
	Limits *[]limit.Decision
}

// Proof is a DPoP proof (RFC 9449) as it was sent, and what it was sent with.
type Proof struct {
	Text   string // a compact JWS; empty when none was sent
	Method string // of the request
	URI    string // of the request, as clients call it
	// Presented says that the access token was presented as one that is bound
	// to a key (RFC 9449 section 7.1), not as a bearer token.
	Presented bool
}

// Origin is the caller as an event names it.
func (c Caller) Origin() event.Origin {
	return event.Origin{Tenant: c.Tenant, RequestID: c.RequestID, Address: c.Address}
}

// Principal is who an access token stands for: what the token says, and that
// its session was not over a second before.
type Principal struct {
	Tenant          tenant.ID
	User            user.ID
	Session         session.ID
	AuthenticatedAt time.Time // when the user last proved who they are, whole seconds
	Methods         []string  // how (RFC 8176)
}

// TokenPair is what a client goes on with.
type TokenPair struct {
	Access    string
	Refresh   string
	ExpiresIn time.Duration // of the access token, whole seconds
	// KeyBound says that the tokens are worth nothing without proofs of the
	// caller's key.
	KeyBound bool
}

// AccessToken is an access token without a refresh token.
type AccessToken struct {
	Text      string
	ExpiresIn time.Duration // whole seconds
	KeyBound  bool          // as of a TokenPair
}

// SignedIn is what a sign-in gives.
type SignedIn struct {
	User    user.User
	Session session.Session
	Tokens  TokenPair
	// DeviceToken is what the client shows at later sign-ins to be known again.
	DeviceToken string
}
