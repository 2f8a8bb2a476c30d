package hashing

import (
	"crypto/pbkdf2"
	"crypto/rand"
	stdhash "hash"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/scrypt"
)

// engine is what takes the time, here so that a test can count it and hold it
// up.
type engine struct {
	bcryptHash    func(key []byte, cost int) ([]byte, error)
	bcryptCompare func(hash, key []byte) error
	argon2id      func(password, salt []byte, passes, memory uint32, lanes uint8, length uint32) []byte
	argon2i       func(password, salt []byte, passes, memory uint32, lanes uint8, length uint32) []byte
	scrypt        func(password, salt []byte, n, r, p, length int) ([]byte, error)
	pbkdf2        func(h func() stdhash.Hash, password string, salt []byte, rounds, length int) ([]byte, error)
}

func newEngine() *engine {
	return &engine{
		bcryptHash: bcrypt.GenerateFromPassword, bcryptCompare: bcrypt.CompareHashAndPassword,
		argon2id: argon2.IDKey, argon2i: argon2.Key, scrypt: scrypt.Key, pbkdf2: pbkdf2.Key[stdhash.Hash],
	}
}

// randomSalt gives a salt of a new hash.
func randomSalt(size int) []byte {
	salt := make([]byte, size)
	_, _ = rand.Read(salt) // it never fails
	return salt
}
