package jwks

import (
	"fmt"
	"strings"

	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/ports/outbound"
)

// maxToken is the longest text that is looked at, in bytes: several times what
// a token of ours has.
const maxToken = 8 << 10

// invalid is the refusal of a token. Its reason is for the log, and quotes
// nothing of the token.
func invalid(reason string) error { return fmt.Errorf("%w: %s", token.ErrInvalid, reason) }

// Verify checks a token's form, type and signature. Nothing that is signed is
// read before its signature has been checked.
func (s *Signer) Verify(text string) (token.Claims, error) {
	if len(text) > maxToken {
		return token.Claims{}, invalid("too long")
	}
	header, rest, _ := strings.Cut(text, ".")
	// A dot more would be in the signature, and no dot is base64url.
	payload, sig, ok := strings.Cut(rest, ".")
	if !ok {
		return token.Claims{}, invalid("not three segments")
	}
	key, err := s.keyFor(header)
	if err != nil {
		return token.Claims{}, err
	}
	sigBytes, err := decode(sig)
	if err != nil {
		return token.Claims{}, err
	}
	signed := []byte(text[:len(header)+1+len(payload)])
	if err := key.verifier.Verify(signed, sigBytes, key.public); err != nil {
		return token.Claims{}, invalid("signature does not match")
	}
	body, err := decode(payload)
	if err != nil {
		return token.Claims{}, err
	}
	return readClaims(body)
}

// keyFor reads a protected header and finds the key it names. The algorithm is
// the key's; a header that names another is refused, so a token cannot choose
// how it is checked (RFC 8725 section 3.1). So is one with any member besides
// the three of our own: none of crit, b64, jwk, jku, x5u or x5c has a meaning
// here, and a token that has one was not made here.
//
// The kid is looked up last, so that only a token that might be one of ours is
// ErrUnknownKey and worth asking storage about.
func (s *Signer) keyFor(segment string) (verifyingKey, error) {
	raw, err := decode(segment)
	if err != nil {
		return verifyingKey{}, err
	}
	header, err := readObject(raw)
	if err != nil {
		return verifyingKey{}, err
	}
	for name := range header {
		switch name {
		case "alg", "kid", "typ":
		default:
			return verifyingKey{}, invalid("header has a member other than alg, kid and typ")
		}
	}
	var alg, kid, typ string
	if !readString(header["alg"], &alg) || !readString(header["kid"], &kid) || !readString(header["typ"], &typ) {
		return verifyingKey{}, invalid("header lacks alg, kid or typ")
	}
	if !isMediaType(typ, token.MediaType) {
		return verifyingKey{}, invalid("typ is not " + token.MediaType)
	}
	algorithm, err := token.ParseAlgorithm(alg)
	if err != nil {
		return verifyingKey{}, invalid("alg is not one of ours")
	}
	key, known := s.inUse.Load().byKID[kid]
	if !known {
		return verifyingKey{}, fmt.Errorf("%w: %w", token.ErrInvalid, outbound.ErrUnknownKey)
	}
	if algorithm != key.algorithm {
		return verifyingKey{}, invalid("alg is not that of the key")
	}
	return key, nil
}

// isMediaType compares media types without regard to case, and with or
// without the prefix that RFC 7515 section 4.1.9 lets one leave out.
func isMediaType(typ, want string) bool {
	const prefix = "application/"
	if len(typ) > len(prefix) && strings.EqualFold(typ[:len(prefix)], prefix) {
		typ = typ[len(prefix):]
	}
	return strings.EqualFold(typ, want)
}

// decode reads a segment. The standard library's decoder passes over line
// ends even when it is strict.
func decode(segment string) ([]byte, error) {
	if strings.ContainsAny(segment, "\r\n") {
		return nil, invalid("a segment is not base64url")
	}
	b, err := encoding.DecodeString(segment)
	if err != nil {
		return nil, invalid("a segment is not base64url")
	}
	return b, nil
}
