package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.step.sm/crypto/kms/apiv1"
	"go.step.sm/crypto/kms/pkcs11"
)

// kids gives the ids of the keys that an instance publishes.
func (i *instance) kids() []string {
	i.t.Helper()
	var set struct{ Keys []struct{ Kid string } }
	i.call("GET", "/.well-known/jwks.json", "", nil).want(200, &set)
	var kids []string
	for _, k := range set.Keys {
		kids = append(kids, k.Kid)
	}
	return kids
}

// learned is within how long every instance knows what another did: the bound of
// the feed, and room for a machine that is busy with the tests.
const learned = 5 * time.Second

func TestARevokedKeyIsRefusedEverywhere(t *testing.T) {
	for name, database := range map[string]func(t *testing.T) string{
		"on SQLite":     func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "plinto.db") },
		"on PostgreSQL": postgresURL,
	} {
		t.Run(name, func(t *testing.T) {
			dir, settings := t.TempDir(), append([]string{"DATABASE_URL=" + database(t)}, fast...)
			both := []*instance{start(t, dir, settings...), start(t, dir, settings...)}
			var in signIn
			both[0].call("POST", "/api/v1/auth/signup", "", map[string]string{"email": "ann@example.com", "password": password}).want(201, &in)
			first := both[0].kids()[0]

			out, err := command(dir, both[0].env, "keys", "revoke", first)
			require.Error(t, err, "nobody said yes")
			require.Contains(t, out, "nothing was revoked")
			both[1].call("GET", "/api/v1/auth/me", in.Tokens.Access, nil).want(200)

			out = both[0].run("keys", "revoke", first, "--yes")
			require.Contains(t, out, first+" is revoked\n")
			require.Contains(t, out, "signs from now on")
			for _, i := range both {
				eventually(t, learned, "the key is unknown", func() bool {
					return i.call("GET", "/api/v1/auth/me", in.Tokens.Access, nil).status == 401
				})
				kids := i.kids()
				require.Len(t, kids, 1)
				require.NotEqual(t, first, kids[0])
			}
			// The session lives on.
			both[1].call("POST", "/api/v1/auth/refresh", "", map[string]string{"refresh_token": in.Tokens.Refresh}).want(200, &in.Tokens)
			both[0].call("GET", "/api/v1/auth/me", in.Tokens.Access, nil).want(200)

			out, err = command(dir, both[0].env, "keys", "revoke", first, "--yes")
			require.Error(t, err)
			require.Contains(t, out, "This key was revoked before.")
			out, err = command(dir, both[0].env, "keys", "revoke", "nobody's", "--yes")
			require.Error(t, err)
			require.Contains(t, out, "There is no key of this id.")
			require.Regexp(t, first+`.* revoked `, both[0].run("keys", "list"))
			require.Contains(t, both[0].run("events", "tail"), "key.revoked")
		})
	}
}

// hsm makes a token with keys in SoftHSM: the address of each, and the settings
// that lead the program there. The PIN is in a file.
func hsm(t *testing.T, kinds ...apiv1.SignatureAlgorithm) (addresses, settings []string) {
	t.Helper()
	module := os.Getenv("PLINTO_TEST_PKCS11")
	if module == "" {
		t.Skip("PLINTO_TEST_PKCS11 is not set: plinto is not tried on a PKCS #11 module")
	}
	const pin = "hunter2 hunter2"
	dir := t.TempDir()
	conf, pinFile := filepath.Join(dir, "softhsm2.conf"), filepath.Join(dir, "pin")
	require.NoError(t, os.WriteFile(conf, []byte("directories.tokendir = "+dir+"\nobjectstore.backend = file\n"), 0o600))
	require.NoError(t, os.WriteFile(pinFile, []byte(pin+"\n"), 0o600))
	t.Setenv("SOFTHSM2_CONF", conf)
	out, err := exec.CommandContext(t.Context(), "softhsm2-util", "--init-token", "--free", "--label", "plinto", "--pin", pin, "--so-pin", pin).CombinedOutput()
	require.NoError(t, err, "%s", out)
	in := "pkcs11:module-path=" + module + ";token=plinto"
	manager, err := pkcs11.New(t.Context(), apiv1.Options{URI: in, Pin: pin})
	require.NoError(t, err)
	for n, kind := range kinds {
		key := fmt.Sprintf("%s;id=%02x;object=key-%d", in, n+1, n+1)
		_, err := manager.CreateKey(&apiv1.CreateKeyRequest{Name: key, SignatureAlgorithm: kind, Bits: 2048})
		require.NoError(t, err)
		addresses = append(addresses, "JWT_KMS_URI="+key+"?pin-source="+pinFile)
	}
	require.NoError(t, manager.Close())
	return addresses, append([]string{"SOFTHSM2_CONF=" + conf, "DEBUG=true"}, fast...)
}

