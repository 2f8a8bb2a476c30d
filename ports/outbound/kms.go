package outbound

import (
	"context"
	"crypto"
)

// KMS leads to one private key that is kept in a key management service or a
// hardware module, and never leaves it.
type KMS interface {
	// Key gives the key, always the same one. ErrUnavailable when the service
	// does not answer; any other error is one that waiting does not mend.
	Key(ctx context.Context) (RemoteKey, error)
}

// RemoteKey signs where it is kept. Sign answers within a bound that the adapter
// sets, and takes no lock that others wait for. ErrUnavailable when there is no
// signature in time, whatever the reason; a signature that does not verify is
// none.
type RemoteKey interface {
	crypto.Signer

	// Ready is ErrUnavailable from a signature that failed until one succeeds.
	// It asks nobody.
	Ready() error
}
