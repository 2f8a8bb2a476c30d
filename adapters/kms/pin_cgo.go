//go:build cgo && !nopkcs11

package kms

import (
	"errors"

	"github.com/miekg/pkcs11"
)

// refusedPIN tells whether a module did not take the PIN.
func refusedPIN(err error) bool {
	code, ok := errors.AsType[pkcs11.Error](err)
	return ok && (code == pkcs11.CKR_PIN_INCORRECT || code == pkcs11.CKR_PIN_INVALID || code == pkcs11.CKR_PIN_EXPIRED || code == pkcs11.CKR_PIN_LOCKED)
}
