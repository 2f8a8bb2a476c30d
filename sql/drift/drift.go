// Package drift tells whether the generated SQL code still belongs to the SQL
// it was generated from. It owns the sum file: one line for each file that goes
// into the generator (the migrations, the queries, sqlc.yaml) and for each file
// that comes out, so that SQL changed without generating and generated code
// changed by hand are both seen by a test that needs no generator. It runs no
// tool itself.
package drift

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// SumFile is where the sums are kept, relative to the top of the repository,
// in the format of sha256sum.
const SumFile = "sql/generated.sum"

// Generated lists the directories that hold generated code and nothing else.
func Generated() []string {
	return []string{"adapters/postgres/internal/db", "adapters/sqlite/internal/db"}
}

// Sum computes the content of the sum file from the repository's files.
func Sum(repository fs.FS) ([]byte, error) {
	sums, err := sums(repository)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		fmt.Fprintf(&b, "%s  %s\n", sums[name], name)
	}
	return b.Bytes(), nil
}

// Differences compares the repository's files with the sum file and returns a
// sentence for each that differs, none when all is well. A sum file that does
// not exist is an error.
func Differences(repository fs.FS) ([]string, error) {
	kept, err := fs.ReadFile(repository, SumFile)
	if err != nil {
		return nil, fmt.Errorf("generated code: %w", err)
	}
	was := map[string]string{}
	for line := range strings.Lines(string(kept)) {
		sum, name, ok := strings.Cut(strings.TrimSpace(line), "  ")
		if !ok {
			return nil, fmt.Errorf("%s: not a line of a sum file: %q", SumFile, line)
		}
		was[name] = sum
	}
	is, err := sums(repository)
	if err != nil {
		return nil, err
	}
	var differences []string
	for name, sum := range is {
		switch {
		case was[name] == "":
			differences = append(differences, name+" is new since the code was generated")
		case was[name] != sum:
			differences = append(differences, name+" has changed since the code was generated")
		}
	}
	for name := range was {
		if is[name] == "" {
			differences = append(differences, name+" has gone since the code was generated")
		}
	}
	slices.Sort(differences)
	return differences, nil
}

// sums maps each file that takes part in generation to its SHA-256.
func sums(repository fs.FS) (map[string]string, error) {
	found := map[string]string{}
	for _, part := range append([]string{"sqlc.yaml", "sql"}, Generated()...) {
		err := fs.WalkDir(repository, part, func(name string, entry fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // its sum, if there was one, tells that it has gone
			}
			if err != nil || entry.IsDir() {
				return err
			}
			if part == "sql" && !strings.HasSuffix(name, ".sql") {
				return nil
			}
			content, err := fs.ReadFile(repository, name)
			if err != nil {
				return err
			}
			sum := sha256.Sum256(content)
			found[name] = hex.EncodeToString(sum[:])
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("generated code: %w", err)
		}
	}
	return found, nil
}
