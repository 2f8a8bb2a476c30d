// Package strength judges new passwords for the use cases that take one.
package strength

import (
	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

// Rules is what a new password must keep.
type Rules struct {
	Hasher  outbound.Hasher
	Policy  credential.Policy
	Product string // the name of the service, which no password may contain
}

// Check gives everything wrong with a new password named by field, of a user
// with this address; the zero address when it is not known.
func (r Rules) Check(field string, password credential.Password, address user.Email) []fault.Field {
	return r.Policy.Check(field, r.Normalize(password), r.Product, address.LocalPart(), address.Domain())
}

// Normalize gives the form that is hashed, and by which two passwords are the
// same. What is too long for anybody's password stays as it is: it would take
// long.
func (r Rules) Normalize(password credential.Password) credential.Password {
	if password.TooLong() {
		return password
	}
	return r.Hasher.Normalize(password)
}
