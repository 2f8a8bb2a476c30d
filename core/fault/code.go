package fault

// Code is a stable, documented name of a fault. Programs may switch on it.
type Code string

// Kind groups codes by what a caller can do about them.
type Kind int

// The kinds. An edge has one table from kind to its own status.
const (
	KindInternal        Kind = iota // a defect; nothing to do but quote the request id
	KindMalformed                   // not readable as a request at all
	KindInvalid                     // readable, but against the rules
	KindMistaken                    // readable, and what it says is not so
	KindUnauthenticated             // no proof of who asks, or a bad one
	KindUnproven                    // a proof that the caller holds a key is missing or bad
	KindForbidden                   // known, and not allowed
	KindNotFound
	KindMethod       // the resource knows other methods
	KindPrecondition // what the caller takes it to be is not so any more
	KindConflict     // against what is already there
	KindTooLarge     // more bytes than accepted
	KindMediaType    // a content type that is not spoken here
	KindLimited      // too many or too busy; try later
	KindUnavailable  // something Plinto needs is away; try later
	KindTimeout      // the request took longer than it may
)

// The codes. The list is closed: an edge answers nothing else.
const (
	Internal                 Code = "internal_error"
	MalformedRequest         Code = "malformed_request"
	ValidationError          Code = "validation_error"
	NotAuthenticated         Code = "not_authenticated"
	InvalidToken             Code = "invalid_token"
	InvalidCredentials       Code = "invalid_credentials"
	InvalidRefreshToken      Code = "invalid_refresh_token"
	ReauthenticationRequired Code = "reauthentication_required"
	WrongPassword            Code = "wrong_password"
	InvalidOrExpiredToken    Code = "invalid_or_expired_token"
	InvalidProof             Code = "invalid_dpop_proof" // RFC 9449 section 12.2
	ProofNonceNeeded         Code = "use_dpop_nonce"     // RFC 9449 section 12.2
	SignupsDisabled          Code = "signups_disabled"
	MailDisabled             Code = "mail_disabled"
	MagicLinksDisabled       Code = "magic_links_disabled"
	AlreadyVerified          Code = "already_verified"
	NotFound                 Code = "not_found"
	MethodNotAllowed         Code = "method_not_allowed"
	EmailTaken               Code = "email_taken"
	UsernameTaken            Code = "username_taken"
	IdempotencyKeyReused     Code = "idempotency_key_reused"
	RequestInProgress        Code = "request_in_progress"
	Conflict                 Code = "conflict"
	PreconditionFailed       Code = "precondition_failed"
	BodyTooLarge             Code = "body_too_large"
	UnsupportedMediaType     Code = "unsupported_media_type"
	RateLimited              Code = "rate_limited"
	Overloaded               Code = "overloaded"
	Unavailable              Code = "service_unavailable"
	Timeout                  Code = "timeout"
	InvalidClient            Code = "invalid_client"
	InsufficientScope        Code = "insufficient_scope"
	InsufficientPermissions  Code = "insufficient_permissions"
	OwnAccount               Code = "own_account"
	LastAdministrator        Code = "last_administrator"
)

type meaning struct {
	kind    Kind
	message string
}

var meanings = map[Code]meaning{
	Internal:                 {KindInternal, "Something went wrong on our side. Quote the request id when you report it."},
	MalformedRequest:         {KindMalformed, "The request could not be read."},
	ValidationError:          {KindInvalid, "The request has invalid values."},
	NotAuthenticated:         {KindUnauthenticated, "Authentication is required."},
	InvalidToken:             {KindUnauthenticated, "The access token is invalid, expired or revoked."},
	InvalidCredentials:       {KindUnauthenticated, "The credentials are not right."},
	InvalidRefreshToken:      {KindUnauthenticated, "The refresh token is not valid. Sign in again."},
	ReauthenticationRequired: {KindUnauthenticated, "This asks for recent proof of who you are. Authenticate again."},
	WrongPassword:            {KindMistaken, "The current password is not right."},
	InvalidOrExpiredToken:    {KindMistaken, "This link is not valid any more: it was used, it has expired, or a newer one was sent. Ask for another."},
	InvalidProof:             {KindUnproven, "The DPoP proof is missing, invalid, out of date, used before or made for another request."},
	ProofNonceNeeded:         {KindUnproven, "The DPoP proof needs the nonce that comes with this answer."},
	SignupsDisabled:          {KindForbidden, "New accounts are not being accepted."},
	MailDisabled:             {KindForbidden, "This needs mail, and none is sent here."},
	MagicLinksDisabled:       {KindForbidden, "Sign-in by mail is not offered here."},
	AlreadyVerified:          {KindConflict, "The e-mail address is verified already."},
	NotFound:                 {KindNotFound, "There is nothing here by that name."},
	MethodNotAllowed:         {KindMethod, "This resource does not know that method."},
	EmailTaken:               {KindConflict, "An account with this e-mail address exists already."},
	UsernameTaken:            {KindConflict, "An account with this user name exists already."},
	IdempotencyKeyReused:     {KindConflict, "This idempotency key was used for another request. Take a new one."},
	RequestInProgress:        {KindConflict, "The first request with this idempotency key is still under way. Try again shortly."},
	Conflict:                 {KindConflict, "The request conflicts with the present state."},
	PreconditionFailed:       {KindPrecondition, "The resource is not as If-Match says any more. Get it again."},
	BodyTooLarge:             {KindTooLarge, "The request body is too large."},
	UnsupportedMediaType:     {KindMediaType, "The request body must be application/json."},
	RateLimited:              {KindLimited, "Too many requests. Wait before trying again."},
	Overloaded:               {KindLimited, "The service is busy. Wait before trying again."},
	Unavailable:              {KindUnavailable, "The service is not available right now. Try again shortly."},
	Timeout:                  {KindTimeout, "The request took too long."},
	InvalidClient:            {KindUnauthenticated, "The client is unknown, revoked, or has another secret."},
	InsufficientPermissions:  {KindForbidden, "Only an administrator may do this."},
	LastAdministrator:        {KindConflict, "This is the last administrator. An operator can make another one first."},
	OwnAccount:               {KindConflict, "Administrators cannot do this to themselves. Another one can."},
	InsufficientScope:        {KindForbidden, "The client may not do this. Create one that has the scope."},
}

// Codes lists every code there is, in no order.
func Codes() []Code {
	all := make([]Code, 0, len(meanings))
	for c := range meanings {
		all = append(all, c)
	}
	return all
}

// Kind says what a caller can do about c; KindInternal for a code that is not
// in the list.
func (c Code) Kind() Kind { return meanings[c].kind }

// Message is the sentence for people that goes with c.
func (c Code) Message() string {
	if m, ok := meanings[c]; ok {
		return m.message
	}
	return meanings[Internal].message
}
