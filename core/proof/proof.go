package proof

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"
)

// MediaType is the typ of a proof (RFC 9449 section 4.2).
const MediaType = "dpop+jwt"

// MaxID is the longest jti, in bytes: several times what any client makes.
const MaxID = 256

// Claims is what a well-signed proof says (RFC 9449 section 4.2).
type Claims struct {
	ID              string    // jti
	Method          string    // htm
	URI             string    // htu
	IssuedAt        time.Time // iat
	AccessTokenHash string    // ath; empty when absent
	Nonce           string    // empty when absent
	KeyThumbprint   string    // of the key that signed it: RFC 7638, SHA-256, base64url
}

// Hash is what storage keeps of a jti: it has one size, whatever was sent.
func (c Claims) Hash() [32]byte { return sha256.Sum256([]byte(c.ID)) }

// The refusals.
var (
	// ErrInvalid says that a proof is not good: malformed, badly signed, out of
	// date, used before, or made for another request or token.
	ErrInvalid = errors.New("invalid proof")
	// ErrNonce says that a proof needs a nonce of ours, or a fresher one (RFC
	// 9449 section 8).
	ErrNonce = errors.New("the proof needs a fresh nonce")
	// ErrBearer says that a token which is bound to a key was presented without
	// any proof of it, as a bearer token (RFC 9449 section 7.2).
	ErrBearer = errors.New("a key-bound token was presented as a bearer token")
)

// Invalid is ErrInvalid with a reason for the log, which quotes nothing of the
// proof.
func Invalid(reason string) error { return fmt.Errorf("%w: %s", ErrInvalid, reason) }

// Algorithms lists what a proof may be signed with, in the words of the JOSE
// registry and in the order in which they are recommended: asymmetric ones
// alone. EdDSA and Ed25519 (RFC 9864) are two names of one.
func Algorithms() []string {
	return []string{"ES256", "EdDSA", "Ed25519", "ES384", "PS256", "RS256"}
}

// TokenHash is the ath of an access token (RFC 9449 section 4.2).
func TokenHash(accessToken string) string {
	sum := sha256.Sum256([]byte(accessToken))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
