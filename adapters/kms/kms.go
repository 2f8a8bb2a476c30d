package kms

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.step.sm/crypto/kms/apiv1"
	"go.step.sm/crypto/kms/pkcs11"

	"github.com/plinto/plinto/ports/outbound"
)

// Options are how a KMS is reached.
type Options struct {
	// URI names the key: a scheme, and attributes as RFC 7512 writes them.
	URI string
	// Timeout is how long one signature may take.
	Timeout time.Duration
	// OnChange is told why the key does not answer any more, and nil when it
	// does again; nil tells nobody.
	OnChange func(err error)
}

// KMS implements outbound.KMS.
type KMS struct {
	options Options
	address address
	open    opener

	mu  sync.Mutex // held while the key is opened
	key *Key

	refused bool // whether the PIN was, when a module was opened anew; Run's alone
}

var _ outbound.KMS = (*KMS)(nil)

// opener connects to a service and finds the key in it.
type opener func(ctx context.Context) (*connection, error)

var (
	// errAbsent says that a build tag left a service out.
	errAbsent = errors.New("this program was built without it")

	// errRefused marks an answer that the same question gets again.
	errRefused = errors.New("refused")
)

func openerOf(a address, timeout time.Duration) (opener, error) {
	switch apiv1.Type(a.scheme) {
	case apiv1.AmazonKMS:
		return through(openAWS, a), nil
	case apiv1.AzureKMS:
		return through(openAzure, a), nil
	case apiv1.CloudKMS:
		return through(openGoogle, a), nil
	case apiv1.PKCS11:
		return through(func(ctx context.Context, o apiv1.Options) (apiv1.KeyManager, error) { return pkcs11.New(ctx, o) }, a), nil
	case schemeVault:
		t, err := newTransit(a.attributes, timeout)
		if err != nil {
			return nil, err
		}
		return t.open, nil
	}
	return nil, errors.New("the address of the key is of none of the services awskms, azurekms, cloudkms, pkcs11 and vault")
}

// through gives the opener of a service that the library knows.
func through(open func(context.Context, apiv1.Options) (apiv1.KeyManager, error), a address) opener {
	return func(ctx context.Context) (*connection, error) {
		manager, err := open(ctx, apiv1.Options{URI: a.uri, Pin: a.pin})
		if err != nil {
			return nil, err
		}
		signer, err := manager.CreateSigner(&apiv1.CreateSignerRequest{SigningKey: a.uri})
		if err != nil {
			return nil, errors.Join(err, manager.Close())
		}
		return &connection{signer: signer, close: manager.Close}, nil
	}
}

// New reads the address, and a PIN or certificates from the file that it names.
// It reaches for nothing else: the service may come later than we.
func New(o Options) (*KMS, error) {
	a, err := parseAddress(o.URI)
	if err != nil {
		return nil, err
	}
	open, err := openerOf(a, o.Timeout)
	if err != nil {
		return nil, err
	}
	if o.OnChange == nil {
		o.OnChange = func(error) {}
	}
	return &KMS{options: o, address: a, open: open}, nil
}

// Key implements outbound.KMS. It has the key sign once: one that may not, or
// whose signatures do not verify, is found out here and not at a sign-in.
func (k *KMS) Key(ctx context.Context) (outbound.RemoteKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.key != nil {
		return k.key, nil
	}
	c, err := k.connect(ctx)
	if err != nil {
		return nil, err
	}
	key := newKey(c, k.address, k.options)
	if err := key.trial(); err != nil {
		return nil, errors.Join(k.meaning(err), c.close())
	}
	k.key = key
	return key, nil
}

// openTimeout is how long it may take to find the key; the services' own
// clients give up a little sooner.
const openTimeout = 20 * time.Second

// connect opens the service and finds the key in it.
func (k *KMS) connect(ctx context.Context) (*connection, error) {
	type result struct {
		connection *connection
		err        error
	}
	done := make(chan result, 1)
	// A module in C does not heed a context; what it opens too late is closed.
	opening := context.WithoutCancel(ctx)
	go func() {
		c, err := k.open(opening)
		done <- result{c, err}
	}()
	waiting, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	select {
	case r := <-done:
		return r.connection, k.meaning(r.err)
	case <-waiting.Done():
		go func() {
			if r := <-done; r.err == nil {
				_ = r.connection.close()
			}
		}()
		return nil, fmt.Errorf("%w: open %s: %w", outbound.ErrUnavailable, k.address.scheme, waiting.Err())
	}
}

// meaning tells what waiting may mend. A service on the network may be away, or
// not have been told of our permission yet; Vault says which it is. A module on
// this machine is here or not; and asking it over and over with a PIN that is
// wrong locks the token.
func (k *KMS) meaning(err error) error {
	if err == nil {
		return nil
	}
	text := fmt.Sprintf("key in %s: %s", k.address.scheme, k.address.scrubbed(err))
	if apiv1.Type(k.address.scheme) == apiv1.PKCS11 || errors.Is(err, errBadSignature) || errors.Is(err, errAbsent) || errors.Is(err, errRefused) {
		return errors.New(text)
	}
	return fmt.Errorf("%w: %s", outbound.ErrUnavailable, text)
}

// Close ends the connection to the service.
func (k *KMS) Close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.key == nil {
		return nil
	}
	if len(k.key.slots) > 0 {
		// A module would wait for them, perhaps for ever.
		return errors.New("close the KMS: signatures are under way")
	}
	return k.key.close()
}

// connection is a signer of a service, and what ends the connection to it.
type connection struct {
	signer crypto.Signer
	close  func() error
}
