package kms_test

import (
	"context"
	"crypto"
	"crypto/sha256"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/jwks"
	"github.com/plinto/plinto/adapters/kms"
	"github.com/plinto/plinto/adapters/kms/vaulttest"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/ports/outbound"
	"github.com/plinto/plinto/ports/porttest"
)

// These tests are on a stand-in for Vault: they show what is asked of the
// documented API and what is made of its answers, and not that a Vault answers so.

const vaultToken = "hvs.hunter2"

// vault lets a stand-in with one key listen.
func vault(t *testing.T, kind string) *vaulttest.Server {
	t.Helper()
	s := vaulttest.New(vaultToken)
	s.Start()
	t.Cleanup(s.Close)
	require.NoError(t, s.Add("plinto", kind))
	return s
}

// at is the address of the key in a stand-in, with the token in it.
func at(s *vaulttest.Server, more ...string) string {
	return strings.Join(append([]string{"vault:address=" + s.URL, "name=plinto"}, more...), ";") + "?token-value=" + vaultToken
}

func openVault(t *testing.T, o kms.Options) *kms.KMS {
	t.Helper()
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	k, err := kms.New(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, k.Close()) })
	return k
}

func vaultKey(t *testing.T, uri string) outbound.RemoteKey {
	t.Helper()
	key, err := openVault(t, kms.Options{URI: uri}).Key(t.Context())
	require.NoError(t, err)
	return key
}

// signs has a key sign a token and verifies it.
func signs(t *testing.T, key outbound.RemoteKey, a token.Algorithm) {
	t.Helper()
	s := jwks.New(jwks.Options{})
	pair, err := s.Adopt(key, a)
	require.NoError(t, err)
	require.NoError(t, s.Use([]outbound.KeyPair{pair}, pair.KID))
	text, err := s.Sign(porttest.AccessClaims())
	require.NoError(t, err)
	_, err = s.Verify(text)
	require.NoError(t, err)
}

func trySign(key outbound.RemoteKey) error {
	digest := sha256.Sum256(nil)
	_, err := key.Sign(nil, digest[:], crypto.SHA256)
	return err
}

var vaultKinds = map[token.Algorithm]string{token.RS256: "rsa-2048", token.ES256: "ecdsa-p256", token.EdDSA: "ed25519"}

func TestVaultKeepsTheContract(t *testing.T) {
	porttest.RemoteSigner(t,
		func(*testing.T) outbound.Signer { return jwks.New(jwks.Options{}) },
		func(t *testing.T, a token.Algorithm) outbound.RemoteKey {
			return vaultKey(t, at(vault(t, vaultKinds[a])))
		}, token.RS256, token.ES256, token.EdDSA)
}

func TestLargeKeysInVault(t *testing.T) {
	for _, kind := range []string{"rsa-3072", "rsa-4096"} {
		signs(t, vaultKey(t, at(vault(t, kind))), token.RS256)
	}
}

func TestWhereTheKeyIsInVault(t *testing.T) {
	s := vault(t, "ecdsa-p256")
	s.Mount, s.Namespace = "team/signing", "acme/eu"
	signs(t, vaultKey(t, at(s, "mount=team/signing", "namespace=acme%2Feu")), token.ES256)
	for _, wrong := range []string{at(s, "namespace=acme/eu"), at(s, "mount=team/signing"), at(s, "mount=team/signing", "namespace=acme")} {
		_, err := openVault(t, kms.Options{URI: wrong}).Key(t.Context())
		require.ErrorContains(t, err, "the answer is 404")
		require.NotErrorIs(t, err, outbound.ErrUnavailable)
	}
}

func TestVaultOverTLS(t *testing.T) {
	s := vaulttest.New(vaultToken)
	s.StartTLS()
	t.Cleanup(s.Close)
	require.NoError(t, s.Add("plinto", "ed25519"))
	roots := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600))
	signs(t, vaultKey(t, at(s, "ca-file="+roots)), token.EdDSA)

	asked := s.Asked()
	_, err := openVault(t, kms.Options{URI: at(s)}).Key(t.Context())
	require.ErrorIs(t, err, outbound.ErrUnavailable)
	require.ErrorContains(t, err, "certificate")
	require.Equal(t, asked, s.Asked(), "a server that nobody vouches for is told nothing")
}

