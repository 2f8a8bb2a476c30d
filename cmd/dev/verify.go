package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/plinto/plinto/cmd/dev/internal/checks"
	"github.com/plinto/plinto/sql/drift"
)

const verifyHelp = `Runs every check, or those that are named, and tells how each went. The work
tree stays as it is. The first run builds the tools that cmd/tools pins, of
which sqlc takes some minutes.`

// check is one thing that must hold of what is committed. Its error says what
// does not, a line each.
type check struct {
	name    string
	meaning string
	run     func(context.Context) error
}

// allChecks lists the checks, the quick ones first.
func allChecks() []check {
	return []check{
		{"card", "nothing stands at the top that does not belong there", topLevel},
		{"format", "gofmt would change nothing", formatted},
		{"sums", "the generated code belongs to the SQL, by the sum file", sums},
		{"vet", "go vet finds nothing", vet},
		{"modules", "go mod tidy would change nothing", tidy},
		{"staticcheck", "staticcheck finds nothing", staticcheck},
		{"deadcode", "every function is reachable from a command, or made for tests", deadcode},
		{"queries", "the queries keep the rules of sqlc.yaml", queries},
		{"generated", "the generated code is what sqlc generates", generated},
	}
}

// verify runs the checks, all of them even when one fails.
func verify(ctx context.Context, args []string, out, errOut io.Writer) error {
	help := verifyHelp + "\n\nchecks:"
	for _, c := range allChecks() {
		help += fmt.Sprintf("\n  %-12s %s", c.name, c.meaning)
	}
	names, err := parse(newFlags(errOut, "verify [checks]", help), args)
	if err != nil {
		return err
	}
	chosen, err := choose(allChecks(), names)
	if err != nil {
		return err
	}
	return runChecks(ctx, chosen, out)
}

func choose(all []check, names []string) ([]check, error) {
	if len(names) == 0 {
		return all, nil
	}
	var chosen []check
	for _, name := range names {
		i := slices.IndexFunc(all, func(c check) bool { return c.name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no check %q; see verify --help", name)
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

func runChecks(ctx context.Context, chosen []check, out io.Writer) error {
	failed := 0
	for _, c := range chosen {
		begun := time.Now()
		err := c.run(ctx)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		verdict := "ok"
		if err != nil {
			verdict = "failed"
			failed++
		}
		fmt.Fprintf(out, "%-12s %-6s %8.2fs\n", c.name, verdict, time.Since(begun).Seconds())
		if err != nil {
			fmt.Fprintf(out, "    %s\n", strings.ReplaceAll(strings.TrimRight(err.Error(), "\n"), "\n", "\n    "))
		}
	}
	fmt.Fprintf(out, "%d checks, %d failed\n", len(chosen), failed)
	if failed > 0 {
		return exit(1)
	}
	return nil
}

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
