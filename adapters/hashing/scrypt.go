package hashing

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/base64"
	"math/bits"
	"strings"
)

// scryptWork is how much work a hash of scrypt is (RFC 7914 section 2).
type scryptWork struct {
	logN int
	r, p int
}

// The most work that a hash of scrypt may ask for: a quarter of a gibibyte,
// filled often enough for a gibibyte in all.
const (
	scryptMaxMemory = 1 << 21 // in blocks of 128 bytes: N times r
	scryptMaxWork   = 1 << 23 // likewise, times p
)

func (w scryptWork) check() error {
	if w.logN < 1 || w.r < 1 || w.p < 1 {
		return errUnreadable
	}
	if w.logN > 30 || w.r > 1<<10 || w.p > 1<<10 {
		return errTooCostly
	}
	if memory := 1 << w.logN * w.r; memory > scryptMaxMemory || memory*w.p > scryptMaxWork {
		return errTooCostly
	}
	return nil
}

// scryptStored is a hash that scrypt made.
type scryptStored struct {
	engine *engine
	scryptWork
	salt, sum []byte
	// signer is the key by which Firebase hides what it stores; none elsewhere.
	signer []byte
}

func (h scryptStored) match(text string) (bool, error) {
	length := len(h.sum)
	if h.signer != nil {
		length = firebaseKey
	}
	key, err := h.engine.scrypt([]byte(text), h.salt, 1<<h.logN, h.r, h.p, length)
	if err != nil {
		return false, errUnreadable
	}
	if h.signer != nil {
		if key, err = sign(key, h.signer); err != nil {
			return false, err
		}
	}
	return subtle.ConstantTimeCompare(key, h.sum) == 1, nil
}

// scrypt reads $scrypt$ln=…,r=…,p=…$salt$hash.
func (r reader) scrypt(text string) (hash, error) {
	fields := strings.Split(text, "$")
	if len(fields) != 5 {
		return nil, errUnreadable
	}
	numbers, err := parameters(fields[2], "ln", "r", "p")
	if err != nil {
		return nil, err
	}
	h := scryptStored{engine: r.engine, scryptWork: scryptWork{logN: numbers[0], r: numbers[1], p: numbers[2]}}
	if err := h.check(); err != nil {
		return nil, err
	}
	if h.salt, err = salt(fields[3]); err != nil {
		return nil, err
	}
	h.sum, err = sum(fields[4])
	return h, err
}

// djangoScrypt reads N$salt$r$p$hash, where the salt is text and the hash is in
// padded base64.
func (r reader) djangoScrypt(text string) (hash, error) {
	fields := strings.Split(text, "$")
	if len(fields) != 5 || fields[1] == "" || len(fields[1]) > maxSalt {
		return nil, errUnreadable
	}
	n, err := number(fields[0])
	if err != nil {
		return nil, err
	}
	if bits.OnesCount(uint(n)) != 1 {
		return nil, errUnreadable
	}
	h := scryptStored{engine: r.engine, salt: []byte(fields[1]), scryptWork: scryptWork{logN: bits.TrailingZeros(uint(n))}}
	if h.r, err = number(fields[2]); err != nil {
		return nil, err
	}
	if h.p, err = number(fields[3]); err != nil {
		return nil, err
	}
	if err := h.check(); err != nil {
		return nil, err
	}
	h.sum, err = padded(fields[4])
	return h, err
}

// padded is sum for padded base64.
func padded(text string) ([]byte, error) {
	b, err := decode(base64.StdEncoding, text)
	if err != nil {
		return nil, errUnreadable
	}
	return sum(base64.RawStdEncoding.EncodeToString(b))
}

// firebaseKey is how long the key is that Firebase derives from a password.
const firebaseKey = 32

// sign hides a signer key under a derived one, which is what Firebase stores in
// place of a hash: AES-256 in counter mode, from zero.
func sign(key, signer []byte) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, errUnreadable
	}
	hidden := make([]byte, len(signer))
	cipher.NewCTR(block, make([]byte, aes.BlockSize)).XORKeyStream(hidden, signer)
	return hidden, nil
}

// firebase reads $fbscrypt$v=1,n=14,r=8,p=1,ss=…,sk=…$salt$hash: what Firebase
// exports of a user, with what it exports of the project. All four texts are in
// padded base64.
func (r reader) firebase(text string) (hash, error) {
	fields := strings.Split(text, "$")
	if len(fields) != 5 {
		return nil, errUnreadable
	}
	work, secrets, found := strings.Cut(fields[2], ",ss=")
	separator, signer, both := strings.Cut(secrets, ",sk=")
	if !found || !both {
		return nil, errUnreadable
	}
	numbers, err := parameters(work, "v", "n", "r", "p")
	if err != nil {
		return nil, err
	}
	h := scryptStored{engine: r.engine, scryptWork: scryptWork{logN: numbers[1], r: numbers[2], p: numbers[3]}}
	if numbers[0] != 1 {
		return nil, errUnreadable
	}
	if err := h.check(); err != nil {
		return nil, err
	}
	var decoded [4][]byte
	for i, part := range []string{fields[3], separator, signer, fields[4]} {
		if decoded[i], err = decode(base64.StdEncoding, part); err != nil || len(decoded[i]) > maxSalt {
			return nil, errUnreadable
		}
	}
	h.salt, h.signer, h.sum = append(decoded[0], decoded[1]...), decoded[2], decoded[3]
	if len(decoded[0]) == 0 || len(h.signer) < 16 || len(h.sum) != len(h.signer) {
		return nil, errUnreadable
	}
	return h, nil
}
