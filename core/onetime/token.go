// Package onetime owns the tokens that are mailed: what each is for, how it
// looks, how long it works, and that it works once. Whoever presents one has
// read a mail; what that is good for is the business of the use cases.
package onetime

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"time"
)

// Purpose is what a token is for. A token of one purpose is nothing to all
// others: its text says which, and so does what is stored.
type Purpose string

// The purposes.
const (
	VerifyEmail   Purpose = "verify_email"   // proves the address of an account
	ChangeEmail   Purpose = "change_email"   // proves the address that an account is to have
	ResetPassword Purpose = "reset_password" // sets another password
	MagicLink     Purpose = "magic_link"     // signs in
	Invitation    Purpose = "invitation"     // begins an account that somebody else made
)

// Purposes lists every purpose.
func Purposes() []Purpose {
	return []Purpose{VerifyEmail, ChangeEmail, ResetPassword, MagicLink, Invitation}
}

// byte is how a token's text says its purpose; zero is none of them.
func (p Purpose) byte() byte {
	for i, known := range Purposes() {
		if p == known {
			return byte(i + 1)
		}
	}
	return 0
}

// Lifetimes is how long tokens of each purpose work after they were mailed.
type Lifetimes map[Purpose]time.Duration

// Longest is the longest of them.
func (l Lifetimes) Longest() time.Duration {
	var longest time.Duration
	for _, life := range l {
		longest = max(longest, life)
	}
	return longest
}

// Prefix begins every token, so that secret scanners know one.
const Prefix = "pmt_"

// The layout of a token, version 1: one byte of version, one of purpose,
// thirty-two of secret.
const (
	version = 1
	size    = 1 + 1 + 32
)

// encoding refuses the spellings of the last character that mean the same
// bytes: a token has one text.
var encoding = base64.RawURLEncoding.Strict()

// Token is a mailed token, opened.
type Token struct {
	Purpose Purpose
	Secret  [32]byte
}

// ErrForeign says that a text is no token of the purpose that was asked for.
var ErrForeign = errors.New("not a mailed token of this purpose")

// Encode writes t as it is mailed.
func (t Token) Encode() string { return Prefix + encoding.EncodeToString(t.bytes()) }

// Hash is what storage keeps of a token: it cannot be turned back, and it is of
// the purpose too.
func (t Token) Hash() [32]byte { return sha256.Sum256(t.bytes()) }

func (t Token) bytes() []byte {
	return append([]byte{version, t.Purpose.byte()}, t.Secret[:]...)
}

// Parse opens a token of this purpose, or says ErrForeign.
func Parse(p Purpose, text string) (Token, error) {
	body, ok := strings.CutPrefix(text, Prefix)
	if !ok || len(body) != encoding.EncodedLen(size) {
		return Token{}, ErrForeign
	}
	b, err := encoding.DecodeString(body)
	if err != nil || b[0] != version || b[1] == 0 || b[1] != p.byte() {
		return Token{}, ErrForeign
	}
	return Token{Purpose: p, Secret: [32]byte(b[2:])}, nil
}
