package porttest

import (
	"encoding/binary"
	"sync/atomic"

	"github.com/plinto/plinto/ports/outbound"
)

// Random is a Random that anybody can predict: the first secret is 1, the
// second 2. The zero value is ready to use.
type Random struct{ n atomic.Uint64 }

var _ outbound.Random = (*Random)(nil)

// Secret implements outbound.Random.
func (r *Random) Secret() [32]byte {
	var secret [32]byte
	binary.BigEndian.PutUint64(secret[24:], r.n.Add(1))
	return secret
}

// Fraction implements outbound.Random; it is always one half.
func (r *Random) Fraction() float64 { return 0.5 }

// Identifiers makes the identifiers 1, 2, 3 in the form of UUIDv7. The zero
// value is ready to use.
type Identifiers struct{ n atomic.Uint64 }

var _ outbound.Identifiers = (*Identifiers)(nil)

// New implements outbound.Identifiers.
func (i *Identifiers) New() [16]byte {
	id := [16]byte{0: 0x01, 1: 0x90, 6: 0x70, 8: 0x80}
	binary.BigEndian.PutUint32(id[12:], uint32(i.n.Add(1)))
	return id
}
