package config_test

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// encoded writes a block of PEM.
func encoded(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// pkcs8 writes a key as PKCS #8.
func pkcs8(t *testing.T, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return encoded("PRIVATE KEY", der)
}

func newECDSA(t *testing.T, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	require.NoError(t, err)
	return key
}

func newEd25519(t *testing.T) ed25519.PrivateKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	return key
}

func newRSA(t *testing.T, bits int) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	require.NoError(t, err)
	return key
}

func TestPrivateKeyKinds(t *testing.T) {
	rsaKey, p256, ed := newRSA(t, 2048), newECDSA(t, elliptic.P256()), newEd25519(t)
	sec1, err := x509.MarshalECPrivateKey(p256)
	require.NoError(t, err)
	parameters := encoded("EC PARAMETERS", []byte{6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7})
	for _, c := range []struct{ algorithm, key string }{
		{"RS256", pkcs8(t, rsaKey)},
		{"RS256", encoded("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey))},
		{"ES256", pkcs8(t, p256)},
		{"ES256", encoded("EC PRIVATE KEY", sec1)},
		{"ES256", parameters + encoded("EC PRIVATE KEY", sec1)},
		{"EdDSA", pkcs8(t, ed)},
		{"EdDSA", "  " + pkcs8(t, ed)},
	} {
		for _, environment := range []string{"development", "production"} {
			own := inProduction("ENVIRONMENT="+environment, "JWT_ALGORITHM="+c.algorithm, "JWT_PRIVATE_KEY="+c.key)
			key, ok := load(t, own...).JWT.PrivateKeyPEM()
			require.True(t, ok)
			require.Equal(t, strings.TrimSpace(c.key), key.Reveal())

			// JWT_SECRET_KEY may hold it, and escaped line ends are line ends.
			for _, written := range []string{c.key, strings.ReplaceAll(c.key, "\n", `\n`)} {
				shared := inProduction("ENVIRONMENT="+environment, "JWT_ALGORITHM="+c.algorithm, "JWT_SECRET_KEY="+written)
				key, ok = load(t, shared...).JWT.PrivateKeyPEM()
				require.True(t, ok)
				require.Equal(t, strings.TrimSpace(c.key), key.Reveal())
			}
		}
	}
	_, ok := load(t, inProduction()...).JWT.PrivateKeyPEM()
	require.False(t, ok)
}

func TestPrivateKeyMustFitTheAlgorithm(t *testing.T) {
	curve25519, err := ecdh.X25519().GenerateKey(rand.Reader)
	require.NoError(t, err)
	keys := map[string]crypto.PrivateKey{
		"RS256":        newRSA(t, 2048),
		"ES256":        newECDSA(t, elliptic.P256()),
		"EdDSA":        newEd25519(t),
		"small RSA":    newRSA(t, 1024),
		"P-384":        newECDSA(t, elliptic.P384()),
		"no signature": curve25519,
	}
	for kind, key := range keys {
		for _, algorithm := range []string{"RS256", "ES256", "EdDSA"} {
			if algorithm == kind {
				continue
			}
			for _, name := range []string{"JWT_PRIVATE_KEY", "JWT_SECRET_KEY"} {
				require.Equal(t, name+": is not a key that "+algorithm+" signs with; RS256 takes RSA of 2048 bits or more, ES256 takes P-256, EdDSA takes Ed25519",
					refused(t, "JWT_ALGORITHM="+algorithm, name+"="+pkcs8(t, key)), kind)
			}
		}
	}
}

// An algorithm that cannot be read is the only fault: the key may be right.
func TestPrivateKeyWithoutAlgorithm(t *testing.T) {
	require.Contains(t, refused(t, "JWT_ALGORITHM=HS256", "JWT_PRIVATE_KEY="+pkcs8(t, newEd25519(t))), "JWT_ALGORITHM: HS256 is refused")
}

func TestNotAPrivateKey(t *testing.T) {
	public, err := x509.MarshalPKIXPublicKey(newEd25519(t).Public())
	require.NoError(t, err)
	for _, text := range []string{
		"-----BEGIN hunter2", encoded("PUBLIC KEY", public), encoded("PRIVATE KEY", []byte("hunter2")), encoded("ENCRYPTED PRIVATE KEY", []byte("hunter2")),
	} {
		for _, name := range []string{"JWT_PRIVATE_KEY", "JWT_SECRET_KEY"} {
			require.Equal(t, name+": is not a private key; write one in PEM (PKCS #8, PKCS #1 or SEC 1), not encrypted", refused(t, name+"="+text))
		}
	}
	require.Equal(t, "JWT_PRIVATE_KEY: is not a private key; write one in PEM (PKCS #8, PKCS #1 or SEC 1), not encrypted", refused(t, "JWT_PRIVATE_KEY="+keyA))
}

func TestTwoPrivateKeys(t *testing.T) {
	key := pkcs8(t, newEd25519(t))
	require.Equal(t, "JWT_PRIVATE_KEY: is set while JWT_SECRET_KEY holds a private key too; keep one of them",
		refused(t, "JWT_ALGORITHM=EdDSA", "JWT_PRIVATE_KEY="+key, "JWT_SECRET_KEY="+key))
}
