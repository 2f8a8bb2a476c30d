package hashing

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	stdhash "hash"
	"strings"
)

// pbkdf2MaxWork is the most work that a hash of PBKDF2 may ask for: rounds for
// each block of the result. It is some seconds.
const pbkdf2MaxWork = 10_000_000

// pbkdf2Stored is a hash that PBKDF2 made (RFC 8018 section 5.2).
type pbkdf2Stored struct {
	engine    *engine
	hash      func() stdhash.Hash
	rounds    int
	salt, sum []byte
}

func (h pbkdf2Stored) match(text string) (bool, error) {
	key, err := h.engine.pbkdf2(h.hash, text, h.salt, h.rounds, len(h.sum))
	if err != nil {
		return false, errUnreadable
	}
	return subtle.ConstantTimeCompare(key, h.sum) == 1, nil
}

func (h pbkdf2Stored) check() error {
	size := h.hash().Size()
	blocks := (len(h.sum) + size - 1) / size
	if h.rounds > pbkdf2MaxWork/blocks {
		return errTooCostly
	}
	return nil
}

// digest gives the hash function of this name.
func digest(name string) (func() stdhash.Hash, error) {
	switch name {
	case "sha1":
		return sha1.New, nil
	case "sha256":
		return sha256.New, nil
	case "sha512":
		return sha512.New, nil
	}
	return nil, errUnreadable
}

// pbkdf2 reads $pbkdf2-sha256$<rounds>$salt$hash, where the rounds may be
// written i=<rounds> as well; $pbkdf2$ is that of SHA-1.
func (r reader) pbkdf2(text string) (hash, error) {
	fields := strings.Split(text, "$")
	if len(fields) != 5 {
		return nil, errUnreadable
	}
	name := "sha1"
	if fields[1] != "pbkdf2" {
		name = strings.TrimPrefix(fields[1], "pbkdf2-")
	}
	h := pbkdf2Stored{engine: r.engine}
	var err error
	if h.hash, err = digest(name); err != nil {
		return nil, err
	}
	if h.rounds, err = number(strings.TrimPrefix(fields[2], "i=")); err != nil {
		return nil, err
	}
	if h.salt, err = salt(fields[3]); err != nil {
		return nil, err
	}
	if h.sum, err = sum(fields[4]); err != nil {
		return nil, err
	}
	return h, h.check()
}

// djangoPBKDF2 reads <rounds>$salt$hash, where the salt is text and the hash is
// in padded base64.
func (r reader) djangoPBKDF2(name, text string) (hash, error) {
	fields := strings.Split(text, "$")
	if len(fields) != 3 || fields[1] == "" || len(fields[1]) > maxSalt {
		return nil, errUnreadable
	}
	h := pbkdf2Stored{engine: r.engine, salt: []byte(fields[1])}
	var err error
	if h.hash, err = digest(name); err != nil {
		return nil, err
	}
	if h.rounds, err = number(fields[0]); err != nil {
		return nil, err
	}
	if h.sum, err = padded(fields[2]); err != nil {
		return nil, err
	}
	return h, h.check()
}
