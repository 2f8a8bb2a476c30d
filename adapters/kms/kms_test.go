package kms_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/jwks"
	"github.com/plinto/plinto/adapters/kms"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/ports/outbound"
	"github.com/plinto/plinto/ports/porttest"
)

func ecKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return key
}

// service is a key whose signing a test can hinder.
type service struct {
	crypto.Signer
	calls atomic.Int64
	mu    sync.Mutex
	err   error         // what it answers instead of a signature
	hold  chan struct{} // what it waits for
}

func (s *service) hinder(err error, hold chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err, s.hold = err, hold
}

func (s *service) Sign(r io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	s.calls.Add(1)
	s.mu.Lock()
	err, hold := s.err, s.hold
	s.mu.Unlock()
	if hold != nil {
		<-hold
	}
	if err != nil {
		return nil, err
	}
	return s.Signer.Sign(r, digest, opts)
}

func onService(t *testing.T, o kms.Options, s crypto.Signer) (*kms.KMS, outbound.RemoteKey) {
	t.Helper()
	if o.URI == "" {
		o.URI = "awskms:key-id=x"
	}
	k, err := kms.NewOn(o, func(kms.Given) (crypto.Signer, error) { return s, nil })
	require.NoError(t, err)
	key, err := k.Key(t.Context())
	require.NoError(t, err)
	return k, key
}

// The contract on a service that can do every algorithm.
func TestAServiceKeepsTheContract(t *testing.T) {
	porttest.RemoteSigner(t,
		func(*testing.T) outbound.Signer { return jwks.New(jwks.Options{}) },
		func(t *testing.T, a token.Algorithm) outbound.RemoteKey {
			var signer crypto.Signer = ecKey(t)
			var err error
			switch a {
			case token.RS256:
				signer, err = rsa.GenerateKey(rand.Reader, 2048)
			case token.EdDSA:
				_, signer, err = ed25519.GenerateKey(rand.Reader)
			}
			require.NoError(t, err)
			_, key := onService(t, kms.Options{Timeout: time.Minute}, signer)
			return key
		}, token.RS256, token.ES256, token.EdDSA)
}

func TestASignatureTakesNoLongerThanItMay(t *testing.T) {
	s := &service{Signer: ecKey(t)}
	_, key := onService(t, kms.Options{Timeout: 50 * time.Millisecond}, s)
	hold := make(chan struct{})
	defer close(hold)
	s.hinder(nil, hold)
	digest := sha256.Sum256(nil)
	_, err := key.Sign(nil, digest[:], crypto.SHA256)
	require.ErrorIs(t, err, outbound.ErrUnavailable)
	require.ErrorContains(t, err, "in time")
	// Nobody else waits for it.
	calls := s.calls.Load()
	_, err = key.Sign(nil, digest[:], crypto.SHA256)
	require.ErrorIs(t, err, outbound.ErrUnavailable)
	require.Equal(t, calls, s.calls.Load(), "it is not even asked")
}

