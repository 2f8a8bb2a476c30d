package config_test

import (
	"crypto/elliptic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestKMSAddresses(t *testing.T) {
	for _, address := range []string{
		"awskms:region=eu-central-1;key-id=0f3a", "azurekms:vault=v;name=k?version=1", "PKCS11:token=plinto;object=key?pin-value=hunter2",
		"cloudkms:projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1", "pkcs11:token=a%20b;id=%0a?pin-source=/run/pin",
		"vault:address=https://vault:8200;mount=transit;name=plinto?token-source=/run/token", "vault:address=http://127.0.0.1:8200;name=plinto?token-value=hunter2",
		"vault:address=http://localhost:8200;name=plinto?token-value=hunter2", "vault:address=http%3A%2F%2F%5B::1%5D:8200;name=plinto?token-value=hunter2",
	} {
		for _, environment := range []string{"development", "production"} {
			cfg := load(t, inProduction("ENVIRONMENT="+environment, "JWT_KMS_URI="+address)...)
			require.Equal(t, address, cfg.JWT.KMSURI.Reveal())
			require.Equal(t, 5*time.Second, cfg.JWT.KMSTimeout)
		}
	}
}

func TestBadKMSAddresses(t *testing.T) {
	for address, why := range map[string]string{
		"softkms:/hunter2.pem":                 "is of no service that Plinto signs with; it must begin with awskms:, azurekms:, cloudkms:, pkcs11: or vault:",
		"hashivault://hunter2":                 "is of no service that Plinto signs with; it must begin with awskms:, azurekms:, cloudkms:, pkcs11: or vault:",
		"hunter2":                              "is of no service that Plinto signs with; it must begin with awskms:, azurekms:, cloudkms:, pkcs11: or vault:",
		"awskms:":                              "is not an address of a key; write one such as awskms:region=eu-central-1;key-id=ID",
		"pkcs11:token=x?pin-value=hunter2\x7f": "is not an address of a key; write one such as pkcs11:module-path=/path/to/module.so;token=NAME;object=KEY?pin-source=/path/to/pin",
		"vault:":                               "is not an address of a key; write one such as vault:address=https://HOST:8200;name=KEY?token-source=/path/to/token",
		"pkcs11:token=x;object=y?pin-prompt=z": "asks for a prompt and nobody is there to answer; name a file in pin-source",
	} {
		said := refused(t, "JWT_KMS_URI="+address)
		require.Equal(t, "JWT_KMS_URI: "+why, said)
		require.NotContains(t, said, "hunter2")
	}
	key := pkcs8(t, newECDSA(t, elliptic.P256()))
	for _, name := range []string{"JWT_PRIVATE_KEY", "JWT_SECRET_KEY"} {
		require.Equal(t, "JWT_KMS_URI: is set while a private key is given too; keep one of them",
			refused(t, "JWT_ALGORITHM=ES256", "JWT_KMS_URI=awskms:key-id=x", name+"="+key))
	}
	for _, timeout := range []string{"0s", "-1s", "11s"} {
		require.Contains(t, refused(t, "JWT_KMS_TIMEOUT="+timeout), "JWT_KMS_TIMEOUT: is "+timeout)
	}
}

// The token of Vault goes over TLS in production, and stays on the machine else.
func TestVaultInProductionNeedsTLS(t *testing.T) {
	for _, server := range []string{"http://vault:8200", "HTTP://vault", "http%3A//vault", "http://10.0.0.1:8200", "http://localhost.example.com", "http://127.0.0.1@vault"} {
		for _, address := range []string{"vault:address=" + server + ";name=k?token-value=hunter2", "VAULT:name=k?token-value=hunter2&address=" + server} {
			require.Equal(t, "JWT_KMS_URI: has an address that is not https; production needs https, for the token of Vault goes there",
				refused(t, inProduction("JWT_KMS_URI="+address)...))
			load(t, "JWT_KMS_URI="+address)
		}
	}
}

func TestKeyRotation(t *testing.T) {
	require.Equal(t, 90*24*time.Hour, load(t).JWT.KeyRotation)
	require.Zero(t, load(t, "KEY_ROTATION_DAYS=0").JWT.KeyRotation)
	require.Contains(t, refused(t, "KEY_ROTATION_DAYS=-1"), "KEY_ROTATION_DAYS: is -24h0m0s; it must not be negative")
	require.Contains(t, refused(t, "KEY_ROTATION_DAYS=1", "KEY_PUBLISH_LEAD=24h"), "longer than KEY_PUBLISH_LEAD")
}
