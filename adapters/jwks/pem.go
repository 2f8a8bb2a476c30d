package jwks

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/ports/outbound"
)

// Import reads a private key in PEM. There must be exactly one.
func (s *Signer) Import(text []byte, a token.Algorithm) (outbound.KeyPair, error) {
	private, err := readPEM(text)
	if err != nil {
		return outbound.KeyPair{}, fmt.Errorf("import private key: %w", err)
	}
	pair, err := pairOf(private, a)
	if err != nil {
		return outbound.KeyPair{}, fmt.Errorf("import private key: %w", err)
	}
	return pair, nil
}

// readPEM never quotes what it read: a file that is not quite a key may still
// hold most of one.
func readPEM(text []byte) (crypto.Signer, error) {
	block, rest := pem.Decode(text)
	if block != nil && block.Type == "EC PARAMETERS" {
		// OpenSSL writes the curve in front of a key in SEC 1 form, which
		// names it again.
		block, rest = pem.Decode(rest)
	}
	switch {
	case block == nil:
		return nil, errors.New("there is no PEM block")
	case len(bytes.TrimSpace(rest)) > 0:
		return nil, errors.New("there is something behind the PEM block of the key")
	case block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "":
		return nil, errors.New("the key is encrypted")
	}
	key, err := parseDER(block)
	if err != nil {
		return nil, err
	}
	private, ok := key.(crypto.Signer)
	if !ok {
		return nil, errors.New("the key cannot sign")
	}
	return private, nil
}

func parseDER(block *pem.Block) (key any, err error) {
	var form string
	switch block.Type {
	case "PRIVATE KEY":
		form = "PKCS #8"
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		form = "PKCS #1"
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		form = "SEC 1"
		key, err = x509.ParseECPrivateKey(block.Bytes)
	default:
		return nil, errors.New("the PEM block is not a private key in PKCS #8, PKCS #1 or SEC 1 form")
	}
	if err != nil {
		return nil, fmt.Errorf("the PEM block is not a valid key in %s form", form)
	}
	return key, nil
}
