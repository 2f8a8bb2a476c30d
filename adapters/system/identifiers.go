package system

import (
	"github.com/google/uuid"

	"github.com/plinto/plinto/ports/outbound"
)

// Identifiers is an outbound.Identifiers.
type Identifiers struct{}

var _ outbound.Identifiers = Identifiers{}

// New gives a UUID of version 7. The library keeps the last instant of the
// process under a lock and never gives it, or an earlier one, again, in twelve
// bits below the millisecond (RFC 9562 section 6.2, method 3); so identifiers
// ascend even when the clock is set back.
func (Identifiers) New() [16]byte {
	// It fails only when crypto/rand does, which ends the process first.
	return uuid.Must(uuid.NewV7())
}
