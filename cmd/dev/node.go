package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

const (
	// nodeVariable names a directory in whose node_modules the clients are
	// that the tests of cmd/plinto drive: given by a person it is used as it is.
	nodeVariable = "PLINTO_TEST_NODE"
	// nodeManifest is the directory that pins those clients.
	nodeManifest = "cmd/plinto/testdata/node"
)

// nodeClients fetches, into a directory of its own below temp, the clients that
// the tests of cmd/plinto drive with Node.js, when those tests are among the
// packages, and gives what the tests' environment must hold. What is fetched is
// pinned by version and hash, and runs nothing when it is installed.
func nodeClients(ctx context.Context, out io.Writer, install installer, packages []string, temp string) ([]string, error) {
	if os.Getenv(nodeVariable) != "" {
		return nil, nil
	}
	wanted, err := among(ctx, packages, "cmd/plinto")
	if err != nil || !wanted {
		return nil, err
	}
	if err := needNode(ctx, out, install); err != nil {
		return nil, err
	}
	dir := filepath.Join(temp, "node")
	if err := os.CopyFS(dir, os.DirFS(nodeManifest)); err != nil {
		return nil, fmt.Errorf("copy what pins the clients: %w", err)
	}
	if _, err := output(ctx, dir, nil, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"); err != nil {
		return nil, fmt.Errorf("fetch the clients that %s/package.json pins; %s may name a directory that has them: %w", nodeManifest, nodeVariable, err)
	}
	return []string{nodeVariable + "=" + dir}, nil
}

// needNode makes sure of Node.js and npm.
func needNode(ctx context.Context, out io.Writer, install installer) error {
	var absent, pkgs []string
	for _, p := range []struct{ program, pkg string }{{"node", "nodejs"}, {"npm", "npm"}} {
		if missing(p.program) {
			absent, pkgs = append(absent, p.program), append(pkgs, p.pkg)
		}
	}
	if len(absent) == 0 {
		return nil
	}
	if err := install(ctx, notes(out), pkgs...); err != nil {
		return fmt.Errorf("the tests of cmd/plinto take Node.js with npm and there is no %s: install what is missing; apt-get cannot do it here: %w", strings.Join(absent, " and no "), err)
	}
	return nil
}

// withNode runs fn with the environment that nodeClients gives, and removes
// what was fetched.
func withNode(ctx context.Context, out io.Writer, install installer, packages []string, fn func(environ []string) error) error {
	temp, err := os.MkdirTemp("", "plinto-node-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	environ, err := nodeClients(ctx, out, install, packages, temp)
	if err != nil {
		return err
	}
	return fn(environ)
}
