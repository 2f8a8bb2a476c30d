package config

import (
	"net"
	"net/url"
	"strings"
	"time"
)

// kms checks the address of a signing key elsewhere, if there is one. Nothing of
// it is quoted: it may hold a PIN.
func (f *findings) kms(j JWT) {
	f.require(0 < j.KMSTimeout && j.KMSTimeout <= maxKMSTimeout, "JWT_KMS_TIMEOUT", "is %v; it must be more than zero and at most %v", j.KMSTimeout, maxKMSTimeout)
	if j.KMSURI == "" {
		return
	}
	const name = "JWT_KMS_URI"
	scheme, rest, _ := strings.Cut(j.KMSURI.Reveal(), ":")
	example, known := map[string]string{
		"awskms":   "awskms:region=eu-central-1;key-id=ID",
		"azurekms": "azurekms:vault=NAME;name=KEY?version=VERSION",
		"cloudkms": "cloudkms:projects/P/locations/L/keyRings/R/cryptoKeys/K/cryptoKeyVersions/1",
		"pkcs11":   "pkcs11:module-path=/path/to/module.so;token=NAME;object=KEY?pin-source=/path/to/pin",
		"vault":    "vault:address=https://HOST:8200;name=KEY?token-source=/path/to/token",
	}[strings.ToLower(scheme)]
	f.require(known, name, "is of no service that Plinto signs with; it must begin with awskms:, azurekms:, cloudkms:, pkcs11: or vault:")
	_, err := url.Parse(j.KMSURI.Reveal())
	f.require(!known || err == nil && rest != "", name, "is not an address of a key; write one such as %s", example)
	f.require(!strings.Contains(rest, "pin-prompt"), name, "asks for a prompt and nobody is there to answer; name a file in pin-source")
	if _, pem := j.PrivateKeyPEM(); pem {
		f.add(name, "is set while a private key is given too; keep one of them")
	}
}

// maxKMSTimeout is well below the time that a request has.
const maxKMSTimeout = 10 * time.Second

// kmsInProduction refuses to send a token of Vault where others can read it. An
// agent on this machine may be asked without TLS.
func (f *findings) kmsInProduction(uri Secret) {
	scheme, rest, _ := strings.Cut(uri.Reveal(), ":")
	if !strings.EqualFold(scheme, "vault") {
		return
	}
	for _, attribute := range strings.FieldsFunc(rest, func(r rune) bool { return strings.ContainsRune(";?&", r) }) {
		value, ok := strings.CutPrefix(attribute, "address=")
		if !ok {
			continue
		}
		plain, err := url.PathUnescape(value)
		if err != nil {
			plain = value
		}
		server, err := url.Parse(plain)
		f.require(err == nil && (server.Scheme == "https" || isLoopback(server.Hostname())), "JWT_KMS_URI",
			"has an address that is not https; production needs https, for the token of Vault goes there")
	}
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