// A service that hangs holds up so many calls and no more.
func TestSignaturesUnderWayAreBounded(t *testing.T) {
	s := &service{Signer: ecKey(t)}
	_, key := onService(t, kms.Options{Timeout: 200 * time.Millisecond}, s)
	hold := make(chan struct{})
	s.hinder(nil, hold)
	before := s.calls.Load()
	var all sync.WaitGroup
	digest := sha256.Sum256(nil)
	for range 3 * kms.MaxUnderWay {
		all.Go(func() {
			if _, err := key.Sign(nil, digest[:], crypto.SHA256); !errors.Is(err, outbound.ErrUnavailable) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	require.LessOrEqual(t, s.calls.Load()-before, int64(kms.MaxUnderWay))
	close(hold)
}

func TestAServiceThatComesBackIsFound(t *testing.T) {
	s := &service{Signer: ecKey(t)}
	changed := make(chan error, 8)
	k, key := onService(t, kms.Options{
		URI: "azurekms:vault=v;name=k;client-secret=hunter2%21", Timeout: time.Minute, OnChange: func(err error) { changed <- err },
	}, s)
	s.hinder(errors.New("azurekms:client-secret=hunter2%21 says no to hunter2!"), nil)
	digest := sha256.Sum256(nil)
	_, err := key.Sign(nil, digest[:], crypto.SHA256)
	require.ErrorIs(t, err, outbound.ErrUnavailable)
	for _, said := range []error{err, <-changed} {
		require.ErrorContains(t, said, "says no to •••")
		require.NotContains(t, said.Error(), "hunter2")
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- k.Run(ctx) }()
	calls := s.calls.Load()
	require.Eventually(t, func() bool { return s.calls.Load() > calls }, 10*time.Second, 10*time.Millisecond, "it is tried")
	require.ErrorIs(t, key.Ready(), outbound.ErrUnavailable)
	s.hinder(nil, nil)
	require.NoError(t, <-changed)
	require.NoError(t, key.Ready())
	cancel()
	require.NoError(t, <-done)
	require.Empty(t, changed)
}

// forger signs with another key than it says.
type forger struct {
	crypto.Signer
	public crypto.PublicKey
}

func (f forger) Public() crypto.PublicKey { return f.public }

func TestASignatureThatDoesNotVerifyIsNone(t *testing.T) {
	k, err := kms.NewOn(kms.Options{URI: "awskms:key-id=x", Timeout: time.Minute}, func(kms.Given) (crypto.Signer, error) {
		return forger{ecKey(t), ecKey(t).Public()}, nil
	})
	require.NoError(t, err)
	_, err = k.Key(t.Context())
	require.ErrorContains(t, err, "does not verify")
	require.NotErrorIs(t, err, outbound.ErrUnavailable, "it will not do so later")

	good := ecKey(t)
	s := &service{Signer: good}
	_, key := onService(t, kms.Options{Timeout: time.Minute}, s)
	s.Signer = forger{ecKey(t), good.Public()}
	digest := sha256.Sum256(nil)
	sig, err := key.Sign(nil, digest[:], crypto.SHA256)
	require.ErrorIs(t, err, outbound.ErrUnavailable)
	require.Nil(t, sig)
}

// A service that cannot be reached at the start is asked again.
func TestAServiceThatIsNotThereYet(t *testing.T) {
	signer, tries := ecKey(t), 0
	k, err := kms.NewOn(kms.Options{URI: "cloudkms:projects/p", Timeout: time.Minute}, func(kms.Given) (crypto.Signer, error) {
		if tries++; tries == 1 {
			return nil, errors.New("no route to host")
		}
		return signer, nil
	})
	require.NoError(t, err)
	_, err = k.Key(t.Context())
	require.ErrorIs(t, err, outbound.ErrUnavailable)
	require.ErrorContains(t, err, "key in cloudkms: no route to host")
	key, err := k.Key(t.Context())
	require.NoError(t, err)
	require.Equal(t, signer.Public(), key.Public())
	require.NoError(t, k.Close())
}

func TestTheLibraryNeverSeesThePINInTheAddress(t *testing.T) {
	for uri, want := range map[string]kms.Given{
		"pkcs11:token=a%20b;object=k?pin-value=a%2Bb+c":             {"pkcs11:token=a%20b;object=k", "a+b+c"},
		"pkcs11:token=a;pin-value=1234;object=k?module-name=x":      {"pkcs11:token=a;object=k?module-name=x", "1234"},
		"PKCS11:token=a;object=k?x=1&pin-value=1234&max-sessions=4": {"pkcs11:token=a;object=k?x=1&max-sessions=4", "1234"},
		"pkcs11:token=a;object=k?pin-value=":                        {"pkcs11:token=a;object=k?pin-value=", ""},
		"awskms:region=eu-central-1;key-id=x?profile=p":             {"awskms:region=eu-central-1;key-id=x?profile=p", ""},
	} {
		var given kms.Given
		k, err := kms.NewOn(kms.Options{URI: uri, Timeout: time.Minute}, func(g kms.Given) (crypto.Signer, error) {
			given = g
			return ecKey(t), nil
		})
		require.NoError(t, err, uri)
		_, err = k.Key(t.Context())
		require.NoError(t, err, uri)
		require.Equal(t, want, given, uri)
	}
}

func TestBadAddresses(t *testing.T) {
	for uri, says := range map[string]string{
		"":                                    "no scheme",
		"hunter2":                             "no scheme",
		"pkcs11:":                             "no scheme",
		"softkms:hunter2":                     "of none of the services",
		"pkcs11:token=a?pin-value=hunter2%":   "percent sign",
		"pkcs11:token=a?pin-source=/nowhere":  "the PIN: open /nowhere",
		"pkcs11:token=a?pin-source=/dev/null": "file of the PIN is empty",
	} {
		_, err := kms.New(kms.Options{URI: uri})
		require.ErrorContains(t, err, says, uri)
		require.NotContains(t, err.Error(), "hunter2")
	}
}
