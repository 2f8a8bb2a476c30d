package plinto

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
)

// encoding refuses the spellings of the last character that mean the same
// bytes.
var encoding = base64.RawURLEncoding.Strict()

// key verifies what one key has signed, by the one algorithm that is the key's.
type key struct {
	algorithm string
	verify    func(signed, signature []byte) bool
}

// jwk is a public key (RFC 7517 section 4).
type jwk struct {
	KTY string `json:"kty"`
	KID string `json:"kid"`
	ALG string `json:"alg"`
	Use string `json:"use"`
	CRV string `json:"crv"`
	N   string `json:"n"`
	E   string `json:"e"`
	X   string `json:"x"`
	Y   string `json:"y"`
}

var errKeySet = errors.New("not a set of keys that can be used")

// readKeySet reads a JSON Web Key Set (RFC 7517 section 5). A key of a kind that
// is not known here is passed over (there, section 5), as is one that does not
// verify signatures; one that is known and broken spoils the set, as does a set
// of no keys.
func readKeySet(body []byte) (map[string]key, error) {
	var set struct {
		Keys []jwk `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, errKeySet
	}
	keys := map[string]key{}
	for _, j := range set.Keys {
		if j.KID == "" || j.Use != "" && j.Use != "sig" {
			continue
		}
		var k key
		var err error
		switch j.KTY + " " + j.ALG {
		case "RSA RS256":
			k, err = rsaKey(j)
		case "EC ES256":
			k, err = ecKey(j)
		case "OKP EdDSA":
			k, err = edKey(j)
		default:
			continue
		}
		if _, twice := keys[j.KID]; err != nil || twice {
			return nil, errKeySet
		}
		keys[j.KID] = k
	}
	if len(keys) == 0 {
		return nil, errKeySet
	}
	return keys, nil
}

// Bounds of RSA keys: shorter ones are weak (RFC 7518 section 3.3), and longer
// ones cost too much to verify with.
const (
	minRSABits = 2048
	maxRSABits = 8192
)

func rsaKey(j jwk) (key, error) {
	n, err := encoding.DecodeString(j.N)
	if err != nil {
		return key{}, errKeySet
	}
	e, err := encoding.DecodeString(j.E)
	if err != nil || len(e) == 0 || len(e) > 4 {
		return key{}, errKeySet
	}
	public := &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
	if bits := public.N.BitLen(); bits < minRSABits || bits > maxRSABits || public.E < 3 || public.E%2 == 0 {
		return key{}, errKeySet
	}
	return key{j.ALG, func(signed, signature []byte) bool {
		sum := sha256.Sum256(signed)
		return rsa.VerifyPKCS1v15(public, crypto.SHA256, sum[:], signature) == nil
	}}, nil
}

// p256 is the size of a coordinate, and of half a signature, in bytes.
const p256 = 32

func ecKey(j jwk) (key, error) {
	x, errX := encoding.DecodeString(j.X)
	y, errY := encoding.DecodeString(j.Y)
	if errX != nil || errY != nil || j.CRV != "P-256" || len(x) != p256 || len(y) != p256 {
		return key{}, errKeySet
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
	if err != nil {
		return key{}, errKeySet
	}
	return key{j.ALG, func(signed, signature []byte) bool {
		if len(signature) != 2*p256 { // RFC 7518 section 3.4
			return false
		}
		sum := sha256.Sum256(signed)
		r, s := new(big.Int).SetBytes(signature[:p256]), new(big.Int).SetBytes(signature[p256:])
		return ecdsa.Verify(public, sum[:], r, s)
	}}, nil
}

func edKey(j jwk) (key, error) {
	x, err := encoding.DecodeString(j.X)
	if err != nil || j.CRV != "Ed25519" || len(x) != ed25519.PublicKeySize {
		return key{}, errKeySet
	}
	return key{j.ALG, func(signed, signature []byte) bool {
		return len(signature) == ed25519.SignatureSize && ed25519.Verify(x, signed, signature)
	}}, nil
}
