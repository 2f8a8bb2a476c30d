package outbound

import (
	"context"

	"github.com/plinto/plinto/core/credential"
)

// Sealer keeps secrets that must be read again. What was sealed under an
// earlier key opens for as long as that key is given.
type Sealer interface {
	// Seal hides and authenticates plain. The purpose is bound in, and must
	// be given again to Open.
	Seal(plain []byte, purpose string) ([]byte, error)

	// Open gives back what was sealed, or ErrSealed.
	Open(sealed []byte, purpose string) ([]byte, error)
}

// Hasher hashes passwords, slowly, a bounded number at a time. It holds no
// other resource while it works or waits. When too many wait already it answers
// *BusyError at once; it answers the context's error when that ends first.
type Hasher interface {
	// Normalize gives the form that is hashed: Unicode NFC, otherwise as
	// typed (RFC 8265 section 4.2, OpaqueString, less its mapping of spaces).
	// Hash and Verify do it themselves; a policy judges this form.
	Normalize(p credential.Password) credential.Password

	// Hash gives a self-describing hash. No part of the password is ignored,
	// however long it is.
	Hash(ctx context.Context, p credential.Password) (string, error)

	// Verify reports whether the password is the one of the hash. An empty
	// hash is nobody's: it costs what any other does and never matches, so
	// that an account that does not exist takes as long as one that does.
	Verify(ctx context.Context, p credential.Password, hash string) (bool, error)

	// Appraise tells what a stored hash is worth. It hashes nothing.
	Appraise(hash string) HashGrade
}

// HashGrade is what a stored hash of a password is worth.
type HashGrade int

const (
	// HashUnknown is of no form that Verify reads, and so are hashes of nobody.
	HashUnknown HashGrade = iota
	// HashTooCostly asks for more work than is allowed, and Verify refuses it.
	HashTooCostly
	// HashOutdated verifies, and gives way to a new hash when the password is
	// known: another algorithm made it, or with less work than Hash takes.
	HashOutdated
	// HashCurrent is as good as what Hash makes.
	HashCurrent
)
