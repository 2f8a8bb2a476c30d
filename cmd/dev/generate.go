package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/plinto/plinto/sql/drift"
)

const generateHelp = `Deletes the generated SQL code, generates it anew with sqlc, and writes the sum
file by which a test notices that SQL has changed without this. The first run
builds sqlc, which takes some minutes.`

// generate renews the generated code in place, once it could be generated.
func generate(ctx context.Context, args []string, out, errOut io.Writer) error {
	if err := none(newFlags(errOut, "generate", generateHelp), args); err != nil {
		return err
	}
	fresh, err := os.MkdirTemp("", "plinto-generate-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	if err := generateInto(ctx, fresh); err != nil {
		return err
	}
	for _, dir := range drift.Generated() {
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
		if err := copyDir(dir, filepath.Join(fresh, dir)); err != nil {
			return err
		}
	}
	sum, err := drift.Sum(os.DirFS("."))
	if err != nil {
		return err
	}
	if err := os.WriteFile(drift.SumFile, sum, 0o644); err != nil {
		return err
	}
	for _, dir := range append(drift.Generated(), drift.SumFile) {
		fmt.Fprintln(out, dir)
	}
	return nil
}

// generateInto generates into dir, an empty temporary directory, from a copy
// of the SQL, so that nothing of an earlier generation is there and the work
// tree stays as it is.
func generateInto(ctx context.Context, dir string) error {
	sqlc, err := tool(ctx, "sqlc")
	if err != nil {
		return err
	}
	if err := copyDir(filepath.Join(dir, "sql"), "sql"); err != nil {
		return err
	}
	settings, err := os.ReadFile("sqlc.yaml")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "sqlc.yaml"), settings, 0o600); err != nil {
		return err
	}
	_, err = output(ctx, dir, nil, sqlc, "generate")
	return err
}

// copyDir copies a directory that may be missing.
func copyDir(to, from string) error {
	err := os.CopyFS(to, os.DirFS(from))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// tool builds one of the tools that cmd/tools pins, unless that has been done
// before, and returns its path. Without cgo it builds faster and anywhere.
func tool(ctx context.Context, name string) (string, error) {
	path, err := output(ctx, "", []string{"CGO_ENABLED=0"}, "go", "tool", "-modfile=cmd/tools/go.mod", "-n", name)
	return strings.TrimSpace(path), err
}
