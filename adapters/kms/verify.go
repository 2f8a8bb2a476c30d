package kms

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
)

// verifies checks a signature as RS256, ES256 (in ASN.1, as signers give it) or
// Ed25519 would. The cost is small beside a call to a service.
func verifies(public crypto.PublicKey, digest, sig []byte) bool {
	switch key := public.(type) {
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest, sig) == nil
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(key, digest, sig)
	case ed25519.PublicKey:
		return ed25519.Verify(key, digest, sig)
	}
	return false
}

func isEdDSA(public crypto.PublicKey) bool {
	_, ok := public.(ed25519.PublicKey)
	return ok
}
