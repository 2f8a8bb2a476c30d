package kms

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/plinto/plinto/ports/outbound"
)

// Key implements outbound.RemoteKey.
type Key struct {
	public     crypto.PublicKey
	address    address
	timeout    time.Duration
	onChange   func(error)
	connection atomic.Pointer[connection]
	// slots bounds the signatures under way, those included that nobody waits
	// for any more.
	slots chan struct{}
	down  atomic.Bool
}

var _ outbound.RemoteKey = (*Key)(nil)

// maxUnderWay is how many signatures may be under way at once.
const maxUnderWay = 64

func newKey(c *connection, a address, o Options) *Key {
	k := &Key{public: c.signer.Public(), address: a, timeout: o.Timeout, onChange: o.OnChange, slots: make(chan struct{}, maxUnderWay)}
	k.connection.Store(c)
	return k
}

// Public gives the public half.
func (k *Key) Public() crypto.PublicKey { return k.public }

// Ready implements outbound.RemoteKey.
func (k *Key) Ready() error {
	if k.down.Load() {
		return fmt.Errorf("%w: the key in %s does not sign at present", outbound.ErrUnavailable, k.address.scheme)
	}
	return nil
}

// Sign has the service sign. After a signature that failed it refuses at once
// until Run has had one that succeeds, so that requests do not wait in a row for
// a service that is away.
func (k *Key) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if err := k.Ready(); err != nil {
		return nil, err
	}
	sig, err := k.sign(digest, opts)
	if err != nil {
		k.turn(true, err)
		return nil, fmt.Errorf("%w: sign by %s: %s", outbound.ErrUnavailable, k.address.scheme, k.address.scrubbed(err))
	}
	return sig, nil
}

// turn notes whether the key signs, and tells of a change.
func (k *Key) turn(down bool, err error) {
	if k.down.Swap(down) == down {
		return
	}
	if err != nil {
		err = errors.New(k.address.scrubbed(err))
	}
	k.onChange(err)
}

var (
	errSlow         = errors.New("there is no signature in time")
	errBadSignature = errors.New("the signature does not verify under the public key")
)

func (k *Key) sign(digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	late := time.NewTimer(k.timeout)
	defer late.Stop()
	select {
	case k.slots <- struct{}{}:
	case <-late.C:
		return nil, errSlow
	}
	type result struct {
		sig []byte
		err error
	}
	done := make(chan result, 1)
	signer := k.connection.Load().signer
	go func() {
		sig, err := signer.Sign(rand.Reader, digest, opts)
		<-k.slots // before anybody learns of it: then nothing is under way
		done <- result{sig, err}
	}()
	select {
	case <-late.C:
		return nil, errSlow
	case r := <-done:
		if r.err == nil && !verifies(k.public, digest, r.sig) {
			r.err = errBadSignature
		}
		return r.sig, r.err
	}
}

// trial has the key sign something that is no token.
func (k *Key) trial() error {
	text := []byte("plinto: does this key sign?")
	if isEdDSA(k.public) {
		_, err := k.sign(text, crypto.Hash(0))
		return err
	}
	digest := sha256.Sum256(text)
	_, err := k.sign(digest[:], crypto.SHA256)
	return err
}

func (k *Key) close() error { return k.connection.Load().close() }