// The version of the start signs until the end: another is not known to those
// who verify.
func TestAKeyThatIsRotatedInVault(t *testing.T) {
	s := vault(t, "ecdsa-p256")
	first := vaultKey(t, at(s))
	require.NoError(t, s.Rotate("plinto"))
	signs(t, first, token.ES256)

	second := vaultKey(t, at(s))
	require.NotEqual(t, first.Public(), second.Public(), "the latest one")
	signs(t, second, token.ES256)
	named := vaultKey(t, at(s, "version=1"))
	require.Equal(t, first.Public(), named.Public())
	signs(t, named, token.ES256)

	s.Raise("plinto", 2)
	err := trySign(first)
	require.ErrorIs(t, err, outbound.ErrUnavailable)
	require.ErrorContains(t, err, "the minimum encryption key version")
	signs(t, second, token.ES256)
	for version, says := range map[string]string{"version=1": "version 1 of the key may not sign any more", "version=3": "the key has no version 3"} {
		_, err = openVault(t, kms.Options{URI: at(s, version)}).Key(t.Context())
		require.ErrorContains(t, err, says)
		require.NotErrorIs(t, err, outbound.ErrUnavailable)
	}
}

// An agent writes the next token into the file; the one before is refused.
func TestATokenThatIsRenewed(t *testing.T) {
	s := vault(t, "ed25519")
	file := filepath.Join(t.TempDir(), "token")
	uri := "vault:address=" + s.URL + ";name=plinto?token-source=" + file
	changed := make(chan error, 8)
	k := openVault(t, kms.Options{URI: uri, OnChange: func(err error) { changed <- err }})
	_, err := k.Key(t.Context())
	require.ErrorIs(t, err, outbound.ErrUnavailable, "the agent may start after us")
	require.ErrorContains(t, err, "the token: open "+file)

	require.NoError(t, os.WriteFile(file, []byte(vaultToken+"\n"), 0o600))
	key, err := k.Key(t.Context())
	require.NoError(t, err)
	signs(t, key, token.EdDSA)

	s.Take("hvs.next")
	require.NoError(t, os.WriteFile(file, []byte("hvs.next\n"), 0o600))
	signs(t, key, token.EdDSA)
	require.Empty(t, changed)

	s.Take("hvs.last")
	err = trySign(key)
	require.ErrorIs(t, err, outbound.ErrUnavailable)
	require.ErrorContains(t, err, `the answer is 403 "permission denied"`)
	require.Error(t, <-changed)
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- k.Run(ctx) }()
	require.ErrorIs(t, key.Ready(), outbound.ErrUnavailable)
	require.NoError(t, os.WriteFile(file, []byte("hvs.last"), 0o600))
	require.NoError(t, <-changed)
	signs(t, key, token.EdDSA)
	cancel()
	require.NoError(t, <-done)
}

