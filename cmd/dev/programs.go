package main

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
)

// installer installs Debian packages where that can be done without asking;
// its error says why it cannot.
type installer func(ctx context.Context, note func(format string, args ...any), pkgs ...string) error

// needCompiler makes sure of the C compiler that the race detector links with,
// and that the way to a PKCS #11 module takes.
func needCompiler(ctx context.Context, out io.Writer, install installer) error {
	cc, err := output(ctx, "", nil, "go", "env", "CC")
	if err != nil {
		return err
	}
	program, _, _ := strings.Cut(strings.TrimSpace(cc), " ")
	if !missing(program) {
		return nil
	}
	if err := install(ctx, notes(out), "gcc", "libc6-dev"); err != nil {
		return fmt.Errorf("the race detector and PKCS #11 take a C compiler and there is no %s: install one (Debian's packages gcc and libc6-dev) or say -race=false -servers=false; apt-get cannot do it here: %w", program, err)
	}
	return nil
}

// needShell makes sure of the programs that the tests of cmd/plinto type the
// README's lines into, when those tests are among the packages.
func needShell(ctx context.Context, out io.Writer, install installer, packages []string) error {
	if wanted, err := among(ctx, packages, "cmd/plinto"); err != nil || !wanted {
		return err
	}
	// Debian's packages have the names of the programs.
	absent := slices.DeleteFunc([]string{"bash", "curl"}, func(program string) bool { return !missing(program) })
	if len(absent) == 0 {
		return nil
	}
	if err := install(ctx, notes(out), absent...); err != nil {
		names := strings.Join(absent, " and no ")
		return fmt.Errorf("the tests of cmd/plinto take bash and curl and there is no %s: install what is missing; apt-get cannot do it here: %w", names, err)
	}
	return nil
}

// among tells whether a package of ours is among those that the patterns name.
func among(ctx context.Context, patterns []string, name string) (bool, error) {
	// A package that is broken is for vet to tell about.
	list, err := output(ctx, "", nil, "go", append([]string{"list", "-e"}, patterns...)...)
	return slices.Contains(strings.Fields(list), module+"/"+name), err
}

func missing(program string) bool {
	_, err := exec.LookPath(program)
	return err != nil
}

// notes gives a function that writes one line of progress.
func notes(out io.Writer) func(format string, args ...any) {
	return func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) }
}
