package aesgcm_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/aesgcm"
	"github.com/plinto/plinto/ports/outbound"
	"github.com/plinto/plinto/ports/porttest"
)

func TestSealerKeepsTheContract(t *testing.T) {
	porttest.Sealer(t, func(t *testing.T, secrets ...[]byte) outbound.Sealer {
		s, err := aesgcm.New(secrets[0], secrets[1:]...)
		require.NoError(t, err)
		return s
	})
}

func TestSecretsHaveALength(t *testing.T) {
	long := bytes.Repeat([]byte{1}, 16)
	for _, size := range []int{0, 1, 15} {
		_, err := aesgcm.New(make([]byte, size))
		require.ErrorContains(t, err, "at least 16")
		_, err = aesgcm.New(long, make([]byte, size))
		require.ErrorContains(t, err, "secret 1")
	}
	for _, size := range []int{16, 17, 1000} {
		s, err := aesgcm.New(bytes.Repeat([]byte{7}, size), long)
		require.NoError(t, err)
		_, err = s.Seal([]byte("x"), "p")
		require.NoError(t, err)
	}
	_, err := aesgcm.New(long, long)
	require.NoError(t, err, "a secret that was not changed yet may be listed twice")
}

// Two secrets whose key ids are the same would shut out what one of them
// sealed.
func TestTwoSecretsOfOneKeyIDAreRefused(t *testing.T) {
	_, err := aesgcm.New([]byte("secret number 00116703"), []byte("secret number 00119010"))
	require.ErrorContains(t, err, "key id")
}

// The layout is what storage holds: it is read here without the package.
func TestTheLayoutStays(t *testing.T) {
	secret := []byte("a secret of some length")
	s, err := aesgcm.New(secret)
	require.NoError(t, err)
	sealed, err := s.Seal([]byte("plain"), "signing key")
	require.NoError(t, err)
	require.Len(t, sealed, 1+4+12+len("plain")+16)
	require.Equal(t, byte(1), sealed[0])

	id, err := hkdf.Key(sha256.New, secret, nil, "plinto seal key-id v1", 4)
	require.NoError(t, err)
	require.Equal(t, id, sealed[1:5])
	key, err := hkdf.Key(sha256.New, secret, nil, "plinto seal key v1", 32)
	require.NoError(t, err)
	block, err := aes.NewCipher(key)
	require.NoError(t, err)
	gcm, err := cipher.NewGCM(block)
	require.NoError(t, err)
	plain, err := gcm.Open(nil, sealed[5:17], sealed[17:], append(append([]byte{1}, id...), "signing key"...))
	require.NoError(t, err)
	require.Equal(t, "plain", string(plain))

	head := append([]byte{2}, id...)
	later := gcm.Seal(append(head, sealed[5:17]...), sealed[5:17], []byte("plain"), append(head, "signing key"...))
	_, err = s.Open(later, "signing key")
	require.ErrorIs(t, err, outbound.ErrSealed, "a later version may mean something else")
}