// What waiting may mend is waited for, and what Vault refuses is not. No answer
// brings the token into an error.
func TestWhatVaultAnswersAtTheStart(t *testing.T) {
	long := strings.Repeat("x", 195)
	refuse := func(status int, says ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { vaulttest.Refuse(w, status, says...) }
	}
	write := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) }
	}
	for name, c := range map[string]struct {
		answer  http.HandlerFunc
		says    string
		waiting bool
	}{
		"no permission":       {refuse(403, "1 error occurred:\n\t* permission denied\n\n"), `403 "1 error occurred: * permission denied"`, false},
		"no key":              {refuse(404), "the answer is 404", false},
		"a bad request":       {refuse(400, "no"), `400 "no"`, false},
		"not this way":        {refuse(405, "unsupported operation"), "405", false},
		"sealed":              {refuse(503, "Vault is sealed"), `503 "Vault is sealed"`, true},
		"broken":              {refuse(500, "internal error"), "500", true},
		"a gateway's":         {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502) }, "502", true},
		"too often":           {refuse(429, "rate limit quota exceeded"), "429", true},
		"not yet consistent":  {refuse(412, "required index state not present"), "412", true},
		"a page":              {write("<html>hvs.hunter2"), "not what the engine says", true},
		"nothing":             {write(""), "not what the engine says", true},
		"another shape":       {write(`{"data":{"keys":[1]}}`), "not what the engine says", true},
		"too much":            {write(`{"data":{"type":"` + strings.Repeat("x", 2<<20) + `"}}`), "too long", true},
		"cut off":             {cutOff, "read the answer", true},
		"gone":                {hangUp, "EOF", true},
		"the token":           {refuse(403, "no "+vaultToken+" here"), `"no ••• here"`, false},
		"the token at a cut":  {refuse(503, long+vaultToken), long + "•••", true},
		"another type":        {write(`{"data":{"type":"aes256-gcm96","latest_version":1,"keys":{"1":1700000000}}}`), `type "aes256-gcm96"`, false},
		"another curve":       {write(`{"data":{"type":"ecdsa-p384","latest_version":1,"keys":{}}}`), `type "ecdsa-p384"`, false},
		"no version":          {write(`{"data":{"type":"ed25519","latest_version":1,"keys":{}}}`), "no version 1", false},
		"no public half":      {write(`{"data":{"type":"ed25519","latest_version":1,"keys":{"1":{"public_key":""}}}}`), "no public half of type ed25519", false},
		"half of a half":      {write(`{"data":{"type":"ed25519","latest_version":1,"keys":{"1":{"public_key":"AAAA"}}}}`), "no public half of type ed25519", false},
		"no PEM":              {write(`{"data":{"type":"rsa-2048","latest_version":1,"keys":{"1":{"public_key":"AAAA"}}}}`), "no public half of type rsa-2048", false},
		"no key in PEM":       {write(`{"data":{"type":"rsa-2048","latest_version":1,"keys":{"1":{"public_key":"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"}}}}`), "no public half", false},
		"a version elsewhere": {write(`{"data":{"type":"ed25519","latest_version":1,"keys":{"1":7}}}`), "version 1 of the key cannot be read", false},
	} {
		t.Run(name, func(t *testing.T) {
			s := vault(t, "ecdsa-p256")
			s.Hinder(c.answer)
			_, err := openVault(t, kms.Options{URI: at(s)}).Key(t.Context())
			require.ErrorContains(t, err, "key in vault: ")
			require.ErrorContains(t, err, c.says)
			require.NotContains(t, err.Error(), "hunter2")
			require.NotContains(t, err.Error(), "hvs")
			require.Less(t, len(err.Error()), 600)
			if c.waiting {
				require.ErrorIs(t, err, outbound.ErrUnavailable)
			} else {
				require.NotErrorIs(t, err, outbound.ErrUnavailable)
			}
		})
	}
}

// cutOff promises more than it says.
func cutOff(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "100")
	_, _ = w.Write([]byte("{"))
}

// hangUp says nothing.
func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func TestAVaultThatIsNotThere(t *testing.T) {
	s := vault(t, "ed25519")
	uri := at(s)
	s.Close()
	_, err := openVault(t, kms.Options{URI: uri}).Key(t.Context())
	require.ErrorIs(t, err, outbound.ErrUnavailable)
	require.NotContains(t, err.Error(), "hunter2")
}

// One that may be read and may not sign is found out at the start.
func TestATokenThatMayNotSign(t *testing.T) {
	s := vault(t, "ed25519")
	answer := s.Config.Handler
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			vaulttest.Refuse(w, http.StatusForbidden, "permission denied")
			return
		}
		answer.ServeHTTP(w, r)
	})
	_, err := openVault(t, kms.Options{URI: at(s)}).Key(t.Context())
	require.ErrorContains(t, err, "403")
	require.NotErrorIs(t, err, outbound.ErrUnavailable)
}

