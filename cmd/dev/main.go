// Command dev is the developer's hand: it sets up what the tests need and runs
// them, leaves servers running to work against, and generates and verifies
// what is committed. It is run at the top of the repository and needs nothing
// but Go; what else a task takes it finds, fetches, or names.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

// module is the path of the module this command serves.
const module = "github.com/plinto/plinto"

func main() {
	ctx, stop := interruptible()
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// task is one of the commands.
type task struct {
	name    string
	summary string
	run     func(ctx context.Context, args []string, out, errOut io.Writer) error
}

func tasks() []task {
	return []task{
		{"test", "start the servers the tests need, run vet and the tests, tell the coverage", test},
		{"up", "leave PostgreSQL and Redis running until Ctrl-C and print their addresses", up},
		{"generate", "generate the SQL code anew and write its sum file", generate},
		{"passwords", "make the list of common passwords anew", passwords},
		{"verify", "check everything that is committed but not tested", verify},
	}
}

// exit is an error that has been told already and only carries the exit code.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// errUsage says that a command was called wrongly, which has been told.
const errUsage = exit(2)

// run carries out one command and returns the exit code: 0 when all is well,
// 128 and the signal's number when it was interrupted.
func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	err := dispatch(ctx, args, out, errOut)
	if code, ok := errors.AsType[exit](err); ok {
		return int(code)
	}
	if stopped, ok := errors.AsType[interrupt](context.Cause(ctx)); ok {
		return stopped.exitCode()
	}
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintf(errOut, "dev: %v\n", err)
		return 1
	}
	return 0
}

func dispatch(ctx context.Context, args []string, out, errOut io.Writer) error {
	if len(args) == 0 {
		usage(errOut)
		return errUsage
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		usage(out)
		return nil
	}
	for _, t := range tasks() {
		if t.name != args[0] {
			continue
		}
		if err := atTop(); err != nil {
			return err
		}
		return t.run(ctx, args[1:], out, errOut)
	}
	fmt.Fprintf(errOut, "dev: there is no command %q\n\n", args[0])
	usage(errOut)
	return errUsage
}

func usage(out io.Writer) {
	fmt.Fprint(out, "usage: go run ./cmd/dev <command> [arguments]\n\n")
	for _, t := range tasks() {
		fmt.Fprintf(out, "  %-9s %s\n", t.name, t.summary)
	}
	fmt.Fprint(out, "\n--help after a command tells its arguments.\n")
}

// atTop makes sure that paths such as cmd/tools mean what they should.
func atTop() error {
	text, err := os.ReadFile("go.mod")
	if err != nil || !strings.HasPrefix(string(text), "module "+module+"\n") {
		return errors.New("run it at the top of the repository, where go.mod says module " + module)
	}
	return nil
}
