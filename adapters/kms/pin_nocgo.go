//go:build !cgo || nopkcs11

package kms

// refusedPIN is never asked: without cgo there are no modules.
func refusedPIN(error) bool { return false }
