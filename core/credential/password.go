// Package credential owns what proves a user: now a password and the rules a
// new one must keep. How a password is hashed is an adapter's business.
package credential

import (
	"strings"
	"unicode/utf8"

	"github.com/plinto/plinto/core/fault"
)

// Password is a password as a person typed it. It prints as dots wherever a
// value is printed, so that none reaches a log: behind a pointer, because fmt
// looks into unexported fields without asking their methods.
type Password struct{ text *string }

// NewPassword wraps what was typed.
func NewPassword(text string) Password { return Password{&text} }

// Reveal gives the text, for hashing.
func (p Password) Reveal() string {
	if p.text == nil {
		return ""
	}
	return *p.text
}

// String hides the text.
func (Password) String() string { return "•••" }

// GoString hides the text from %#v.
func (Password) GoString() string { return "•••" }

// MarshalText hides the text from encoders.
func (Password) MarshalText() ([]byte, error) { return []byte("•••"), nil }

// MaxPassword is the longest password accepted, in Unicode code points. It
// bounds the work an anonymous caller can ask for.
const MaxPassword = 256

// MaxPasswordBytes is MaxPassword in bytes of UTF-8.
const MaxPasswordBytes = MaxPassword * utf8.UTFMax

// TooLong reports whether p cannot be the password of anybody, so that a
// sign-in need not hash it.
func (p Password) TooLong() bool {
	text := p.Reveal()
	return len(text) > MaxPasswordBytes || utf8.RuneCountInString(text) > MaxPassword
}

// Policy is what a new password must keep. There are no composition rules
// (NIST SP 800-63B section 3.1.1.2): length is what makes a password strong.
type Policy struct {
	MinLength int // Unicode code points
}

// minWord is the shortest context word that is looked for: shorter ones stand
// in many good passwords by chance.
const minWord = 4

// Check gives everything wrong with a new password named by field. Words are
// what an attacker would guess first about this user: the name of the product,
// the parts of the address, what they are called. A password that contains one of at least four
// characters is refused.
func (p Policy) Check(field string, password Password, words ...string) []fault.Field {
	text := password.Reveal()
	bad := func(says fault.Text, args ...any) []fault.Field {
		return []fault.Field{says.In(field, args...)}
	}
	if text == "" {
		return bad(fault.PasswordMissing)
	}
	if password.TooLong() {
		return bad(fault.PasswordTooLong, MaxPassword)
	}
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return bad(fault.PasswordCharacters)
	}
	if utf8.RuneCountInString(text) < p.MinLength {
		return bad(fault.PasswordTooShort, p.MinLength)
	}
	lower := strings.ToLower(text)
	for _, word := range words {
		if utf8.RuneCountInString(word) >= minWord && strings.Contains(lower, strings.ToLower(word)) {
			return bad(fault.PasswordGuessable)
		}
	}
	return nil
}