// Whatever comes instead of a signature, nothing is handed out, and the key is
// down until it signs.
func TestWhatVaultAnswersInsteadOfASignature(t *testing.T) {
	other := vault(t, "ecdsa-p256")
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		says   string
	}{
		"a refusal": {func(w http.ResponseWriter, _ *http.Request) {
			vaulttest.Refuse(w, 403, "permission denied for "+vaultToken)
		}, "403"},
		"sealed":                   {func(w http.ResponseWriter, _ *http.Request) { vaulttest.Refuse(w, 503, "Vault is sealed") }, "Vault is sealed"},
		"a key's that is not ours": {func(w http.ResponseWriter, r *http.Request) { other.Config.Handler.ServeHTTP(w, r) }, "does not verify"},
		"nothing":                  {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"data":null}`)) }, "no signature of version 1"},
		"another version's": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"data":{"signature":"vault:v2:AAAA"}}`))
		}, "no signature of version 1"},
		"no base64": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"data":{"signature":"vault:v1:%"}}`))
		}, "not in base64"},
		"an empty one": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"data":{"signature":"vault:v1:"}}`))
		}, "does not verify"},
		"no content": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }, "the answer is 204"},
	} {
		t.Run(name, func(t *testing.T) {
			s := vault(t, "ecdsa-p256")
			key := vaultKey(t, at(s))
			s.Hinder(c.answer)
			digest := sha256.Sum256(nil)
			sig, err := key.Sign(nil, digest[:], crypto.SHA256)
			require.Nil(t, sig)
			require.ErrorIs(t, err, outbound.ErrUnavailable)
			require.ErrorContains(t, err, c.says)
			require.NotContains(t, err.Error(), "hunter2")
			asked := s.Asked()
			require.ErrorContains(t, trySign(key), "does not sign at present")
			require.Equal(t, asked, s.Asked())
		})
	}
}

func TestVaultTakesNoLongerThanItMay(t *testing.T) {
	s := vault(t, "ed25519")
	ended := make(chan struct{}, 8)
	s.Hinder(func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		ended <- struct{}{}
	})
	// No more than that at the start either.
	_, err := openVault(t, kms.Options{URI: at(s), Timeout: 100 * time.Millisecond}).Key(t.Context())
	require.ErrorIs(t, err, outbound.ErrUnavailable)
	require.ErrorContains(t, err, "deadline exceeded")
	<-ended

	s.Hinder(nil)
	k, err := kms.New(kms.Options{URI: at(s), Timeout: time.Second})
	require.NoError(t, err)
	key, err := k.Key(t.Context())
	require.NoError(t, err)
	s.Hinder(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = r.Body.Read(make([]byte, 1<<10)) // the server notices no end before that
		<-r.Context().Done()
		ended <- struct{}{}
	})
	_, err = key.Sign(nil, []byte("text"), crypto.Hash(0))
	require.ErrorIs(t, err, outbound.ErrUnavailable)
	<-ended
	require.Eventually(t, func() bool { return k.Close() == nil }, 10*time.Second, time.Millisecond, "nothing is left waiting for an answer")
}

// A redirect leads the token nowhere.
func TestVaultRedirects(t *testing.T) {
	thief := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("it was asked, with %d tokens", len(r.Header["X-Vault-Token"]))
	}))
	t.Cleanup(thief.Close)
	for _, status := range []int{301, 302, 307, 308} {
		s := vault(t, "ed25519")
		key := vaultKey(t, at(s))
		s.Hinder(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, thief.URL+r.URL.Path, status) })
		_, err := openVault(t, kms.Options{URI: at(s)}).Key(t.Context())
		require.ErrorIs(t, err, outbound.ErrUnavailable)
		require.ErrorContains(t, err, fmt.Sprintf("the answer is %d to another address", status))
		_, err = key.Sign(nil, []byte("text"), crypto.Hash(0))
		require.ErrorIs(t, err, outbound.ErrUnavailable)
	}
}

