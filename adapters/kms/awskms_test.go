//go:build !noawskms

package kms_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/jwks"
	"github.com/plinto/plinto/adapters/kms"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/ports/outbound"
	"github.com/plinto/plinto/ports/porttest"
)

// aws answers as AWS KMS does for one key, by its JSON protocol: GetPublicKey
// and Sign, or a refusal.
func aws(t *testing.T, key *rsa.PrivateKey, refuse *atomic.Bool) {
	t.Helper()
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	require.NoError(t, err)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		if refuse.Load() {
			w.WriteHeader(http.StatusBadRequest)
			_ = json.NewEncoder(w).Encode(map[string]string{"__type": "AccessDeniedException", "message": "not for you"})
			return
		}
		var asked struct {
			KeyID                         string `json:"KeyId"`
			SigningAlgorithm, MessageType string
			Message                       []byte
		}
		_ = json.NewDecoder(r.Body).Decode(&asked)
		answer := map[string]any{"KeyId": asked.KeyID}
		switch r.Header.Get("X-Amz-Target") {
		case "TrentService.GetPublicKey":
			answer["PublicKey"] = public
		case "TrentService.Sign":
			if asked.SigningAlgorithm == "RSASSA_PKCS1_V1_5_SHA_256" && asked.MessageType == "DIGEST" {
				answer["Signature"], _ = rsa.SignPKCS1v15(nil, key, crypto.SHA256, asked.Message)
			}
		}
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(server.Close)
	t.Setenv("AWS_ENDPOINT_URL_KMS", server.URL)
	t.Setenv("AWS_ACCESS_KEY_ID", "id")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_CONFIG_FILE", "/nowhere")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
}

func TestTheProtocolOfAWS(t *testing.T) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	var refuse atomic.Bool
	aws(t, private, &refuse)
	refuse.Store(true)
	k, err := kms.New(kms.Options{URI: "awskms:region=eu-central-1;key-id=0f3a", Timeout: 10 * time.Second})
	require.NoError(t, err)
	_, err = k.Key(t.Context())
	require.ErrorIs(t, err, outbound.ErrUnavailable)
	require.ErrorContains(t, err, "not for you")

	refuse.Store(false)
	key, err := k.Key(t.Context())
	require.NoError(t, err)
	s := jwks.New(jwks.Options{})
	pair, err := s.Adopt(key, token.RS256)
	require.NoError(t, err)
	require.NoError(t, s.Use([]outbound.KeyPair{pair}, pair.KID))
	text, err := s.Sign(porttest.AccessClaims())
	require.NoError(t, err)
	_, err = s.Verify(text)
	require.NoError(t, err)

	refuse.Store(true)
	digest := sha256.Sum256(nil)
	_, err = key.Sign(nil, digest[:], crypto.SHA256)
	require.ErrorIs(t, err, outbound.ErrUnavailable)
	require.ErrorIs(t, s.Ready(), outbound.ErrUnavailable)
	_, err = s.Sign(porttest.AccessClaims())
	require.ErrorIs(t, err, outbound.ErrUnavailable)
	require.NoError(t, k.Close())
}
