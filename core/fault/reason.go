package fault

import "fmt"

// Reason names what an Error says instead of its code's own sentence, where
// there is more to say. Like the sentences of fields and codes, these stand
// nowhere else.
type Reason int

// The reasons, by what they are about.
const (
	BodyOfOtherType Reason = iota

	ClientWithoutScope
	ClientNameInvalid
	ClientUnknown

	UserNamedBadly
	UserUnknown
	UserIs
	UserBeingChanged
	UserIsAdministrator
	UserIsNoAdministrator
	SuspensionReasonInvalid

	SessionsBeforeAll
	SessionsToCome

	MailUnknown
	MailNotGivenUp

	KeyUnknown
	KeyRevokedBefore
	KeyGiven
	RotationUnderWay
)

type reason struct {
	code    Code
	message string
}

// given is the codes and the sentences. A sentence may have verbs of package
// fmt.
var given = map[Reason]reason{
	BodyOfOtherType: {UnsupportedMediaType, "The request body must be %s."},

	ClientWithoutScope: {ValidationError, "A client has at least one scope."},
	ClientNameInvalid:  {ValidationError, "The name of a client has 1 to 100 printable characters."},
	ClientUnknown:      {NotFound, "There is no client of this id. List them to find it."},

	UserNamedBadly:          {ValidationError, "Give a user by an id, in lower case, or by an e-mail address."},
	UserUnknown:             {NotFound, "There is no user of that id or e-mail address."},
	UserIs:                  {Conflict, "Nothing was changed: the user is %s."},
	UserBeingChanged:        {Conflict, "Nothing was changed: somebody else was changing the user."},
	UserIsAdministrator:     {Conflict, "Nothing was changed: the user is an administrator already."},
	UserIsNoAdministrator:   {Conflict, "Nothing was changed: the user is no administrator."},
	SuspensionReasonInvalid: {ValidationError, "A reason has at most %d characters, on one line."},

	SessionsBeforeAll: {ValidationError, "Sessions are opened after 1970."},
	SessionsToCome:    {ValidationError, "Only sessions that are opened by now can be ended: give an instant that has passed."},

	MailUnknown:    {NotFound, "There is no mail of that id: it was sent, or removed."},
	MailNotGivenUp: {NotFound, "There is no mail of that id that was given up."},

	KeyUnknown:       {NotFound, "There is no key of this id. List them with their states to find it."},
	KeyRevokedBefore: {Conflict, "This key was revoked before."},
	KeyGiven:         {Conflict, "The signing key is given by the configuration. To rotate it, give another."},
	RotationUnderWay: {Conflict, "A rotation is under way: a new key is published and does not sign yet."},
}

// Fault makes an Error that says so; args fill the sentence.
func (r Reason) Fault(args ...any) *Error {
	words := given[r]
	e := &Error{Code: words.code, Message: words.message}
	if len(args) > 0 {
		e.Message = fmt.Sprintf(words.message, args...)
	}
	return e
}
