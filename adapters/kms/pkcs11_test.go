//go:build cgo

package kms_test

import (
	"context"
	"crypto"
	"crypto/sha256"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	p11 "github.com/miekg/pkcs11"
	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/jwks"
	"github.com/plinto/plinto/adapters/kms"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/ports/outbound"
	"github.com/plinto/plinto/ports/porttest"
)

// pinned adds the PIN to an address.
func pinned(uri string) string { return uri + "?pin-value=" + url.PathEscape(pin) }

func open(t *testing.T, o kms.Options) *kms.KMS {
	t.Helper()
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	k, err := kms.New(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, k.Close()) })
	return k
}

func TestAModuleKeepsTheContract(t *testing.T) {
	in := module(t)
	porttest.RemoteSigner(t,
		func(*testing.T) outbound.Signer { return jwks.New(jwks.Options{}) },
		func(t *testing.T, a token.Algorithm) outbound.RemoteKey {
			k := open(t, kms.Options{URI: pinned(newKeyIn(t, in, a, 2048))})
			key, err := k.Key(t.Context())
			require.NoError(t, err)
			again, err := k.Key(t.Context())
			require.NoError(t, err)
			require.Same(t, key, again)
			return key
		}, token.RS256, token.ES256)
}

func TestThePINMayBeInAFile(t *testing.T) {
	uri := newKeyIn(t, module(t), token.ES256, 0)
	file := filepath.Join(t.TempDir(), "pin")
	require.NoError(t, os.WriteFile(file, []byte(pin+"\n"), 0o600))
	for _, source := range []string{file, "file:" + file, "file://" + file} {
		_, err := open(t, kms.Options{URI: uri + "?pin-source=" + source}).Key(t.Context())
		require.NoError(t, err, source)
	}
}

// What is wrong with a module or its address does not mend itself, and must not
// be tried again and again: the PIN might be what is wrong.
func TestWhatIsWrongWithAModuleIsSaidPlainly(t *testing.T) {
	in := module(t)
	uri := newKeyIn(t, in, token.ES256, 0)
	for name, c := range map[string]struct{ uri, says string }{
		"no such module": {"pkcs11:module-path=/nowhere/module.so;token=x;object=y?pin-value=hunter2", "failed to open module"},
		"no such token":  {"pkcs11:module-path=" + os.Getenv("PLINTO_TEST_PKCS11") + ";token=nobody's;object=y?pin-value=hunter2", "could not find PKCS#11 token"},
		"no such key":    {pinned(in + ";object=nothing"), "not found"},
		"wrong PIN":      {uri + "?pin-value=hunter2", "CKR_PIN_INCORRECT"},
		"no key named":   {pinned(in), "id or object are required"},
	} {
		_, err := open(t, kms.Options{URI: c.uri}).Key(t.Context())
		require.ErrorContains(t, err, c.says, name)
		require.ErrorContains(t, err, "key in pkcs11", name)
		require.NotErrorIs(t, err, outbound.ErrUnavailable, name)
		require.NotContains(t, err.Error(), "hunter2", name)
		require.NotContains(t, err.Error(), pin, name)
		require.NotContains(t, err.Error(), url.PathEscape(pin), name)
	}
}

func TestAKeyInAModuleMustFitTheAlgorithm(t *testing.T) {
	in, s := module(t), jwks.New(jwks.Options{})
	key, err := open(t, kms.Options{URI: pinned(newKeyIn(t, in, token.RS256, 1024))}).Key(t.Context())
	require.NoError(t, err)
	_, err = s.Adopt(key, token.RS256)
	require.ErrorContains(t, err, "2048")
	_, err = s.Adopt(key, token.EdDSA)
	require.ErrorContains(t, err, "another kind")
}

// The module loses its sessions, as it does when a token is taken out and put
// back: what is asked meanwhile is refused at once, and Run finds the way back.
func TestAModuleThatLosesItsSessions(t *testing.T) {
	in := module(t)
	changed := make(chan error, 8)
	k := open(t, kms.Options{URI: pinned(newKeyIn(t, in, token.ES256, 0)), OnChange: func(err error) { changed <- err }})
	key, err := k.Key(t.Context())
	require.NoError(t, err)
	digest := sha256.Sum256([]byte("text"))
	_, err = key.Sign(nil, digest[:], crypto.SHA256)
	require.NoError(t, err)

	loseSessions(t)
	_, err = key.Sign(nil, digest[:], crypto.SHA256)
	require.ErrorIs(t, err, outbound.ErrUnavailable)
	require.Error(t, <-changed)
	require.ErrorIs(t, key.Ready(), outbound.ErrUnavailable)
	_, err = key.Sign(nil, digest[:], crypto.SHA256)
	require.ErrorContains(t, err, "does not sign at present")

	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- k.Run(ctx) }()
	require.NoError(t, <-changed)
	require.NoError(t, key.Ready())
	_, err = key.Sign(nil, digest[:], crypto.SHA256)
	require.NoError(t, err)
	cancel()
	require.NoError(t, <-done)
	require.Empty(t, changed, "each change is told once")
}

// loseSessions closes the sessions of this process behind the library's back.
func loseSessions(t *testing.T) {
	t.Helper()
	beside := p11.New(os.Getenv("PLINTO_TEST_PKCS11"))
	err := beside.Initialize()
	require.True(t, err == nil || errors.Is(err, p11.Error(p11.CKR_CRYPTOKI_ALREADY_INITIALIZED)), "%v", err)
	slots, err := beside.GetSlotList(true)
	require.NoError(t, err)
	for _, slot := range slots {
		require.NoError(t, beside.CloseAllSessions(slot))
	}
}
