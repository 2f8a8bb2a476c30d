package outbound

import "github.com/plinto/plinto/core/token"

// Signer signs and verifies access tokens with the keys it was last given. It
// is safe for concurrent use.
type Signer interface {
	// Generate makes a key pair.
	Generate(a token.Algorithm) (KeyPair, error)

	// Import reads a private key in PEM (PKCS #8, PKCS #1 or SEC 1). The
	// algorithm must be one the key can do.
	Import(pem []byte, a token.Algorithm) (KeyPair, error)

	// Adopt describes a key that signs elsewhere as a pair. The algorithm must
	// be one the key can do.
	Adopt(key RemoteKey, a token.Algorithm) (KeyPair, error)

	// Use replaces the keys. All of them verify; the one called active signs,
	// and has its private half or signs elsewhere. When active is empty nothing
	// signs. Nothing changes when it answers an error.
	Use(keys []KeyPair, active string) error

	// Ready is ErrUnavailable when it is known already that Sign would be. It
	// asks nobody.
	Ready() error

	// Sign gives the claims in compact form under the active key, with typ
	// token.MediaType and its kid. ErrUnavailable while there is no active key,
	// and when it is kept elsewhere and does not answer.
	Sign(c token.Claims) (string, error)

	// Verify checks the signature and the type of a token, under the key that
	// its kid names and by that key's algorithm alone, and gives its claims;
	// whether they are of use now is for token.Issuing.Check. Every failure is
	// token.ErrInvalid, together with ErrUnknownKey when the kid is not among
	// the keys in use.
	Verify(text string) (token.Claims, error)

	// Published gives the JSON Web Key Set (RFC 7517 section 5) of the keys in
	// use. It is made once a Use, and must not be changed.
	Published() []byte
}

// KeyPair is a key as a Signer uses it.
type KeyPair struct {
	KID       string // RFC 7638 thumbprint, SHA-256, base64url
	Algorithm token.Algorithm
	Public    []byte // a JWK with kid, alg and use
	Private   []byte // PKCS #8 DER; nil for a key that only verifies here or signs elsewhere
	Remote    RemoteKey
}
