package config

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
)

// PrivateKeyPEM is the private key to sign with, when one is configured:
// JWT_PRIVATE_KEY, else a PEM in JWT_SECRET_KEY. Line ends written as \n, as
// one-line environments have them, are line ends; white space around the key is
// gone. [Check] has made sure that the
// key is of a kind that Algorithm signs with.
func (j JWT) PrivateKeyPEM() (key Secret, ok bool) {
	switch {
	case j.PrivateKey != "":
		key = j.PrivateKey
	case isPEM(j.SecretKey):
		key = j.SecretKey
	default:
		return "", false
	}
	return Secret(strings.TrimSpace(strings.ReplaceAll(key.Reveal(), `\n`, "\n"))), true
}

// isPEM tells whether a secret is meant as a PEM (RFC 7468).
func isPEM(s Secret) bool {
	return strings.HasPrefix(strings.TrimSpace(s.Reveal()), "-----BEGIN ")
}

// privateKey checks the private key, if there is one.
func (f *findings) privateKey(j JWT) {
	key, ok := j.PrivateKeyPEM()
	if !ok {
		return
	}
	name := "JWT_SECRET_KEY"
	if j.PrivateKey != "" {
		name = "JWT_PRIVATE_KEY"
		f.require(!isPEM(j.SecretKey), name, "is set while JWT_SECRET_KEY holds a private key too; keep one of them")
	}
	parsed := parsePrivateKey(key)
	f.require(parsed != nil, name, "is not a private key; write one in PEM (PKCS #8, PKCS #1 or SEC 1), not encrypted")
	// Without an algorithm that is the fault, not the key.
	f.require(parsed == nil || j.Algorithm == "" || signs(parsed, j.Algorithm), name, "is not a key that %s signs with; RS256 takes RSA of 2048 bits or more, ES256 takes P-256, EdDSA takes Ed25519", j.Algorithm)
}

// parsePrivateKey gives the first private key in a PEM, nil without one.
func parsePrivateKey(key Secret) any {
	rest := []byte(key.Reveal())
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return nil
		}
		if !strings.HasSuffix(block.Type, "PRIVATE KEY") {
			continue
		}
		if parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
			return parsed
		}
		if parsed, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
			return parsed
		}
		if parsed, err := x509.ParseECPrivateKey(block.Bytes); err == nil {
			return parsed
		}
		return nil
	}
}

// signs tells whether key makes signatures of algorithm.
func signs(key any, algorithm Algorithm) bool {
	switch k := key.(type) {
	case *rsa.PrivateKey:
		return algorithm == RS256 && k.N.BitLen() >= 2048
	case *ecdsa.PrivateKey:
		return algorithm == ES256 && k.Curve == elliptic.P256()
	case ed25519.PrivateKey:
		return algorithm == EdDSA
	default:
		return false
	}
}
