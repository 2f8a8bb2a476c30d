//go:build cgo

package kms_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.step.sm/crypto/kms/apiv1"
	"go.step.sm/crypto/kms/pkcs11"

	"github.com/plinto/plinto/core/token"
)

// The PIN that lets one into the tests' tokens.
const pin = "a+b %23"

// module gives the address of a new token, without a key and a PIN. The module
// reads its configuration once for the whole process, so all tokens are in one
// directory.
func module(t *testing.T) string {
	t.Helper()
	path := os.Getenv("PLINTO_TEST_PKCS11")
	if path == "" {
		t.Skip("PLINTO_TEST_PKCS11 is not set: no PKCS #11 module is tried")
	}
	label := fmt.Sprintf("plinto-%d", tokens.Add(1))
	cmd := exec.CommandContext(t.Context(), "softhsm2-util", "--init-token", "--free", "--label", label, "--pin", pin, "--so-pin", pin)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return "pkcs11:module-path=" + path + ";token=" + label
}

var tokens, keys atomic.Int64

func TestMain(m *testing.M) {
	os.Exit(inDirectory(m.Run))
}

// inDirectory runs tests with a directory of their own for tokens.
func inDirectory(run func() int) int {
	dir, err := os.MkdirTemp("", "plinto-softhsm-")
	if err == nil {
		defer func() { _ = os.RemoveAll(dir) }()
		conf := filepath.Join(dir, "softhsm2.conf")
		err = os.WriteFile(conf, []byte("directories.tokendir = "+dir+"\nobjectstore.backend = file\nlog.level = ERROR\n"), 0o600)
		if err == nil {
			err = os.Setenv("SOFTHSM2_CONF", conf)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return run()
}

var kinds = map[token.Algorithm]apiv1.SignatureAlgorithm{token.RS256: apiv1.SHA256WithRSA, token.ES256: apiv1.ECDSAWithSHA256}

// newKeyIn makes a key in a token, and gives its address without a PIN.
func newKeyIn(t *testing.T, module string, a token.Algorithm, bits int) string {
	t.Helper()
	manager, err := pkcs11.New(t.Context(), apiv1.Options{URI: module, Pin: pin})
	require.NoError(t, err)
	n := keys.Add(1)
	uri := fmt.Sprintf("%s;id=%02x;object=key-%d", module, n, n)
	_, err = manager.CreateKey(&apiv1.CreateKeyRequest{Name: uri, SignatureAlgorithm: kinds[a], Bits: bits})
	require.NoError(t, err)
	require.NoError(t, manager.Close())
	return uri
}
