package hashing

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
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

// foreignCost is the highest cost that is accepted in a hash from elsewhere:
// some five seconds. Without a limit, one stored hash could hold a worker for a
// day.
const foreignCost = 16

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

// hexDigest is a password as Django's bcrypt_sha256 gives it to bcrypt.
func hexDigest(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return hex.AppendEncode(nil, sum[:])
}

// bcryptScheme makes hashes by bcrypt.
type bcryptScheme struct {
	engine *engine
	cost   int
}

func newBcryptScheme(e *engine, cost int) (*bcryptScheme, error) {
	if cost < bcrypt.MinCost || cost > bcrypt.MaxCost {
		return nil, fmt.Errorf("bcrypt cost %d is not from %d to %d", cost, bcrypt.MinCost, bcrypt.MaxCost)
	}
	return &bcryptScheme{e, cost}, nil
}

func (s *bcryptScheme) hash(text string) (string, error) {
	key, prefix := []byte(text), ""
	if !direct(text) {
		key, prefix = prehash(text), prehashed
	}
	made, err := s.engine.bcryptHash(key, s.cost)
	return prefix + string(made), err
}

// decoy is a hash that nothing need match, because nobody asks whether it does.
func decoy(cost int) string {
	return fmt.Sprintf("$2a$%02d$%s", cost, strings.Repeat(".", saltAndHash))
}

func (s *bcryptScheme) nobodys() hash {
	return bcryptHash{engine: s.engine, text: decoy(s.cost), cost: s.cost, nobodys: true}
}

// share of a hash of cost c is exact: each step of cost doubles the work.
func (s *bcryptScheme) share(of hash) (float64, bool) {
	h, ok := of.(bcryptHash)
	if !ok {
		return 0, false
	}
	return math.Ldexp(1, h.cost-s.cost), true
}

// current wants what hash makes: no other version, and no work less.
func (s *bcryptScheme) current(h hash) bool {
	b, ok := h.(bcryptHash)
	return ok && b.own && b.cost >= s.cost
}

// spend compares with decoys: the costs below that of a new hash make up every
// share, as each is half of the next.
func (s *bcryptScheme) spend(share float64) {
	for cost := s.cost; cost >= bcrypt.MinCost; cost-- {
		if part := math.Ldexp(1, cost-s.cost); share >= part {
			_ = s.engine.bcryptCompare([]byte(decoy(cost)), []byte(label))
			share -= part
		}
	}
}

// bcryptHash is a hash that bcrypt made.
type bcryptHash struct {
	engine *engine
	text   string // as bcrypt writes it
	cost   int
	// before is what a password went through, where bcrypt was not given the
	// password itself.
	before  func(text string) []byte
	own     bool // whether a new hash would look like it
	nobodys bool
}

func (h bcryptHash) match(text string) (bool, error) {
	key, comparable := []byte(text), !h.nobodys
	switch {
	case h.before != nil:
		key = h.before(text)
	case !direct(text):
		// bcrypt would compare a long password by its beginning. A hash that
		// does not say otherwise is of a short one, so this cannot be it.
		key, comparable = prehash(text), false
	}
	err := h.engine.bcryptCompare([]byte(h.text), key)
	if err == nil {
		return comparable, nil
	}
	if errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
		return false, nil
	}
	return false, errUnreadable
}

// saltAndHash is how many characters of bcrypt's own base64 end a hash.
const saltAndHash = 22 + 31

// bcrypt reads what bcrypt writes. bcrypt itself is not as strict: it takes any
// letter for a version, and passes over whatever stands behind the hash.
func (r reader) bcrypt(text string, before func(string) []byte) (hash, error) {
	if len(text) != len("$2a$12$")+saltAndHash {
		return nil, errUnreadable
	}
	version := text[:4]
	if version != "$2a$" && version != "$2b$" && version != "$2y$" {
		return nil, errUnreadable
	}
	tens, ones := text[4]-'0', text[5]-'0'
	cost := 10*int(tens) + int(ones)
	if tens > 9 || ones > 9 || text[6] != '$' || cost < bcrypt.MinCost || cost > bcrypt.MaxCost {
		return nil, errUnreadable
	}
	for _, c := range []byte(text[7:]) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '/':
		default:
			return nil, errUnreadable
		}
	}
	if cost > r.bcryptCost {
		return nil, errTooCostly
	}
	return bcryptHash{engine: r.engine, text: text, cost: cost, before: before, own: version == "$2a$"}, nil
}
