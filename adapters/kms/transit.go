package kms

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// newClient gives a client that trusts the roots, or the system's when they are
// nil, and follows nobody: a redirect would take the token to somebody else.
func newClient(roots *x509.CertPool) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2:      true,
			MaxIdleConnsPerHost:    maxUnderWay,
			IdleConnTimeout:        90 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// open reads the public half of the version that signs from now on. A version
// that appears later is not known to those who verify, and signs nothing.
func (t *transit) open(ctx context.Context) (*connection, error) {
	var key struct {
		Type          string                     `json:"type"`
		LatestVersion int                        `json:"latest_version"`
		LeastVersion  int                        `json:"min_encryption_version"` // for signatures too
		Keys          map[string]json.RawMessage `json:"keys"`
	}
	if err := t.ask(ctx, http.MethodGet, "keys", nil, &key); err != nil {
		return nil, err
	}
	version := t.version
	if version == 0 {
		version = key.LatestVersion
	}
	switch key.Type {
	case "rsa-2048", "rsa-3072", "rsa-4096", "ecdsa-p256", "ed25519":
	default:
		return nil, fmt.Errorf("%w: a key of type %.40q is not for RS256, ES256 or EdDSA", errRefused, key.Type)
	}
	entry, ok := key.Keys[strconv.Itoa(version)]
	if !ok {
		return nil, fmt.Errorf("%w: the key has no version %d", errRefused, version)
	}
	if version < key.LeastVersion {
		return nil, fmt.Errorf("%w: version %d of the key may not sign any more", errRefused, version)
	}
	var half struct {
		PublicKey string `json:"public_key"`
	}
	if err := json.Unmarshal(entry, &half); err != nil {
		return nil, fmt.Errorf("%w: version %d of the key cannot be read", errRefused, version)
	}
	public := publicHalf(key.Type, half.PublicKey)
	if public == nil {
		return nil, fmt.Errorf("%w: version %d of the key has no public half of type %s", errRefused, version, key.Type)
	}
	return &connection{
		signer: &transitSigner{transit: t, version: version, public: public},
		close:  func() error { t.client.CloseIdleConnections(); return nil },
	}, nil
}

// publicHalf reads PEM or, of an Ed25519 key, its bytes in base64. Nil when it is
// of another type.
func publicHalf(kind, text string) crypto.PublicKey {
	if kind == "ed25519" {
		raw, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(raw) != ed25519.PublicKeySize {
			return nil
		}
		return ed25519.PublicKey(raw)
	}
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil
	}
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil
	}
	switch key := public.(type) {
	case *rsa.PublicKey:
		if kind == "rsa-"+strconv.Itoa(key.N.BitLen()) {
			return key
		}
	case *ecdsa.PublicKey:
		if kind == "ecdsa-p256" {
			return key
		}
	}
	return nil
}

// transitSigner signs with one version of a key.
type transitSigner struct {
	transit *transit
	version int
	public  crypto.PublicKey
}

func (s *transitSigner) Public() crypto.PublicKey { return s.public }

// signRequest is what the engine is asked. What it would assume is said
// nevertheless: it assumes PSS, and that the input is no digest yet.
type signRequest struct {
	Input               []byte `json:"input"`
	KeyVersion          int    `json:"key_version"`
	Prehashed           bool   `json:"prehashed,omitempty"`
	HashAlgorithm       string `json:"hash_algorithm,omitempty"`
	SignatureAlgorithm  string `json:"signature_algorithm,omitempty"`
	MarshalingAlgorithm string `json:"marshaling_algorithm,omitempty"`
}

// Sign gives signatures as crypto.Signer does, those of ECDSA in ASN.1.
func (s *transitSigner) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	asked := signRequest{Input: digest, KeyVersion: s.version}
	if !isEdDSA(s.public) {
		if opts.HashFunc() != crypto.SHA256 {
			return nil, errors.New("only SHA-256 is signed")
		}
		asked.Prehashed, asked.HashAlgorithm = true, "sha2-256"
		switch s.public.(type) {
		case *rsa.PublicKey:
			asked.SignatureAlgorithm = "pkcs1v15"
		case *ecdsa.PublicKey:
			asked.MarshalingAlgorithm = "asn1"
		}
	}
	var signed struct {
		Signature string `json:"signature"`
	}
	if err := s.transit.ask(context.Background(), http.MethodPost, "sign", asked, &signed); err != nil {
		return nil, err
	}
	text, ok := strings.CutPrefix(signed.Signature, fmt.Sprintf("vault:v%d:", s.version))
	if !ok {
		return nil, fmt.Errorf("the answer holds no signature of version %d", s.version)
	}
	sig, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, errors.New("the answer holds a signature that is not in base64")
	}
	return sig, nil
}

// maxAnswer is beyond a key of hundreds of versions.
const maxAnswer = 1 << 20

// ask sends one request of the engine about the key and reads the data of its
// answer. An error wraps errRefused when the answer was meant, and none holds the
// token, whatever the server says.
func (t *transit) ask(ctx context.Context, method, operation string, body, data any) error {
	token, err := t.token()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("encode the request: %w", err)
		}
		sent = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, t.base.JoinPath(t.mount, operation, t.name).String(), sent)
	if err != nil {
		return err
	}
	request.Header.Set("X-Vault-Token", token)
	request.Header.Set("X-Vault-Request", "true") // agents may demand it of their clients
	if t.namespace != "" {
		request.Header.Set("X-Vault-Namespace", t.namespace)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := t.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return fmt.Errorf("read the answer: %w", err)
	case len(text) > maxAnswer:
		return errors.New("the answer is too long")
	case response.StatusCode != http.StatusOK:
		return refusal(response.StatusCode, text, token)
	}
	answer := struct {
		Data any `json:"data"`
	}{data}
	if err := json.Unmarshal(text, &answer); err != nil {
		// What cannot be read may be of something in between, and is not quoted.
		return errors.New("the answer is not what the engine says")
	}
	return nil
}

// refusal is what an answer that is not 200 says.
func refusal(status int, text []byte, token string) error {
	var said struct {
		Errors []string `json:"errors"`
	}
	reason := ""
	if json.Unmarshal(text, &said) == nil && len(said.Errors) > 0 {
		// The token goes before the text is cut, which might leave a part of it.
		reason = fmt.Sprintf(" %.200q", without(strings.Join(strings.Fields(strings.Join(said.Errors, "; ")), " "), token))
	}
	switch status {
	case http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed:
		return fmt.Errorf("%w: the answer is %d%s", errRefused, status, reason)
	}
	if 300 <= status && status < 400 {
		reason = " to another address, which is not followed"
	}
	return fmt.Errorf("the answer is %d%s", status, reason)
}
