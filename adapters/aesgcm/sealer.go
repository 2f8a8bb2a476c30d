// Package aesgcm owns the sealing of secrets that storage keeps and the
// application must read again: AES-256 in Galois/Counter Mode under keys that
// are derived from the application's secrets. It refuses to store anything, and
// to keep a password, which is hashed and never read again.
//
// Sealed bytes, version 1, are
//
//	1 byte   version
//	4 bytes  key id
//	12 bytes nonce, random
//	n bytes  ciphertext
//	16 bytes tag
//
// The tag also covers version, key id and purpose. Key and key id come of a
// secret by HKDF-SHA-256 (RFC 5869), so neither tells of the secret or of the
// other. A nonce of 96 random bits wants a new key after 2^32 seals (NIST SP
// 800-38D section 8.3); what is sealed here are signing keys and their like, a
// few a year.
package aesgcm

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"fmt"

	"github.com/plinto/plinto/ports/outbound"
)

const (
	version   = 1
	nonceSize = 12
	headSize  = 1 + len(keyID{})
	minSecret = 16
)

type keyID [4]byte

// Sealer is an outbound.Sealer. It never changes, so any number of goroutines
// may use it.
type Sealer struct {
	current keyID
	keys    map[keyID]cipher.AEAD
}

var _ outbound.Sealer = (*Sealer)(nil)

// New gives a sealer that seals under the current secret, and opens what was
// sealed under it or a previous one. A secret has at least 16 bytes.
func New(current []byte, previous ...[]byte) (*Sealer, error) {
	s := &Sealer{keys: make(map[keyID]cipher.AEAD, 1+len(previous))}
	seen := make(map[keyID][]byte, 1+len(previous))
	for i, secret := range append([][]byte{current}, previous...) {
		if len(secret) < minSecret {
			return nil, fmt.Errorf("sealing secret %d has %d bytes; at least %d are needed", i, len(secret), minSecret)
		}
		id, key, err := derive(secret)
		if err != nil {
			return nil, err
		}
		if other, taken := seen[id]; taken && !bytes.Equal(other, secret) {
			// One pair of secrets in four thousand million.
			return nil, fmt.Errorf("sealing secret %d has the key id of another one; choose another secret", i)
		}
		if i == 0 {
			s.current = id
		}
		seen[id], s.keys[id] = secret, key
	}
	return s, nil
}

func derive(secret []byte) (id keyID, key cipher.AEAD, err error) {
	name, err := hkdf.Key(sha256.New, secret, nil, "plinto seal key-id v1", len(id))
	if err != nil {
		return id, nil, fmt.Errorf("derive key id: %w", err)
	}
	raw, err := hkdf.Key(sha256.New, secret, nil, "plinto seal key v1", 32)
	if err != nil {
		return id, nil, fmt.Errorf("derive sealing key: %w", err)
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return id, nil, fmt.Errorf("prepare sealing key: %w", err)
	}
	if key, err = cipher.NewGCM(block); err != nil {
		return id, nil, fmt.Errorf("prepare sealing key: %w", err)
	}
	return keyID(name), key, nil
}

// Seal hides and authenticates plain, for one purpose.
func (s *Sealer) Seal(plain []byte, purpose string) ([]byte, error) {
	key := s.keys[s.current]
	sealed := make([]byte, headSize+nonceSize, headSize+nonceSize+len(plain)+key.Overhead())
	sealed[0] = version
	copy(sealed[1:], s.current[:])
	nonce := sealed[headSize:]
	if _, err := rand.Read(nonce); err != nil {
		return nil, fmt.Errorf("draw a nonce: %w", err)
	}
	return key.Seal(sealed, nonce, plain, bound(sealed[:headSize], purpose)), nil
}

// Open gives back what was sealed for the purpose, under any of the secrets.
func (s *Sealer) Open(sealed []byte, purpose string) ([]byte, error) {
	if len(sealed) < headSize+nonceSize || sealed[0] != version {
		return nil, fmt.Errorf("%w: not of a known layout", outbound.ErrSealed)
	}
	key, known := s.keys[keyID(sealed[1:headSize])]
	if !known {
		return nil, fmt.Errorf("%w: sealed under a key that is not at hand", outbound.ErrSealed)
	}
	nonce, text := sealed[headSize:headSize+nonceSize], sealed[headSize+nonceSize:]
	plain, err := key.Open(nil, nonce, text, bound(sealed[:headSize], purpose))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", outbound.ErrSealed, err)
	}
	return plain, nil
}

// bound is what the tag covers besides the text.
func bound(head []byte, purpose string) []byte {
	return append(bytes.Clone(head), purpose...)
}
