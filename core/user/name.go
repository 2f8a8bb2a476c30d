package user

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/plinto/plinto/core/fault"
)

// Username is a second name to sign in by. The zero value is none.
type Username struct{ name, key string }

// String gives the name as it was typed.
func (u Username) String() string { return u.name }

// Key gives what user names are compared by: the name in lower case, so that
// nobody can pass for another by a capital letter.
func (u Username) Key() string { return u.key }

// IsZero reports whether there is no name.
func (u Username) IsZero() bool { return u.name == "" }

// Limits of a user name, in characters.
const (
	MinUsername = 3
	MaxUsername = 50
)

// ParseUsername reads an optional user name: empty is none, otherwise 3 to 50
// letters, digits, underscores and hyphens of ASCII. None can be mistaken for
// an e-mail address.
func ParseUsername(s string) (Username, []fault.Field) {
	if s == "" {
		return Username{}, nil
	}
	field := func(says fault.Text, args ...any) (Username, []fault.Field) {
		return Username{}, []fault.Field{says.In("username", args...)}
	}
	if n := utf8.RuneCountInString(s); n < MinUsername {
		return field(fault.UsernameTooShort, MinUsername)
	} else if n > MaxUsername {
		return field(fault.UsernameTooLong, MaxUsername)
	}
	u, ok := readUsername(s)
	if !ok {
		return field(fault.UsernameCharacters)
	}
	return u, nil
}

func readUsername(s string) (Username, bool) {
	if len(s) < MinUsername || len(s) > MaxUsername {
		return Username{}, false
	}
	for i := range len(s) {
		if c := s[i]; !isAlphanumeric(c) && c != '_' && c != '-' {
			return Username{}, false
		}
	}
	return Username{name: s, key: strings.ToLower(s)}, true
}

// Name is a part of a person's name. The zero value is none.
type Name string

// MaxName is the longest part of a name, in characters.
const MaxName = 100

// ParseName reads an optional part of a name, up to 100 characters of any
// script. Control characters are refused: names are shown in mails and logs.
func ParseName(field, s string) (Name, []fault.Field) {
	if utf8.RuneCountInString(s) > MaxName {
		return "", []fault.Field{fault.NameTooLong.In(field, MaxName)}
	}
	if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return "", []fault.Field{fault.NameCharacters.In(field)}
	}
	return Name(s), nil
}

func (n Name) pointer() *string {
	if n == "" {
		return nil
	}
	s := string(n)
	return &s
}

// Identifier is the name that somebody signs in by: an address or a user name,
// one of the two.
type Identifier struct {
	Email    Email
	Username Username
}

// Key gives what the identifier is compared by. An address has an @ and a user
// name has none, so the keys of the two never meet.
func (i Identifier) Key() string {
	if !i.Email.IsZero() {
		return i.Email.Key()
	}
	return i.Username.Key()
}