func TestTheKeyIsInAModule(t *testing.T) {
	keys, settings := hsm(t, apiv1.SHA256WithRSA, apiv1.ECDSAWithSHA256, apiv1.SHA256WithRSA)
	dir := t.TempDir()
	both := []*instance{
		start(t, dir, append([]string{keys[0], "JWT_ALGORITHM=RS256"}, settings...)...),
		start(t, dir, append([]string{keys[0], "JWT_ALGORITHM=RS256"}, settings...)...),
	}
	mainJob(t, both[0], both[1])
	var in signIn
	both[0].call("POST", "/api/v1/auth/signup", "", map[string]string{"email": "module@example.com", "password": password}).want(201, &in)
	kids := both[0].kids()
	require.Len(t, kids, 1)
	out, err := command(dir, both[0].env, "keys", "rotate")
	require.Error(t, err)
	require.Contains(t, out, "The signing key is given by the configuration.")

	// A key of the other kind signs beside it, and the algorithm must fit.
	other := start(t, dir, append([]string{keys[1], "JWT_ALGORITHM=ES256"}, settings...)...)
	other.call("POST", "/api/v1/auth/refresh", "", map[string]string{"refresh_token": in.Tokens.Refresh}).want(200, &in.Tokens)
	both[0].call("GET", "/api/v1/auth/me", in.Tokens.Access, nil).want(200)
	require.Len(t, other.kids(), 2)
	out, err = command(dir, environment(append([]string{keys[1], "JWT_ALGORITHM=RS256"}, settings...)...), "serve")
	require.Error(t, err)
	require.Contains(t, out, "the key is of another kind than its algorithm")

	// Revoked, it signs nowhere: who is configured with it stops and says so.
	out = both[0].run("keys", "revoke", kids[0], "--yes")
	require.Contains(t, out, kids[0]+" is revoked\n")
	for _, i := range both {
		eventually(t, learned, "it stops", func() bool { status, _ := i.readiness(); return status == 503 })
		i.out.wait(t, kids[0]+", was revoked", i.exited)
		i.call("POST", "/api/v1/auth/refresh", "", map[string]string{"refresh_token": in.Tokens.Refresh}).fault(503, "service_unavailable")
		i.call("GET", "/api/v1/auth/me", in.Tokens.Access, nil).fault(503, "service_unavailable")
	}
	out, err = command(dir, both[0].env, "serve")
	require.Error(t, err)
	require.Contains(t, out, kids[0]+", was revoked")
	next := start(t, dir, append([]string{keys[2], "JWT_ALGORITHM=RS256"}, settings...)...)
	next.call("POST", "/api/v1/auth/refresh", "", map[string]string{"refresh_token": in.Tokens.Refresh}).want(200)

	for _, i := range append(both, other, next) {
		require.NotContains(t, i.out.String(), "hunter2")
	}
	require.NotContains(t, out, "hunter2")
}

func TestAModuleThatIsNotThere(t *testing.T) {
	out, err := command(t.TempDir(), environment(append([]string{"JWT_KMS_URI=pkcs11:module-path=/nowhere.so;token=x;object=y?pin-value=hunter2"}, fast...)...), "serve")
	require.Error(t, err)
	require.Contains(t, out, "key in pkcs11: ")
	require.NotContains(t, out, "hunter2")
	require.Contains(t, out, "\nplinto: ")
}
