package main

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/plinto/plinto/cmd/dev/internal/checks"
	"github.com/plinto/plinto/sql/drift"
)

// lines makes an error of what a check has found, and none of nothing.
func lines(found []string, err error) error {
	if err != nil || len(found) == 0 {
		return err
	}
	return errors.New(strings.Join(found, "\n"))
}

// topLevel looks at what git would commit; where there is no git, at
// everything.
func topLevel(ctx context.Context) error {
	var names []string
	// A checkout that belongs to another user is of no danger to ls-files.
	tracked, err := output(ctx, "", nil, "git", "-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard")
	if err == nil {
		names = checks.TopOf(strings.Split(tracked, "\n"))
	} else {
		entries, err := os.ReadDir(".")
		if err != nil {
			return err
		}
		for _, e := range entries {
			names = append(names, e.Name())
		}
	}
	var found []string
	for _, name := range checks.Strangers(names) {
		found = append(found, name+" does not belong at the top")
	}
	return lines(found, nil)
}

func formatted(context.Context) error {
	names, err := checks.Unformatted(os.DirFS("."))
	return errors.Join(lines(names, nil), err)
}

func sums(context.Context) error { return lines(drift.Differences(os.DirFS("."))) }

func vet(ctx context.Context) error {
	_, err := output(ctx, "", nil, "go", "vet", "./...")
	return err
}

func tidy(ctx context.Context) error {
	_, err := output(ctx, "", nil, "go", "mod", "tidy", "-diff")
	return err
}

func staticcheck(ctx context.Context) error {
	_, err := runTool(ctx, "staticcheck", "./...")
	return err
}

// deadcode asks twice: with tests as starting points for what nothing calls,
// and without for what only tests call.
func deadcode(ctx context.Context) error {
	withTests, err := runTool(ctx, "deadcode", "-json", "-test", "./...")
	if err != nil {
		return err
	}
	without, err := runTool(ctx, "deadcode", "-json", "./...")
	if err != nil {
		return err
	}
	return lines(checks.Dead(module, []byte(withTests), []byte(without)))
}

func queries(ctx context.Context) error {
	_, err := runTool(ctx, "sqlc", "vet")
	return err
}

func generated(ctx context.Context) error {
	fresh, err := os.MkdirTemp("", "plinto-generate-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	if err := generateInto(ctx, fresh); err != nil {
		return err
	}
	var found []string
	for _, dir := range drift.Generated() {
		differences, err := checks.Differences(os.DirFS("."), os.DirFS(fresh), dir)
		if err != nil {
			return err
		}
		found = append(found, differences...)
	}
	return lines(found, nil)
}

// runTool runs a tool that cmd/tools pins and returns what it printed.
func runTool(ctx context.Context, name string, args ...string) (string, error) {
	path, err := tool(ctx, name)
	if err != nil {
		return "", err
	}
	return output(ctx, "", []string{"CGO_ENABLED=0"}, path, args...)
}
