package hashing

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
)

// Argon2 is how much work a hash of Argon2id is.
type Argon2 struct {
	Memory int // KiB
	Passes int
	Lanes  int // computed side by side
}

// The least and the most work that a hash of Argon2 may ask for. The least is
// what libraries compute at all; how much a new hash should be is for whoever
// sets it. The most is a quarter of a gibibyte, gone through often enough for a
// gibibyte in all: some two seconds.
const (
	argon2MinMemory = 8       // KiB for each lane (RFC 9106 section 3.1)
	argon2MaxMemory = 1 << 18 // KiB
	argon2MaxWork   = 1 << 20 // KiB, memory times passes
	argon2MaxLanes  = 16
)

func (a Argon2) work() int { return a.Memory * a.Passes }

// check says what is wrong with parameters; errTooCostly when they are readable
// and too much.
func (a Argon2) check() error {
	if a.Lanes < 1 || a.Passes < 1 || a.Memory < argon2MinMemory*a.Lanes {
		return errUnreadable
	}
	if a.Lanes > argon2MaxLanes || a.Memory > argon2MaxMemory || a.Passes > argon2MaxWork || a.work() > argon2MaxWork {
		return errTooCostly
	}
	return nil
}

// argon2Scheme makes hashes by Argon2id.
type argon2Scheme struct {
	engine *engine
	Argon2
}

func newArgon2Scheme(e *engine, a Argon2) (*argon2Scheme, error) {
	if err := a.check(); err != nil {
		return nil, fmt.Errorf("argon2id does not work with %d KiB, %d passes and %d lanes, or not here", a.Memory, a.Passes, a.Lanes)
	}
	return &argon2Scheme{e, a}, nil
}

// Sizes of a new hash (RFC 9106 section 4).
const (
	argon2Salt = 16
	argon2Hash = 32
)

func (s *argon2Scheme) hash(text string) (string, error) {
	salt := randomSalt(argon2Salt)
	sum := s.derive([]byte(text), salt)
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", s.Memory, s.Passes, s.Lanes, encode(salt), encode(sum)), nil
}

func (s *argon2Scheme) derive(text, salt []byte) []byte {
	return s.engine.argon2id(text, salt, uint32(s.Passes), uint32(s.Memory), uint8(s.Lanes), argon2Hash)
}

func (s *argon2Scheme) nobodys() hash {
	return argon2Stored{Argon2: s.Argon2, derive: s.engine.argon2id, salt: make([]byte, argon2Salt), sum: make([]byte, argon2Hash), nobodys: true}
}

// share is exact where the lanes are as many: time goes with memory and passes.
func (s *argon2Scheme) share(of hash) (float64, bool) {
	h, ok := of.(argon2Stored)
	if !ok || h.Lanes != s.Lanes {
		return 0, false
	}
	return float64(h.work()) / float64(s.work()), true
}

// current wants Argon2id, and no work less, whether in memory or in passes.
func (s *argon2Scheme) current(h hash) bool {
	a, ok := h.(argon2Stored)
	return ok && a.own && a.work() >= s.work() && len(a.sum) >= argon2Hash && len(a.salt) >= argon2Salt
}

// spend goes through memory in single passes until the share is spent.
func (s *argon2Scheme) spend(share float64) {
	left := int(share * float64(s.work()))
	for left >= argon2MinMemory*s.Lanes {
		memory := min(left, s.Memory)
		s.engine.argon2id(nil, make([]byte, argon2Salt), 1, uint32(memory), uint8(s.Lanes), argon2Hash)
		left -= memory
	}
}

// argon2Stored is a hash that Argon2 made.
type argon2Stored struct {
	Argon2
	derive    func(password, salt []byte, passes, memory uint32, lanes uint8, length uint32) []byte
	own       bool // whether a new hash would look like it
	salt, sum []byte
	nobodys   bool
}

func (h argon2Stored) match(text string) (bool, error) {
	sum := h.derive([]byte(text), h.salt, uint32(h.Passes), uint32(h.Memory), uint8(h.Lanes), uint32(len(h.sum)))
	return subtle.ConstantTimeCompare(sum, h.sum) == 1 && !h.nobodys, nil
}

// argon2 reads the PHC string of Argon2: $argon2id$v=19$m=…,t=…,p=…$salt$hash.
// Version 16 is computed in another way, and nobody here knows how.
func (r reader) argon2(text string) (hash, error) {
	fields := strings.Split(text, "$")
	if len(fields) != 6 || fields[0] != "" || fields[2] != "v=19" {
		return nil, errUnreadable
	}
	h := argon2Stored{derive: r.engine.argon2i}
	switch fields[1] {
	case "argon2id":
		h.derive, h.own = r.engine.argon2id, true
	case "argon2i":
	default:
		return nil, errUnreadable
	}
	numbers, err := parameters(fields[3], "m", "t", "p")
	if err != nil {
		return nil, err
	}
	h.Argon2 = Argon2{Memory: numbers[0], Passes: numbers[1], Lanes: numbers[2]}
	if err := h.check(); err != nil {
		return nil, err
	}
	if h.salt, err = salt(fields[4]); err != nil {
		return nil, err
	}
	h.sum, err = sum(fields[5])
	return h, err
}
