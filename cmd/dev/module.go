package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// moduleVariable names the PKCS #11 module that tests make keys in: given by a
// person it replaces SoftHSM, and otherwise it is set for the tests.
const moduleVariable = "PLINTO_TEST_PKCS11"

// modulePlaces is where distributions keep SoftHSM's module.
func modulePlaces() []string {
	return []string{
		"/usr/lib/softhsm/libsofthsm2.so",
		"/usr/lib/*/softhsm/libsofthsm2.so",
		"/usr/lib64/pkcs11/libsofthsm2.so",
		"/opt/homebrew/lib/softhsm/libsofthsm2.so",
		"/usr/local/lib/softhsm/libsofthsm2.so",
	}
}

// findModule gives the path of SoftHSM's module, or "" where it or the program
// that makes its tokens is missing.
func findModule() string {
	if missing("softhsm2-util") {
		return ""
	}
	for _, place := range modulePlaces() {
		// The patterns are well formed.
		if found, _ := filepath.Glob(place); len(found) > 0 {
			return found[0]
		}
	}
	return ""
}

// needModule makes sure of a PKCS #11 module when tests that take one are among
// the packages, and gives its path.
func needModule(ctx context.Context, out io.Writer, install installer, find func() string, packages []string) (string, error) {
	if given := os.Getenv(moduleVariable); given != "" {
		return given, nil
	}
	for _, name := range []string{"adapters/kms", "cmd/plinto"} {
		wanted, err := among(ctx, packages, name)
		if err != nil {
			return "", err
		}
		if wanted {
			return softHSM(ctx, out, install, find)
		}
	}
	return "", nil
}

// softHSM gives the path of its module, and installs it where it is missing.
func softHSM(ctx context.Context, out io.Writer, install installer, find func() string) (string, error) {
	if path := find(); path != "" {
		return path, nil
	}
	err := install(ctx, notes(out), "softhsm2")
	if path := find(); err == nil && path != "" {
		return path, nil
	}
	if err == nil {
		err = errors.New("it was installed and is not where it should be")
	}
	return "", fmt.Errorf("the tests of keys kept elsewhere take a PKCS #11 module and there is none: install SoftHSM (Debian's package softhsm2), name another module in %s or say -servers=false; apt-get cannot do it here: %w", moduleVariable, err)
}
