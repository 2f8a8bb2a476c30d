package jwks

import (
	"crypto"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"sync/atomic"

	"github.com/lestrrat-go/jwx/v2/jws"

	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/ports/outbound"
)

// Options are how a Signer makes keys.
type Options struct {
	// RSABits is the size of the RSA keys that Generate makes; 0 is 2048, and
	// less is an error of Generate.
	RSABits int
}

// Signer is an outbound.Signer on keys in memory. Those who sign and verify
// take no lock.
type Signer struct {
	rsaBits int
	inUse   atomic.Pointer[keySet]
}

var _ outbound.Signer = (*Signer)(nil)

// New gives a signer that has no keys yet.
func New(o Options) *Signer {
	if o.RSABits == 0 {
		o.RSABits = minRSABits
	}
	s := &Signer{rsaBits: o.RSABits}
	s.inUse.Store(&keySet{published: []byte(`{"keys":[]}`)})
	return s
}

// keySet is what one Use prepared. It never changes.
type keySet struct {
	byKID     map[string]verifyingKey
	active    *signingKey
	published []byte
}

type verifyingKey struct {
	algorithm token.Algorithm
	verifier  jws.Verifier
	public    crypto.PublicKey
}

type signingKey struct {
	signer  jws.Signer
	private crypto.Signer
	ready   func() error
	header  string // the encoded protected header and the dot behind it
}

// Use replaces the keys. A pair must be what it says it is: its kid the
// thumbprint of its public half, its private half the one that belongs to it.
func (s *Signer) Use(pairs []outbound.KeyPair, active string) error {
	next := &keySet{byKID: make(map[string]verifyingKey, len(pairs))}
	documents := make([]json.RawMessage, 0, len(pairs))
	for i, pair := range pairs {
		key, document, err := readPublic(pair)
		if err != nil {
			return fmt.Errorf("signing key %d: %w", i, err)
		}
		if _, twice := next.byKID[pair.KID]; twice {
			return fmt.Errorf("signing key %d: a key with its kid is there already", i)
		}
		next.byKID[pair.KID] = key
		documents = append(documents, document)
		private, ready, err := signingHalf(pair, key.public)
		if err != nil {
			return fmt.Errorf("signing key %d: %w", i, err)
		}
		if private == nil || pair.KID != active {
			continue
		}
		if next.active, err = prepare(pair, private); err != nil {
			return fmt.Errorf("signing key %d: %w", i, err)
		}
		next.active.ready = ready
	}
	if next.active == nil && active != "" {
		return fmt.Errorf("the active signing key is not among the %d given, or lacks its private half", len(pairs))
	}
	var err error
	if next.published, err = json.Marshal(map[string]any{"keys": documents}); err != nil {
		return fmt.Errorf("encode key set: %w", err)
	}
	s.inUse.Store(next)
	return nil
}

// signingHalf gives what signs for a pair, nil when it only verifies, and what
// tells whether it can.
func signingHalf(pair outbound.KeyPair, public crypto.PublicKey) (crypto.Signer, func() error, error) {
	switch {
	case pair.Private != nil && pair.Remote != nil:
		return nil, nil, errTwice
	case pair.Private != nil:
		private, err := readPrivate(pair.Private, public)
		return private, func() error { return nil }, err
	case pair.Remote != nil:
		if !belongs(pair.Remote, public) {
			return nil, nil, errRemote
		}
		return pair.Remote, pair.Remote.Ready, nil
	}
	return nil, nil, nil
}

// prepare makes all of a token that does not depend on its claims.
func prepare(pair outbound.KeyPair, private crypto.Signer) (*signingKey, error) {
	signer, err := jws.NewSigner(signature(pair.Algorithm))
	if err != nil {
		return nil, err
	}
	header, err := json.Marshal(struct {
		Algorithm token.Algorithm `json:"alg"`
		KID       string          `json:"kid"`
		Type      string          `json:"typ"`
	}{pair.Algorithm, pair.KID, token.MediaType})
	if err != nil {
		return nil, err
	}
	return &signingKey{signer: signer, private: private, header: encoding.EncodeToString(header) + "."}, nil
}

var errNoKey = fmt.Errorf("%w: no signing key is in use", outbound.ErrUnavailable)

// Ready tells whether there is an active key, and whether it can be reached as
// far as is known.
func (s *Signer) Ready() error {
	key := s.inUse.Load().active
	if key == nil {
		return errNoKey
	}
	return key.ready()
}

// Sign gives the claims in compact form under the active key.
func (s *Signer) Sign(c token.Claims) (string, error) {
	key := s.inUse.Load().active
	if key == nil {
		return "", errNoKey
	}
	payload, err := writeClaims(c)
	if err != nil {
		return "", err
	}
	// Room for the signature of a key of 4096 bits; more only grows it.
	text := make([]byte, 0, len(key.header)+encoding.EncodedLen(len(payload))+1+encoding.EncodedLen(512))
	text = append(text, key.header...)
	text = encoding.AppendEncode(text, payload)
	sig, err := key.signer.Sign(text, key.private)
	if err != nil {
		return "", fmt.Errorf("sign access token: %w", err)
	}
	text = append(text, '.')
	return string(encoding.AppendEncode(text, sig)), nil
}

// Published gives the JSON Web Key Set of the keys in use.
func (s *Signer) Published() []byte { return s.inUse.Load().published }

// encoding is base64url without padding (RFC 7515 section 2). It refuses the
// spellings of the last character that mean the same bytes: a token has one
// text.
var encoding = base64.RawURLEncoding.Strict()
