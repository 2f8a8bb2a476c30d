package idempotency

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
)

// Request is all that makes a request the one it is.
type Request struct {
	Tenant    tenant.ID
	Operation string  // what is asked for, under one name however it is reached
	User      user.ID // who asks; zero when nobody is signed in
	Key       Key
	Body      []byte
	// KeyThumbprint is of the key that the request proved to hold (RFC 9449);
	// empty when none.
	KeyThumbprint string
}

// Mark is what is kept of a request, and the secret that seals its answer.
//
// The body of a request may hold a password, so a mere hash of it would let
// whoever reads the database try passwords at the speed of that hash. The
// fingerprint is an HMAC under the application's key over the client's key as
// well, which is stored nowhere: it tells nothing to whoever has the database,
// nor, as long as clients draw their keys at random, to whoever has the
// application's key besides. Nor do those two open an answer: the secret that
// does comes of the request and is forgotten with it.
type Mark struct {
	Hash        [32]byte // of who asks for what under which key: how it is found
	Fingerprint [32]byte // of all of the request: whether it is the same one
	secret      [32]byte
}

// Keyring makes marks under the application's keys.
type Keyring struct{ keys [][]byte }

// NewKeyring derives (HKDF, RFC 5869) what marks need from the application's
// secret and earlier ones. Each is at least 16 bytes.
func NewKeyring(current []byte, previous ...[]byte) (*Keyring, error) {
	k := &Keyring{}
	for _, secret := range append([][]byte{current}, previous...) {
		if len(secret) < 16 {
			return nil, fmt.Errorf("an application key has %d bytes; at least 16 are needed", len(secret))
		}
		key, err := hkdf.Key(sha256.New, secret, nil, "plinto idempotency v1", 32)
		if err != nil {
			return nil, fmt.Errorf("derive key of idempotency: %w", err)
		}
		k.keys = append(k.keys, key)
	}
	return k, nil
}

// Marks gives the mark of a request under each key. The first is the one to
// keep; the others may have been kept earlier.
func (k *Keyring) Marks(r Request) []Mark {
	where := [][]byte{r.Tenant[:], []byte(r.Operation), r.User[:], []byte(r.Key)}
	whole := append(where, []byte(r.KeyThumbprint), r.Body)
	all := make([]Mark, 0, len(k.keys))
	for _, key := range k.keys {
		all = append(all, Mark{
			Hash: sum(key, "hash", where), Fingerprint: sum(key, "fingerprint", whole), secret: sum(key, "seal", whole),
		})
	}
	return all
}

// sum authenticates a list of parts, each with its length in front so that no
// two lists are one text.
func sum(key []byte, purpose string, parts [][]byte) (out [32]byte) {
	mac := hmac.New(sha256.New, key)
	for _, part := range append([][]byte{[]byte(purpose)}, parts...) {
		mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		mac.Write(part)
	}
	mac.Sum(out[:0])
	return out
}

// ErrSealed says that bytes were not sealed for this request.
var ErrSealed = errors.New("not an answer to this request")

// nonceSize is that of Galois/Counter Mode, in bytes (NIST SP 800-38D).
const nonceSize = 12

// Seal hides an answer (AES-256-GCM) from everybody who does not have the
// request. The nonce is random.
func (m Mark) Seal(answer []byte, nonce [nonceSize]byte) ([]byte, error) {
	key, err := m.cipher()
	if err != nil {
		return nil, err
	}
	return key.Seal(nonce[:], nonce[:], answer, m.Hash[:]), nil
}

// Open gives back what was sealed, or ErrSealed.
func (m Mark) Open(sealed []byte) ([]byte, error) {
	key, err := m.cipher()
	if err != nil {
		return nil, err
	}
	if len(sealed) < nonceSize {
		return nil, ErrSealed
	}
	answer, err := key.Open(nil, sealed[:nonceSize], sealed[nonceSize:], m.Hash[:])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSealed, err)
	}
	return answer, nil
}

func (m Mark) cipher() (cipher.AEAD, error) {
	block, err := aes.NewCipher(m.secret[:])
	if err != nil {
		return nil, fmt.Errorf("prepare sealing key: %w", err)
	}
	return cipher.NewGCM(block)
}
