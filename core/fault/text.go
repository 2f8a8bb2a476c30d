package fault

import "fmt"

// Text names what a Field says, of all that one can say. The sentences stand
// here, those of codes in meanings and those of reasons in given, and nowhere else.
type Text int

// The texts, by what they are about.
const (
	BodyNotObject Text = iota
	FieldMissing
	FieldWrongType
	FieldUnknown
	FieldHasNUL

	ParameterInvalid
	ParameterMissing
	ParameterNotWhole
	ParameterTooSmall
	ParameterTooLarge
	ParameterTooLong
	ParameterNotAllowed
	CursorInvalid
	SearchTooLong
	SearchCharacters
	ReasonTooLong
	ReasonCharacters

	IdempotencyKeyInvalid
	IdempotencyKeyMalformed

	EmailMissing
	EmailInvalid
	EmailUnchanged
	TokenMissing
	RedirectNotAllowed
	UsernameTooShort
	UsernameTooLong
	UsernameCharacters
	NameTooLong
	NameCharacters
	IdentifiersTogether
	FieldNotYours
	ImageURLTooLong
	ImageURLInvalid
	PhoneNumberInvalid
	TimezoneUnknown
	LocaleInvalid
	MetadataNotObject
	MetadataTooLarge
	MetadataTooDeep
	MetadataNumber

	PasswordMissing
	PasswordTooLong
	PasswordNobodys
	PasswordCharacters
	PasswordTooShort
	PasswordGuessable
	PasswordTooCommon
	PasswordBreached
	PasswordUnchanged

	LineMalformed
	LineTooLong
	LineNoUser
	LineFirebase
	FieldRepeated
	RecordID
	RecordIDTaken
	RecordEmailTaken
	RecordUsernameTaken
	RecordRepeated
	RecordStatus
	RecordTime
	RecordHash
	RecordHashTooCostly

	texts // how many there are
)

type text struct{ kind, message string }

// said is the words for programs and the sentences for people. A sentence
// may have verbs of package fmt, and never repeats what was typed.
var said = map[Text]text{
	BodyNotObject:  {"wrong_type", "The body is a JSON object."},
	FieldMissing:   {"missing", "This field is required."},
	FieldWrongType: {"wrong_type", "This field is of another type."},
	FieldUnknown:   {"unknown_field", "There is no such field."},
	FieldHasNUL:    {"invalid_characters", "A text has no NUL character."},

	ParameterInvalid:    {"invalid", "This parameter is invalid."},
	ParameterMissing:    {"missing", "This parameter is required."},
	ParameterNotWhole:   {"wrong_type", "This parameter is a whole number."},
	ParameterTooSmall:   {"too_small", "This number is too small."},
	ParameterTooLarge:   {"too_large", "This number is too large."},
	ParameterTooLong:    {"too_long", "This value is too long."},
	ParameterNotAllowed: {"not_allowed", "This is not one of the allowed values."},
	CursorInvalid:       {"invalid_cursor", "This is not a cursor from here."},

	IdempotencyKeyInvalid:   {"invalid", "An idempotency key has 1 to %d printable ASCII characters."},
	IdempotencyKeyMalformed: {"malformed", "An idempotency key is one text, with or without quotation marks."},
	SearchTooLong:           {"too_long", "A search has at most %d characters."},
	SearchCharacters:        {"invalid_characters", "A search has no control characters."},
	ReasonTooLong:           {"too_long", "A reason has at most %d characters."},
	ReasonCharacters:        {"invalid_characters", "A reason is one line of readable text."},

	EmailMissing:        {"missing", "An e-mail address is required."},
	EmailInvalid:        {"invalid_email", "This is not an e-mail address that can be used here."},
	EmailUnchanged:      {"unchanged", "This is the address of the account already."},
	TokenMissing:        {"missing", "The token of the link is required."},
	RedirectNotAllowed:  {"not_allowed", "A link may not lead there."},
	UsernameTooShort:    {"too_short", "A user name has at least %d characters."},
	UsernameTooLong:     {"too_long", "A user name has at most %d characters."},
	UsernameCharacters:  {"invalid_characters", "A user name has only letters, digits, underscores and hyphens."},
	NameTooLong:         {"too_long", "A name has at most %d characters."},
	NameCharacters:      {"invalid_characters", "A name has no control characters."},
	IdentifiersTogether: {"not_together", "Give an e-mail address or a user name, not both."},
	FieldNotYours:       {"not_allowed", "This field is not yours to set."},
	ImageURLTooLong:     {"too_long", "The address of a picture has at most %d characters."},
	ImageURLInvalid:     {"invalid_url", "The address of a picture begins with http:// or https://, is in ASCII and names no user."},
	PhoneNumberInvalid:  {"invalid_phone_number", "A telephone number is a plus sign and 7 to 15 digits, with nothing between them."},
	TimezoneUnknown:     {"unknown_timezone", "This is not the name of a time zone, such as Europe/Vienna."},
	LocaleInvalid:       {"invalid_locale", "This is not a language tag, such as de-AT."},
	MetadataNotObject:   {"wrong_type", "Metadata is a JSON object."},
	MetadataTooLarge:    {"too_long", "Metadata has at most %d bytes, written without space."},
	MetadataTooDeep:     {"too_deep", "Metadata is nested at most %d levels deep."},
	MetadataNumber:      {"invalid_number", "A number in metadata has at most 40 characters and is neither very large nor very small."},

	PasswordMissing:    {"missing", "A password is required."},
	PasswordTooLong:    {"too_long", "A password has at most %d characters."},
	PasswordNobodys:    {"too_long", "No password is as long as this."},
	PasswordCharacters: {"invalid_characters", "A password is valid UTF-8 and has no NUL character."},
	PasswordTooShort:   {"too_short", "A password has at least %d characters."},
	PasswordGuessable:  {"too_guessable", "A password must not contain your name, your address or the name of the service."},
	PasswordTooCommon:  {"too_common", "Many people have this password or one like it. Choose another."},
	PasswordBreached:   {"breached", "This password was in a breach of another service. Choose another."},
	PasswordUnchanged:  {"unchanged", "The new password is another than the current one."},

	LineMalformed:       {"malformed", "This line is not one JSON object."},
	LineTooLong:         {"too_long", "This line is too long."},
	LineNoUser:          {"misplaced", "What is told of a project stands on the first line, alone."},
	LineFirebase:        {"incomplete", "A hash of Firebase's needs the project on the first line, and no other hash beside it."},
	FieldRepeated:       {"repeated", "This field is there twice."},
	RecordID:            {"invalid", "An id is a UUID, in lower case."},
	RecordIDTaken:       {"taken", "Another account has this id."},
	RecordEmailTaken:    {"taken", "Another account has this address."},
	RecordUsernameTaken: {"taken", "Another account has this user name."},
	RecordRepeated:      {"repeated", "An earlier line has the same."},
	RecordStatus:        {"not_allowed", "A status is active, inactive or suspended."},
	RecordTime:          {"invalid", "A time is written as RFC 3339 says, is after 1970 and not to come."},
	RecordHash:          {"unknown_hash", "This is no password hash of a kind that is known here."},
	RecordHashTooCostly: {"too_costly", "This password hash asks for more work than is allowed."},
}

// In gives the Field of this name that says so; args fill the sentence.
func (t Text) In(field string, args ...any) Field {
	words := said[t]
	f := Field{Name: field, Type: words.kind, Message: words.message}
	if len(args) > 0 {
		f.Message = fmt.Sprintf(words.message, args...)
	}
	return f
}
