// Package vaulttest owns a stand-in for the transit secrets engine of HashiCorp
// Vault and OpenBao, for tests alone. It is not the server: it answers over HTTP,
// as the engine's documentation says, what is read and signed, with keys that it
// really has. What Plinto does not need (policies, leases, other operations) is
// not there, and it is stricter in one thing: a member of a request that it does
// not know is an error.
package vaulttest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
)

// Server is the stand-in. It takes one token at a time.
type Server struct {
	*httptest.Server

	// Mount is where the engine is, and Namespace what requests must name.
	Mount, Namespace string

	mu     sync.Mutex
	token  string
	keys   map[string]*key
	hinder http.HandlerFunc
	asked  int
}

// key has its versions from 1 on.
type key struct {
	kind     string
	versions []crypto.Signer
	least    int // the oldest version that may sign
}

// New gives a server that does not listen yet: Start or StartTLS lets it.
func New(token string) *Server {
	s := &Server{Mount: "transit", token: token, keys: map[string]*key{}}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(s.answer))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	return s
}

// Add makes a key of one of the engine's types.
func (s *Server) Add(name, kind string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[name] = &key{kind: kind}
	return s.rotate(name)
}

// Rotate makes the next version of a key, which is the latest from then on.
func (s *Server) Rotate(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rotate(name)
}

func (s *Server) rotate(name string) error {
	k := s.keys[name]
	made, err := generate(k.kind)
	if err == nil {
		k.versions = append(k.versions, made)
	}
	return err
}

// Raise sets the oldest version of a key that may sign, min_encryption_version.
func (s *Server) Raise(name string, version int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[name].least = version
}

// Take has the server take another token, and no more the one before.
func (s *Server) Take(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = token
}

// Hinder has another handler answer everything, until it is nil again.
func (s *Server) Hinder(h http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hinder = h
}

// Asked is how many requests there were.
func (s *Server) Asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// Refuse answers as the server does when it has an error to tell.
func Refuse(w http.ResponseWriter, status int, errors ...string) {
	if errors == nil {
		errors = []string{}
	}
	reply(w, status, map[string]any{"errors": errors})
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked++
	hinder := s.hinder
	s.mu.Unlock()
	if hinder != nil {
		hinder(w, r)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Header.Get("X-Vault-Token") != s.token {
		Refuse(w, http.StatusForbidden, "permission denied")
		return
	}
	rest, ok := strings.CutPrefix(r.URL.EscapedPath(), "/v1/"+s.Mount+"/")
	if !ok || r.Header.Get("X-Vault-Namespace") != s.Namespace || r.URL.RawQuery != "" {
		Refuse(w, http.StatusNotFound, fmt.Sprintf("no handler for route %q. route entry not found.", r.URL.Path))
		return
	}
	operation, name, _ := strings.Cut(rest, "/")
	switch {
	case operation == "keys" && r.Method == http.MethodGet:
		s.read(w, name)
	case operation == "sign" && (r.Method == http.MethodPost || r.Method == http.MethodPut):
		s.sign(w, r, name)
	case operation == "keys" || operation == "sign":
		Refuse(w, http.StatusMethodNotAllowed, "1 error occurred:\n\t* unsupported operation\n\n")
	default:
		Refuse(w, http.StatusNotFound, "1 error occurred:\n\t* unsupported path\n\n")
	}
}

// read answers GET /transit/keys/:name.
func (s *Server) read(w http.ResponseWriter, name string) {
	k, ok := s.keys[name]
	if !ok {
		Refuse(w, http.StatusNotFound)
		return
	}
	versions := map[string]any{}
	for i, signer := range k.versions {
		versions[strconv.Itoa(i+1)] = map[string]any{
			"name": curve(k.kind), "public_key": publicKey(signer.Public()), "creation_time": "2026-11-01T12:00:00.123456789Z",
		}
	}
	reply(w, http.StatusOK, map[string]any{
		"request_id": "7c1b2f0e-0000-4000-8000-000000000000", "lease_id": "", "renewable": false, "lease_duration": 0,
		"wrap_info": nil, "warnings": nil, "auth": nil,
		"data": map[string]any{
			"name": name, "type": k.kind, "derived": false, "exportable": false, "deletion_allowed": false,
			"latest_version": len(k.versions), "min_available_version": 0, "min_decryption_version": 1, "min_encryption_version": k.least,
			"supports_signing": true, "keys": versions,
		},
	})
}

func generate(kind string) (crypto.Signer, error) {
	switch kind {
	case "rsa-2048", "rsa-3072", "rsa-4096":
		bits, err := strconv.Atoi(strings.TrimPrefix(kind, "rsa-"))
		if err != nil {
			return nil, err
		}
		return rsa.GenerateKey(rand.Reader, bits)
	case "ecdsa-p256":
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "ecdsa-p384":
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "ed25519":
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return private, err
	}
	return nil, fmt.Errorf("unknown key type %q", kind)
}
