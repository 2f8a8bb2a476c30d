package bcrypt

import (
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

// label is the key of the hash before: it names what is hashed, and is public.
const label = "plinto long password v1"

// prehashed is what stands before a stored hash of a password that was hashed
// before. The dollar behind it is that of the hash itself.
const prehashed = "$plinto-hmac-sha384"

// maxDirect is what bcrypt takes of a password, in bytes.
const maxDirect = 72

// direct reports whether bcrypt sees all of a password.
func direct(text string) bool {
	return len(text) <= maxDirect && strings.IndexByte(text, 0) < 0
}

// prehash is a password in 64 characters.
func prehash(text string) []byte {
	mac := hmac.New(sha512.New384, []byte(label))
	mac.Write([]byte(text))
	return base64.StdEncoding.AppendEncode(nil, mac.Sum(nil))
}

// decoy is a hash that nothing need match, because nobody asks whether it does.
func decoy(cost int) string {
	return fmt.Sprintf("$2a$%02d$%s", cost, strings.Repeat(".", saltAndHash))
}

// saltAndHash is how many characters of bcrypt's own base64 end a hash.
const saltAndHash = 22 + 31

// foreignCost is the highest cost that is accepted in a hash from elsewhere:
// some five seconds. Without a limit, one stored hash could hold a worker for a
// day.
const foreignCost = 16

// parse reads a stored hash, and whether the password was hashed before.
// bcrypt itself is not as strict: it takes any letter for a version, and passes
// over whatever stands behind the hash.
func parse(stored string, ownCost int) (hash string, before bool, err error) {
	hash, before = strings.CutPrefix(stored, prehashed)
	if len(hash) != len("$2a$12$")+saltAndHash {
		return "", before, errUnreadable
	}
	switch hash[:4] {
	case "$2a$", "$2b$", "$2y$":
	default:
		return "", before, errUnreadable
	}
	tens, ones := hash[4]-'0', hash[5]-'0'
	cost := 10*int(tens) + int(ones)
	if tens > 9 || ones > 9 || hash[6] != '$' || cost < bcrypt.MinCost || cost > max(ownCost, foreignCost) {
		return "", before, errUnreadable
	}
	for _, c := range []byte(hash[7:]) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '/':
		default:
			return "", before, errUnreadable
		}
	}
	return hash, before, nil
}
