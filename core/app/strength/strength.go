// Package strength judges new passwords for the use cases that take one.
package strength

import (
	"context"

	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

// Rules is what a new password must keep.
type Rules struct {
	Hasher   outbound.Hasher
	Policy   credential.Policy
	Product  string                     // the name of the service, which no password may contain
	Common   outbound.CommonPasswords   // nil knows none
	Breached outbound.BreachedPasswords // nil asks nobody
}

// Check gives everything wrong with a new password named by field, of a user
// with this address, the zero address when it is not known, and these names. It
// does no I/O.
func (r Rules) Check(field string, password credential.Password, address user.Email, names ...string) []fault.Field {
	words := []string{r.Product, address.LocalPart(), address.Domain()}
	for _, name := range names {
		words = append(words, r.Normalize(credential.NewPassword(name)).Reveal())
	}
	normal := r.Normalize(password)
	if faults := r.Policy.Check(field, normal, words...); len(faults) > 0 {
		return faults
	}
	if r.common(normal.Reveal()) {
		return []fault.Field{fault.PasswordTooCommon.In(field)}
	}
	return nil
}

func (r Rules) common(text string) bool {
	if credential.Predictable(text) {
		return true
	}
	if r.Common == nil {
		return false
	}
	for _, form := range credential.Spellings(text) {
		if r.Common.Has(form) {
			return true
		}
	}
	return false
}

// CheckBreaches gives what is wrong with a new password that kept the rest,
// by what others know of breaches. It is asked last before the password is
// hashed. Where nothing can be learned now, nothing is wrong: a service that is
// away keeps nobody out.
func (r Rules) CheckBreaches(ctx context.Context, field string, password credential.Password) []fault.Field {
	if r.Breached == nil {
		return nil
	}
	if found, err := r.Breached.Has(ctx, r.Normalize(password)); err == nil && found {
		return []fault.Field{fault.PasswordBreached.In(field)}
	}
	return nil
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
