package system

import (
	"crypto/rand"
	"encoding/binary"

	"github.com/plinto/plinto/ports/outbound"
)

// Random is an outbound.Random on the operating system's randomness.
type Random struct{}

var _ outbound.Random = Random{}

// Secret gives 32 random bytes. It has no error to give: crypto/rand ends the
// process when the operating system has no randomness.
func (Random) Secret() [32]byte {
	var secret [32]byte
	_, _ = rand.Read(secret[:])
	return secret
}

// Fraction gives one of the 2^53 multiples of 2^-53 in [0,1). It comes of
// crypto/rand, not of math/rand/v2, because the port promises that nobody can
// predict it; that costs less than a thousandth of the signature it is drawn for.
func (Random) Fraction() float64 {
	var b [8]byte
	_, _ = rand.Read(b[:])
	return float64(binary.BigEndian.Uint64(b[:])>>11) / (1 << 53)
}
