package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A client that others wrote binds its sessions to keys, asks and refreshes by
// proofs, and is protected from whoever copies its tokens or its requests.
func TestAClientOfAnotherHandBindsItsSessions(t *testing.T) {
	settings := append([]string{"REFRESH_GRACE_SECONDS=0"}, fast...)
	t.Run("on nothing, at the address that it asks", func(t *testing.T) {
		modules := nodeModules(t)
		one := start(t, t.TempDir(), settings...)
		require.NotContains(t, drive(t, modules, one.url, "optional", one), "asked for a nonce")
	})
	t.Run("on PostgreSQL, over two instances behind one address, with nonces", func(t *testing.T) {
		modules, dir := nodeModules(t), t.TempDir()
		settings := append([]string{"DATABASE_URL=" + postgresURL(t), "PUBLIC_URL=https://auth.example.com", "DPOP_NONCE=required"}, settings...)
		a, b := start(t, dir, settings...), start(t, dir, settings...)
		require.Contains(t, drive(t, modules, "https://auth.example.com", "required", a, b), "asked for a nonce")
	})
}

// drive runs the client against instances that clients call by one address, and
// gives what it saw.
func drive(t *testing.T, modules, address, nonces string, instances ...*instance) string {
	t.Helper()
	dir := t.TempDir()
	script, err := os.ReadFile(filepath.Join("testdata", "node", "dpop.mjs"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "dpop.mjs"), script, 0o600))
	require.NoError(t, os.Symlink(modules, filepath.Join(dir, "node_modules")))
	args := []string{"dpop.mjs", address, nonces}
	for _, i := range instances {
		args = append(args, i.url)
	}
	node := exec.CommandContext(t.Context(), "node", args...)
	node.Dir = dir
	out, err := node.CombinedOutput()
	require.NoError(t, err, "%s", out)
	saw := string(out)
	require.Equal(t, "a sign-out is proved as well", saw[strings.LastIndex(strings.TrimSpace(saw), "\n")+1:len(saw)-1])
	return saw
}

// nodeModules is where the client's library is.
func nodeModules(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("PLINTO_TEST_NODE")
	if dir == "" {
		t.Skip("PLINTO_TEST_NODE is not set: no client of another hand is tried")
	}
	return filepath.Join(dir, "node_modules")
}
