package jwks

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"

	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/ports/outbound"
)

// minRSABits is what RFC 7518 section 3.3 asks of a key.
const minRSABits = 2048

// Generate makes a key pair from the operating system's randomness.
func (s *Signer) Generate(a token.Algorithm) (outbound.KeyPair, error) {
	private, err := s.generate(a)
	if err != nil {
		return outbound.KeyPair{}, fmt.Errorf("generate %s key: %w", a, err)
	}
	return pairOf(private, a)
}

func (s *Signer) generate(a token.Algorithm) (crypto.Signer, error) {
	switch a {
	case token.RS256:
		return rsa.GenerateKey(rand.Reader, s.rsaBits)
	case token.ES256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case token.EdDSA:
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return private, err
	}
	return nil, token.ErrAlgorithm
}

var (
	errSmall   = fmt.Errorf("an RSA key has at least %d bits", minRSABits)
	errUnlike  = errors.New("the key is of another kind than its algorithm")
	errPrivate = errors.New("the private half is not a PKCS #8 key that belongs to the public half")
	errRemote  = errors.New("the key that signs elsewhere does not belong to the public half")
	errTwice   = errors.New("the key has a private half here and elsewhere")
	errPublic  = errors.New("the public half is not a JWK of a public key")
	errName    = errors.New("kid, alg or use of the public half do not fit the key")
)

// fits reports whether a key can do the algorithm, and is strong enough.
func fits(public crypto.PublicKey, a token.Algorithm) error {
	switch key := public.(type) {
	case *rsa.PublicKey:
		if a != token.RS256 {
			return errUnlike
		}
		if key.N.BitLen() < minRSABits {
			return errSmall
		}
		return nil
	case *ecdsa.PublicKey:
		if a == token.ES256 && key.Curve == elliptic.P256() {
			return nil
		}
	case ed25519.PublicKey:
		if a == token.EdDSA {
			return nil
		}
	}
	return errUnlike
}

// pairOf writes a private key as a pair.
func pairOf(private crypto.Signer, a token.Algorithm) (outbound.KeyPair, error) {
	if err := fits(private.Public(), a); err != nil {
		return outbound.KeyPair{}, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return outbound.KeyPair{}, errors.New("the private key has no PKCS #8 form")
	}
	kid, document, err := describe(private.Public(), a)
	if err != nil {
		return outbound.KeyPair{}, err
	}
	return outbound.KeyPair{KID: kid, Algorithm: a, Public: document, Private: der}, nil
}

// describe writes a public key as a JWK, with its thumbprint (RFC 7638) for a
// kid. It starts from the public key alone, so nothing private can get in.
func describe(public crypto.PublicKey, a token.Algorithm) (kid string, document []byte, err error) {
	kid, key, err := thumbprint(public)
	if err != nil {
		return "", nil, err
	}
	for name, value := range map[string]any{
		jwk.KeyIDKey: kid, jwk.AlgorithmKey: signature(a), jwk.KeyUsageKey: jwk.ForSignature,
	} {
		if err := key.Set(name, value); err != nil {
			return "", nil, fmt.Errorf("describe public key: %w", err)
		}
	}
	if document, err = json.Marshal(key); err != nil {
		return "", nil, fmt.Errorf("describe public key: %w", err)
	}
	return kid, document, nil
}

// thumbprint gives the RFC 7638 thumbprint of a public key, by SHA-256, in
// base64url, and the key as a JWK.
func thumbprint(public crypto.PublicKey) (string, jwk.Key, error) {
	key, err := jwk.FromRaw(public)
	if err != nil {
		return "", nil, fmt.Errorf("describe public key: %w", err)
	}
	digest, err := key.Thumbprint(crypto.SHA256)
	if err != nil {
		return "", nil, fmt.Errorf("thumbprint of public key: %w", err)
	}
	return encoding.EncodeToString(digest), key, nil
}

// readPublic reads the public half of a pair, and writes it anew for others.
func readPublic(pair outbound.KeyPair) (verifyingKey, []byte, error) {
	key, err := jwk.ParseKey(pair.Public)
	if err != nil {
		return verifyingKey{}, nil, errPublic
	}
	var raw any
	if err := key.Raw(&raw); err != nil {
		return verifyingKey{}, nil, errPublic
	}
	if err := fits(raw, pair.Algorithm); err != nil {
		if _, private := raw.(crypto.Signer); private {
			return verifyingKey{}, nil, errPublic
		}
		return verifyingKey{}, nil, err
	}
	kid, document, err := describe(raw, pair.Algorithm)
	if err != nil {
		return verifyingKey{}, nil, err
	}
	if kid != pair.KID || key.KeyID() != kid ||
		key.Algorithm().String() != string(pair.Algorithm) || key.KeyUsage() != string(jwk.ForSignature) {
		return verifyingKey{}, nil, errName
	}
	verifier, err := jws.NewVerifier(signature(pair.Algorithm))
	if err != nil {
		return verifyingKey{}, nil, err
	}
	return verifyingKey{algorithm: pair.Algorithm, verifier: verifier, public: raw}, document, nil
}

// readPrivate reads the private half that belongs to a public key. What x509
// says of a key it cannot read is not passed on: it may quote it.
func readPrivate(der []byte, public crypto.PublicKey) (crypto.Signer, error) {
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, errPrivate
	}
	private, ok := key.(crypto.Signer)
	if !ok {
		return nil, errPrivate
	}
	if !belongs(private, public) {
		return nil, errPrivate
	}
	return private, nil
}

// belongs reports whether a signer is the private half of a public key.
func belongs(private crypto.Signer, public crypto.PublicKey) bool {
	half, ok := private.Public().(interface{ Equal(crypto.PublicKey) bool })
	return ok && half.Equal(public)
}

// Adopt describes a key that signs elsewhere. Its algorithm is checked here, and
// when it is used.
func (s *Signer) Adopt(key outbound.RemoteKey, a token.Algorithm) (outbound.KeyPair, error) {
	if err := fits(key.Public(), a); err != nil {
		return outbound.KeyPair{}, fmt.Errorf("adopt %s key: %w", a, err)
	}
	kid, document, err := describe(key.Public(), a)
	if err != nil {
		return outbound.KeyPair{}, err
	}
	return outbound.KeyPair{KID: kid, Algorithm: a, Public: document, Remote: key}, nil
}

// signature is the library's name of an algorithm, which is its registered one
// here as there.
func signature(a token.Algorithm) jwa.SignatureAlgorithm { return jwa.SignatureAlgorithm(a) }
