package porttest

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/ports/outbound"
)

// Sealer is the contract of outbound.Sealer. Open gives a sealer that seals
// under the first of these secrets and opens what was sealed under any.
func Sealer(t *testing.T, open func(t *testing.T, secrets ...[]byte) outbound.Sealer) {
	secret := bytes.Repeat([]byte{'a'}, 32)
	later := bytes.Repeat([]byte{'b'}, 32)
	for name, test := range map[string]func(t *testing.T){
		"RoundTrip": func(t *testing.T) { testSealerRoundTrip(t, open(t, secret)) },
		"Hiding":    func(t *testing.T) { testSealerHiding(t, open(t, secret)) },
		"Purpose":   func(t *testing.T) { testSealerPurpose(t, open(t, secret)) },
		"Altered":   func(t *testing.T) { testSealerAltered(t, open(t, secret)) },
		"Rotation": func(t *testing.T) {
			testSealerRotation(t, open(t, secret), open(t, later, secret), open(t, later))
		},
	} {
		t.Run(name, test)
	}
}

func seal(t *testing.T, s outbound.Sealer, plain []byte, purpose string) []byte {
	t.Helper()
	sealed, err := s.Seal(plain, purpose)
	require.NoError(t, err)
	return sealed
}

func testSealerRoundTrip(t *testing.T, s outbound.Sealer) {
	for _, size := range []int{0, 1, 15, 16, 17, 1 << 16} {
		plain := bytes.Repeat([]byte{0xA5}, size)
		for _, purpose := range []string{"", "signing key", "汉语\x00"} {
			got, err := s.Open(seal(t, s, plain, purpose), purpose)
			require.NoError(t, err)
			require.True(t, bytes.Equal(plain, got))
		}
		require.True(t, bytes.Equal(plain, bytes.Repeat([]byte{0xA5}, size)), "what is sealed is not written on")
	}
}

func testSealerHiding(t *testing.T, s outbound.Sealer) {
	plain := []byte("a secret that must not show")
	first, second := seal(t, s, plain, "p"), seal(t, s, plain, "p")
	require.NotContains(t, string(first), string(plain))
	require.NotEqual(t, first, second, "two seals of one secret cannot be told to be of one secret")
}

func testSealerPurpose(t *testing.T, s outbound.Sealer) {
	sealed := seal(t, s, []byte("secret"), "signing key")
	for _, purpose := range []string{"", "signing", "signing key ", "Signing key"} {
		_, err := s.Open(sealed, purpose)
		require.ErrorIs(t, err, outbound.ErrSealed, purpose)
	}
}

// testSealerAltered changes every byte in turn, the head included.
func testSealerAltered(t *testing.T, s outbound.Sealer) {
	sealed := seal(t, s, []byte("secret"), "p")
	for i := range sealed {
		altered := bytes.Clone(sealed)
		altered[i] ^= 1
		_, err := s.Open(altered, "p")
		require.ErrorIs(t, err, outbound.ErrSealed, "byte %d", i)
		_, err = s.Open(sealed[:i], "p")
		require.ErrorIs(t, err, outbound.ErrSealed, "the first %d bytes", i)
	}
	_, err := s.Open(append(bytes.Clone(sealed), 0), "p")
	require.ErrorIs(t, err, outbound.ErrSealed)
	_, err = s.Open(nil, "p")
	require.ErrorIs(t, err, outbound.ErrSealed)
}

func testSealerRotation(t *testing.T, old, both, latest outbound.Sealer) {
	before := seal(t, old, []byte("before"), "p")
	got, err := both.Open(before, "p")
	require.NoError(t, err, "what an earlier key sealed still opens")
	require.Equal(t, "before", string(got))

	after := seal(t, both, []byte("after"), "p")
	got, err = latest.Open(after, "p")
	require.NoError(t, err, "new seals are made under the current key")
	require.Equal(t, "after", string(got))

	_, err = old.Open(after, "p")
	require.ErrorIs(t, err, outbound.ErrSealed)
	_, err = latest.Open(before, "p")
	require.ErrorIs(t, err, outbound.ErrSealed)
}