// Tokens are taken from where the address says and from nowhere else.
func TestTheEnvironmentGivesVaultNothing(t *testing.T) {
	s := vault(t, "ed25519")
	t.Setenv("VAULT_TOKEN", vaultToken)
	t.Setenv("VAULT_ADDR", s.URL)
	for _, uri := range []string{"vault:address=" + s.URL + ";name=plinto", "vault:name=plinto?token-value=" + vaultToken} {
		_, err := kms.New(kms.Options{URI: uri})
		require.Error(t, err)
	}
	require.Zero(t, s.Asked())
}

func TestBadAddressesOfVault(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	require.NoError(t, os.WriteFile(empty, []byte("\n"), 0o600))
	const good = "vault:address=https://vault:8200;name=plinto"
	for uri, says := range map[string]string{
		"vault:name=plinto?token-value=hunter2":                "needs address and name",
		"vault:address=https://vault:8200?token-value=hunter2": "needs address and name",
		good:                                                                        "needs one of token-source and token-value",
		good + "?token-value=":                                                      "has a bad token-value",
		good + "?token-value=hunter2%0A":                                            "has a bad token-value",
		good + "?token-value=hunter2%C3%A9":                                         "has a bad token-value",
		good + "?token-source=":                                                     "has a bad token-source",
		good + "?token-source=/x&token-value=hunter2":                               "needs one of token-source and token-value",
		good + "?token-value=hunter2&token-value=hunter2":                           "token-value twice",
		good + ";token-value=hunter2?token-value=hunter2":                           "token-value twice",
		good + "?hunter2":                                                           "an attribute that vault: does not know",
		good + "?token=hunter2":                                                     "an attribute that vault: does not know",
		good + "?pin-value=hunter2":                                                 "an attribute that vault: does not know",
		good + ";version=0?token-value=x":                                           "has a bad version",
		good + ";version=-1?token-value=x":                                          "has a bad version",
		good + ";version=new?token-value=x":                                         "has a bad version",
		good + ";mount=?token-value=x":                                              "has a bad mount",
		good + ";mount=../sys?token-value=x":                                        "has a bad mount",
		good + ";mount=a%3Fb?token-value=x":                                         "has a bad mount",
		good + ";mount=a//b?token-value=x":                                          "has a bad mount",
		good + ";namespace=a%0Ab?token-value=x":                                     "has a bad namespace",
		good + ";ca-file=/nowhere?token-value=x":                                    "the certificates: open /nowhere",
		good + ";ca-file=" + empty + "?token-value=x":                               "the file of the certificates holds none",
		"vault:address=https://vault:8200;name=../plinto?token-value=x":             "has a bad name",
		"vault:address=https://vault:8200;name=a/b?token-value=x":                   "has a bad name",
		"vault:address=https://vault:8200;name=?token-value=x":                      "has a bad name",
		"vault:address=vault:8200;name=plinto?token-value=x":                        "has a bad address",
		"vault:address=ftp://vault;name=plinto?token-value=x":                       "has a bad address",
		"vault:address=https://;name=plinto?token-value=x":                          "has a bad address",
		"vault:address=https://hunter2@vault;name=plinto?token-value=x":             "has a bad address",
		"vault:address=https://vault%23hunter2;name=plinto?token-value=x":           "has a bad address",
		"vault:address=https://vault%3Fhunter2;name=plinto?token-value=x":           "has a bad address",
		"vault:address=https://vault:8200;name=plinto?token-source=/x&pin-source=y": "the PIN: open y",
	} {
		_, err := kms.New(kms.Options{URI: uri, Timeout: time.Second})
		require.ErrorContains(t, err, says, uri)
		require.NotContains(t, err.Error(), "hunter2")
	}
	// A file without a token is found out when it is needed.
	s := vault(t, "ed25519")
	_, err := openVault(t, kms.Options{URI: "vault:address=" + url.PathEscape(s.URL) + ";name=plinto?token-source=" + empty}).Key(t.Context())
	require.ErrorIs(t, err, outbound.ErrUnavailable)
	require.ErrorContains(t, err, "the file of the token holds none")
	require.Zero(t, s.Asked())
}
