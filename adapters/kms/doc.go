// Package kms owns the way to a signing key that is kept elsewhere and never
// leaves: in AWS KMS, Azure Key Vault, Google Cloud KMS, the transit secrets
// engine of HashiCorp Vault or OpenBao, or a hardware module that speaks
// PKCS #11. It bounds how long a signature may take and how many are under way,
// knows when the service does not answer, and hands out no signature that does
// not verify. It refuses to make keys, and to say anything of a PIN or a token.
//
// Vault is asked by this package itself. The others come with
// go.step.sm/crypto/kms, and can be left out of a build by the tags noawskms,
// noazurekms, nocloudkms and nopkcs11. PKCS #11 modules are libraries in C:
// without cgo the program is whole but for them, and says so when it is given
// one.
package kms
