package servers

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// host is what the search for servers asks of the machine, as functions so
// that a test can describe another machine.
type host struct {
	getenv   func(name string) string
	lookPath func(program string) (string, error)
	resolve  func(path string) (string, error)
	glob     func(pattern string) []string
	run      func(ctx context.Context, program string, args ...string) (string, error)
	root     bool
}

func thisHost() host {
	return host{
		getenv:   os.Getenv,
		lookPath: exec.LookPath,
		resolve:  filepath.EvalSymlinks,
		glob: func(pattern string) []string {
			found, _ := filepath.Glob(pattern) // the patterns are constants of this package
			return found
		},
		run:  runProgram,
		root: os.Geteuid() == 0,
	}
}

// runProgram runs a program to its end and returns what it printed, which is
// also in the error when it failed.
func runProgram(ctx context.Context, program string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", program, err, lastLines(string(out), 20))
	}
	return string(out), nil
}

// notes gives a function that writes one line of progress.
func notes(w io.Writer) func(format string, args ...any) {
	if w == nil {
		w = io.Discard
	}
	return func(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }
}
