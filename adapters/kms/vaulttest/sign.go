package vaulttest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
)

// curve is what the engine calls a version.
func curve(kind string) string {
	switch kind {
	case "ecdsa-p256":
		return "P-256"
	case "ecdsa-p384":
		return "P-384"
	}
	return kind
}

// publicKey is in PEM, or in plain base64 when it is of Ed25519.
func publicKey(public crypto.PublicKey) string {
	if raw, ok := public.(ed25519.PublicKey); ok {
		return base64.StdEncoding.EncodeToString(raw)
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return ""
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// signRequest has the documented members that are for one input.
type signRequest struct {
	Input               string `json:"input"`
	KeyVersion          int    `json:"key_version"`
	HashAlgorithm       string `json:"hash_algorithm"`
	Prehashed           bool   `json:"prehashed"`
	SignatureAlgorithm  string `json:"signature_algorithm"`
	MarshalingAlgorithm string `json:"marshaling_algorithm"`
}

// sign answers POST /transit/sign/:name. What is not said is assumed as the
// documentation has it.
func (s *Server) sign(w http.ResponseWriter, r *http.Request, name string) {
	asked := signRequest{HashAlgorithm: "sha2-256", SignatureAlgorithm: "pss", MarshalingAlgorithm: "asn1"}
	body := json.NewDecoder(r.Body)
	body.DisallowUnknownFields()
	if err := body.Decode(&asked); err != nil {
		Refuse(w, http.StatusBadRequest, "failed to parse JSON input: "+err.Error())
		return
	}
	k, ok := s.keys[name]
	if !ok {
		Refuse(w, http.StatusBadRequest, "signing key not found")
		return
	}
	version := asked.KeyVersion
	if version == 0 {
		version = len(k.versions)
	}
	if version < 1 || version > len(k.versions) {
		Refuse(w, http.StatusInternalServerError, "version is higher than the latest one")
		return
	}
	if version < k.least {
		Refuse(w, http.StatusInternalServerError, "version is less than the minimum encryption key version")
		return
	}
	sig, err := asked.by(k.versions[version-1])
	if err != nil {
		Refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	encoding := base64.StdEncoding
	if asked.MarshalingAlgorithm == "jws" {
		encoding = base64.RawURLEncoding
	}
	reply(w, http.StatusOK, map[string]any{"data": map[string]any{
		"key_version": version, "signature": fmt.Sprintf("vault:v%d:%s", version, encoding.EncodeToString(sig)),
	}})
}

// by signs what is asked with a key.
func (a signRequest) by(signer crypto.Signer) ([]byte, error) {
	input, err := base64.StdEncoding.DecodeString(a.Input)
	if err != nil {
		return nil, fmt.Errorf("unable to decode input as base64: %w", err)
	}
	if a.HashAlgorithm != "sha2-256" || a.MarshalingAlgorithm != "asn1" && a.MarshalingAlgorithm != "jws" {
		return nil, errors.New("invalid hash algorithm or marshaling type")
	}
	if private, ok := signer.(ed25519.PrivateKey); ok {
		return ed25519.Sign(private, input), nil
	}
	digest := input
	if !a.Prehashed {
		sum := sha256.Sum256(input)
		digest = sum[:]
	}
	switch private := signer.(type) {
	case *rsa.PrivateKey:
		switch a.SignatureAlgorithm {
		case "pkcs1v15":
			return rsa.SignPKCS1v15(rand.Reader, private, crypto.SHA256, digest)
		case "pss":
			return rsa.SignPSS(rand.Reader, private, crypto.SHA256, digest, nil)
		}
		return nil, errors.New("unsupported rsa signature algorithm")
	case *ecdsa.PrivateKey:
		if a.MarshalingAlgorithm == "asn1" {
			return ecdsa.SignASN1(rand.Reader, private, digest)
		}
		r, s, err := ecdsa.Sign(rand.Reader, private, digest)
		if err != nil {
			return nil, err
		}
		size := (private.Params().BitSize + 7) / 8
		return append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...), nil
	}
	return nil, errors.New("key type does not support signing")
}
