package jwks

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"

	"github.com/plinto/plinto/core/proof"
	"github.com/plinto/plinto/ports/outbound"
)

// Proofs is an outbound.ProofReader.
type Proofs struct{}

var _ outbound.ProofReader = Proofs{}

// maxRSABits bounds what a stranger's key may cost to check with.
const maxRSABits = 4096

// Read reads a proof (RFC 9449 section 4.2). Unlike an access token a proof
// brings the key that it is checked with, so the signature says no more than
// that whoever made the proof holds that key.
func (Proofs) Read(text string) (proof.Claims, error) {
	if len(text) > maxToken {
		return proof.Claims{}, proof.Invalid("too long")
	}
	header, rest, _ := strings.Cut(text, ".")
	payload, sig, ok := strings.Cut(rest, ".")
	if !ok {
		return proof.Claims{}, proof.Invalid("not three segments")
	}
	key, err := readProofHeader(header)
	if err != nil {
		return proof.Claims{}, err
	}
	sigBytes, err := decode(sig)
	if err != nil {
		return proof.Claims{}, proof.Invalid("a segment is not base64url")
	}
	if err := key.verifier.Verify([]byte(text[:len(header)+1+len(payload)]), sigBytes, key.public); err != nil {
		return proof.Claims{}, proof.Invalid("signature does not match")
	}
	name, _, err := thumbprint(key.public)
	if err != nil {
		return proof.Claims{}, proof.Invalid("the key has no thumbprint")
	}
	return readProofClaims(payload, name)
}

// proofKey is what one proof is checked with.
type proofKey struct {
	verifier jws.Verifier
	public   crypto.PublicKey
}

// readProofHeader reads the protected header of a proof. Members that mean
// nothing here are passed over, as RFC 7515 section 4 has it: a kid, x5u or jku
// chooses no key, for the only one is the jwk. But crit names what must not be
// passed over, and nothing of that kind is understood.
func readProofHeader(segment string) (proofKey, error) {
	raw, err := decode(segment)
	if err != nil {
		return proofKey{}, proof.Invalid("a segment is not base64url")
	}
	header, err := readObject(raw)
	if err != nil {
		return proofKey{}, proof.Invalid("the header is not one JSON object")
	}
	if _, critical := header["crit"]; critical {
		return proofKey{}, proof.Invalid("the header has a crit member")
	}
	var typ, alg string
	if !readString(header["typ"], &typ) || !isMediaType(typ, proof.MediaType) {
		return proofKey{}, proof.Invalid("typ is not " + proof.MediaType)
	}
	if !readString(header["alg"], &alg) {
		return proofKey{}, proof.Invalid("alg is missing")
	}
	public, err := readProofKey(header["jwk"])
	if err != nil {
		return proofKey{}, err
	}
	algorithm, ok := proofAlgorithm(alg, public)
	if !ok {
		return proofKey{}, proof.Invalid("alg is not one of ours, or not for this key")
	}
	verifier, err := jws.NewVerifier(algorithm)
	if err != nil {
		return proofKey{}, proof.Invalid("alg is not one of ours, or not for this key")
	}
	return proofKey{verifier: verifier, public: public}, nil
}

// proofAlgorithm gives the library's name of an algorithm of proof.Algorithms,
// when the key can do it and is strong enough.
func proofAlgorithm(alg string, public crypto.PublicKey) (jwa.SignatureAlgorithm, bool) {
	switch key := public.(type) {
	case *ecdsa.PublicKey:
		return jwa.SignatureAlgorithm(alg), alg == "ES256" && key.Curve == elliptic.P256() || alg == "ES384" && key.Curve == elliptic.P384()
	case ed25519.PublicKey:
		return jwa.EdDSA, (alg == "EdDSA" || alg == "Ed25519") && len(key) == ed25519.PublicKeySize
	case *rsa.PublicKey:
		bits := key.N.BitLen()
		return jwa.SignatureAlgorithm(alg), (alg == "RS256" || alg == "PS256") && minRSABits <= bits && bits <= maxRSABits
	}
	return "", false
}

// readProofKey reads a public key of a kind that signs. Only its own members
// get to the library, so a private key, a chain of certificates or an address to
// fetch one from is never looked at.
func readProofKey(raw json.RawMessage) (crypto.PublicKey, error) {
	members, err := readObject(raw)
	if err != nil {
		return nil, proof.Invalid("jwk is missing or no JSON object")
	}
	for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
		if _, there := members[private]; there {
			return nil, proof.Invalid("jwk is not public")
		}
	}
	public := map[string]string{}
	for _, name := range []string{"kty", "crv", "x", "y", "n", "e"} {
		var value string
		if raw, there := members[name]; there && !readString(raw, &value) {
			return nil, proof.Invalid("jwk is malformed")
		}
		if value != "" {
			public[name] = value
		}
	}
	text, err := json.Marshal(public)
	if err != nil {
		return nil, proof.Invalid("jwk is malformed")
	}
	key, err := jwk.ParseKey(text)
	if err != nil {
		return nil, proof.Invalid("jwk is malformed")
	}
	var into any
	if err := key.Raw(&into); err != nil {
		return nil, proof.Invalid("jwk is malformed")
	}
	return into, nil
}

// readProofClaims reads what was signed. Claims that are not of RFC 9449 are
// passed over.
func readProofClaims(segment, thumbprint string) (proof.Claims, error) {
	body, err := decode(segment)
	if err != nil {
		return proof.Claims{}, proof.Invalid("a segment is not base64url")
	}
	claims, err := readObject(body)
	if err != nil {
		return proof.Claims{}, proof.Invalid("the claims are not one JSON object")
	}
	c := proof.Claims{KeyThumbprint: thumbprint}
	for _, claim := range []struct {
		name     string
		into     *string
		required bool
	}{
		{"jti", &c.ID, true},
		{"htm", &c.Method, true},
		{"htu", &c.URI, true},
		{"ath", &c.AccessTokenHash, false},
		{"nonce", &c.Nonce, false},
	} {
		raw, there := claims[claim.name]
		if (there || claim.required) && !readString(raw, claim.into) {
			return proof.Claims{}, proof.Invalid("claim " + claim.name + " is missing or malformed")
		}
	}
	var ok bool
	if c.IssuedAt, ok = readNumericDate(claims["iat"]); !ok {
		return proof.Claims{}, proof.Invalid("claim iat is missing or malformed")
	}
	return c, nil
}

// readNumericDate reads a NumericDate (RFC 7519 section 2) in plain digits, to
// the second: a client may write a fraction, but no exponent and no sign.
func readNumericDate(raw json.RawMessage) (time.Time, bool) {
	whole, fraction, _ := strings.Cut(string(raw), ".")
	if strings.Trim(whole+fraction, "0123456789") != "" {
		return time.Time{}, false
	}
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || seconds > maxInstant {
		return time.Time{}, false
	}
	return time.Unix(seconds, 0).UTC(), true
}
