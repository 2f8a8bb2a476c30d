package main

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// withClients is a module that pins clients, and whose npm is a script.
func withClients(t *testing.T, npm string) {
	t.Helper()
	t.Setenv(nodeVariable, "")
	house(t, with(passing, "cmd/plinto/main.go", "package main\n\nfunc main() {}\n", nodeManifest+"/package.json", "{}\n"))
	pathOf(t, "node")
	path := os.Getenv("PATH")
	require.NoError(t, os.WriteFile(filepath.Join(path, "npm"), []byte("#!/bin/sh\n"+npm+"\n"), 0o700))
}

func TestTheClientsOfTestsAreFetched(t *testing.T) {
	withClients(t, `read line <package.json && echo "$line $*" >fetched`)
	temp := t.TempDir()
	environ, err := nodeClients(t.Context(), io.Discard, nil, []string{"./..."}, temp)
	require.NoError(t, err)
	require.Equal(t, []string{"PLINTO_TEST_NODE=" + filepath.Join(temp, "node")}, environ)
	fetched, err := os.ReadFile(filepath.Join(temp, "node", "fetched"))
	require.NoError(t, err)
	require.Equal(t, "{} ci --ignore-scripts --no-audit --no-fund\n", string(fetched))

	environ, err = nodeClients(t.Context(), io.Discard, nil, []string{"./core/user"}, t.TempDir())
	require.NoError(t, err)
	require.Empty(t, environ, "no test takes them")

	t.Setenv(nodeVariable, "/somewhere")
	environ, err = nodeClients(t.Context(), io.Discard, nil, []string{"./..."}, t.TempDir())
	require.NoError(t, err)
	require.Empty(t, environ, "they are there already")
}

func TestClientsThatCannotBeFetchedAreToldOf(t *testing.T) {
	withClients(t, "echo no network >&2; exit 1")
	_, err := nodeClients(t.Context(), io.Discard, nil, []string{"./..."}, t.TempDir())
	require.ErrorContains(t, err, "no network")
	require.ErrorContains(t, err, "PLINTO_TEST_NODE may name a directory")

	t.Setenv("TMPDIR", t.TempDir())
	require.ErrorIs(t, withNode(t.Context(), io.Discard, nil, []string{"./core/user"}, func([]string) error { return errNoRoot }), errNoRoot)
	left, err := os.ReadDir(os.TempDir())
	require.NoError(t, err)
	require.Empty(t, left, "what was fetched is removed")
}

func TestNodeIsInstalledWhereItIsMissing(t *testing.T) {
	var pkgs []string
	pathOf(t, "node", "npm")
	require.NoError(t, needNode(t.Context(), io.Discard, asked(&pkgs, nil)))
	require.Empty(t, pkgs)
	pathOf(t, "node")
	require.NoError(t, needNode(t.Context(), io.Discard, asked(&pkgs, nil)))
	require.Equal(t, []string{"npm"}, pkgs)
	pathOf(t)
	require.EqualError(t, needNode(t.Context(), io.Discard, asked(&pkgs, errNoRoot)),
		"the tests of cmd/plinto take Node.js with npm and there is no node and no npm: install what is missing; apt-get cannot do it here: that takes root")
	require.Equal(t, []string{"npm", "nodejs", "npm"}, pkgs)
}
