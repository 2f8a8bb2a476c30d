package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
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
		{"toplevel", "nothing stands at the top that does not belong there", topLevel},
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
