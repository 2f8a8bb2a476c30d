package hashing

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
)

// reader reads stored hashes.
type reader struct {
	engine     *engine
	bcryptCost int // the highest that is accepted
}

// maxStored is the longest stored hash that is looked at, in bytes.
const maxStored = 1024

// read tells by its beginning which algorithm made a hash.
func (r reader) read(stored string) (hash, error) {
	if len(stored) > maxStored {
		return nil, errUnreadable
	}
	if name, rest, django := strings.Cut(stored, "$"); django && name != "" {
		return r.django(name, rest)
	}
	if bcrypt, ok := strings.CutPrefix(stored, prehashed); ok {
		return r.bcrypt(bcrypt, prehash)
	}
	switch {
	case strings.HasPrefix(stored, "$2"):
		return r.bcrypt(stored, nil)
	case strings.HasPrefix(stored, "$argon2"):
		return r.argon2(stored)
	case strings.HasPrefix(stored, "$scrypt$"):
		return r.scrypt(stored)
	case strings.HasPrefix(stored, "$fbscrypt$"):
		return r.firebase(stored)
	case strings.HasPrefix(stored, "$pbkdf2"):
		return r.pbkdf2(stored)
	}
	return nil, errUnreadable
}

// django reads what Django's hashers write: their name, a dollar, and what
// they know (django.contrib.auth.hashers).
func (r reader) django(name, rest string) (hash, error) {
	switch name {
	case "argon2":
		h, err := r.argon2("$" + rest)
		if a, ok := h.(argon2Stored); ok {
			a.own = false
			return a, err
		}
		return h, err
	case "bcrypt", "bcrypt_sha256":
		var before func(string) []byte
		if name == "bcrypt_sha256" {
			before = hexDigest
		}
		h, err := r.bcrypt(rest, before)
		if b, ok := h.(bcryptHash); ok {
			b.own = false
			return b, err
		}
		return h, err
	case "pbkdf2_sha256", "pbkdf2_sha1":
		return r.djangoPBKDF2(strings.TrimPrefix(name, "pbkdf2_"), rest)
	case "scrypt":
		return r.djangoScrypt(rest)
	}
	return nil, errUnreadable
}

// parameters reads "a=1,b=2" with these names in this order. A number that is
// too long to be read is one that is too large.
func parameters(text string, names ...string) ([]int, error) {
	fields := strings.Split(text, ",")
	if len(fields) != len(names) {
		return nil, errUnreadable
	}
	numbers := make([]int, len(names))
	for i, field := range fields {
		digits, ok := strings.CutPrefix(field, names[i]+"=")
		if !ok {
			return nil, errUnreadable
		}
		var err error
		if numbers[i], err = number(digits); err != nil {
			return nil, err
		}
	}
	return numbers, nil
}

// number reads a positive number in the one way to write it.
func number(digits string) (int, error) {
	if digits == "" || digits[0] == '0' || strings.Trim(digits, "0123456789") != "" {
		return 0, errUnreadable
	}
	n, err := strconv.ParseInt(digits, 10, 32)
	if err != nil {
		return 0, errTooCostly
	}
	return int(n), nil
}

// maxSalt is the longest salt, in bytes.
const maxSalt = 128

// salt reads a salt in base64.
func salt(text string) ([]byte, error) {
	b, err := unpadded(text)
	if err != nil || len(b) == 0 || len(b) > maxSalt {
		return nil, errUnreadable
	}
	return b, nil
}

// sum reads a hash in base64, of one of the sizes that are in use: one that was
// cut off in a copy must not be found to match a tenth of all passwords.
func sum(text string) ([]byte, error) {
	b, err := unpadded(text)
	if err != nil || !slices.Contains([]int{16, 20, 24, 32, 48, 64, 128}, len(b)) {
		return nil, errUnreadable
	}
	return b, nil
}

// unpadded reads standard base64 without padding, and with a dot for the plus
// as well, which one library writes.
func unpadded(text string) ([]byte, error) {
	return decode(base64.RawStdEncoding, strings.ReplaceAll(text, ".", "+"))
}

// decode refuses line breaks, which decoders pass over.
func decode(e *base64.Encoding, text string) ([]byte, error) {
	if strings.ContainsAny(text, "\r\n") {
		return nil, errUnreadable
	}
	return e.Strict().DecodeString(text)
}
