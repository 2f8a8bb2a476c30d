package main_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/kms/vaulttest"
)

// The program with its key in a stand-in for Vault, not in a Vault: what it asks
// is the documented API, and the keys behind it are real.
func TestTheKeyIsInVault(t *testing.T) {
	vault := vaulttest.New("hvs.hunter2")
	vault.Start()
	t.Cleanup(vault.Close)
	require.NoError(t, vault.Add("plinto", "ecdsa-p256"))
	dir := t.TempDir()
	file := filepath.Join(dir, "token")
	renew := func(token string) {
		// As an agent does: whoever reads finds the one or the other.
		require.NoError(t, os.WriteFile(file+".next", []byte(token+"\n"), 0o600))
		require.NoError(t, os.Rename(file+".next", file))
	}
	renew("hvs.hunter2")
	settings := append([]string{
		"JWT_ALGORITHM=ES256", "DEBUG=true", "VAULT_TOKEN=hvs.hunter2-elsewhere",
		"JWT_KMS_URI=vault:address=" + vault.URL + ";mount=transit;name=plinto?token-source=" + file,
	}, fast...)
	both := []*instance{start(t, dir, settings...), start(t, dir, settings...)}
	mainJob(t, both[0], both[1])
	require.Len(t, both[0].kids(), 1)
	var in signIn
	both[0].call("POST", "/api/v1/auth/signup", "", map[string]string{"email": "vault@example.com", "password": password}).want(201, &in)
	refresh := func(i *instance) answer {
		return i.call("POST", "/api/v1/auth/refresh", "", map[string]string{"refresh_token": in.Tokens.Refresh})
	}

	// Rotated in Vault, the key of those who run stays as it is. Who is started
	// later signs with the next version, and each takes the tokens of the other.
	require.NoError(t, vault.Rotate("plinto"))
	refresh(both[1]).want(200, &in.Tokens)
	require.Len(t, both[0].kids(), 1)
	later := start(t, dir, settings...)
	require.Len(t, later.kids(), 2)
	both[0].call("GET", "/api/v1/auth/me", in.Tokens.Access, nil).want(200)
	later.call("GET", "/api/v1/auth/me", in.Tokens.Access, nil).want(200)
	refresh(later).want(200, &in.Tokens)
	both[0].call("GET", "/api/v1/auth/me", in.Tokens.Access, nil).want(200)

	// Sealed, it signs nothing; what was signed goes on, and so does all of it
	// when Vault is back.
	vault.Hinder(func(w http.ResponseWriter, _ *http.Request) {
		vaulttest.Refuse(w, http.StatusServiceUnavailable, "Vault is sealed")
	})
	for range 2 {
		both[0].call("POST", "/api/v1/auth/signin", "", map[string]string{"email": "vault@example.com", "password": password}).fault(503, "service_unavailable")
	}
	both[0].out.wait(t, "Vault is sealed", both[0].exited)
	both[0].call("GET", "/api/v1/auth/me", in.Tokens.Access, nil).want(200)
	vault.Hinder(nil)
	both[0].out.wait(t, "the signing key answers again", both[0].exited)
	refresh(both[0]).want(200, &in.Tokens)

	// The token is renewed under everybody.
	vault.Take("hvs.hunter3")
	renew("hvs.hunter3")
	refresh(both[1]).want(200, &in.Tokens)

	// One that is refused ends a start, with the reason and without the token.
	renew("hvs.hunter4")
	out, err := command(dir, both[0].env, "serve")
	require.Error(t, err)
	require.Contains(t, out, `key in vault: refused: the answer is 403 "permission denied"`)
	for _, said := range []string{out, both[0].out.String(), both[1].out.String(), later.out.String()} {
		require.NotContains(t, said, "hunter")
	}
}

func TestVaultIsWaitedFor(t *testing.T) {
	vault := vaulttest.New("hvs.hunter2")
	vault.Start()
	t.Cleanup(vault.Close)
	require.NoError(t, vault.Add("plinto", "ed25519"))
	vault.Hinder(func(w http.ResponseWriter, _ *http.Request) {
		vaulttest.Refuse(w, http.StatusServiceUnavailable, "Vault is sealed")
	})
	i := launch(t, t.TempDir(), append([]string{
		"JWT_ALGORITHM=EdDSA", "JWT_KMS_URI=vault:address=" + vault.URL + ";name=plinto?token-value=hvs.hunter2",
	}, fast...)...)
	i.out.wait(t, "Vault is sealed", i.exited)
	vault.Hinder(nil)
	i.out.wait(t, `msg=ready `, i.exited)
	i.call("POST", "/api/v1/auth/signup", "", map[string]string{"email": "ann@example.com", "password": password}).want(201)
	require.NotContains(t, i.out.String(), "hunter2")
}

func TestVaultOverHTTPIsRefusedInProduction(t *testing.T) {
	out, err := command(t.TempDir(), environment("ENVIRONMENT=production", "JWT_KMS_URI=vault:address=http://vault:8200;name=plinto?token-value=hvs.hunter2"), "serve")
	require.Error(t, err)
	require.Contains(t, out, "the token of Vault goes there")
	require.NotContains(t, out, "hunter2")
}
