package outbound

import (
	"context"

	"github.com/plinto/plinto/core/credential"
)

// CommonPasswords is a list of passwords that many people have.
type CommonPasswords interface {
	// Has reports whether a password is on the list, in capitals or not. It
	// does no I/O, and may be wrong about one in ten thousand that is not
	// listed; about one that is it is never wrong.
	Has(password string) bool
}

// BreachedPasswords knows passwords that were in breaches. It is asked about
// new passwords alone.
type BreachedPasswords interface {
	// Has reports whether a password is known to have been in a breach. What
	// leaves the program does not tell which password is asked about. An error
	// says that it cannot be told now, within about a second.
	Has(ctx context.Context, p credential.Password) (bool, error)
}
