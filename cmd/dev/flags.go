package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
)

// newFlags makes a command's flags; help is what its usage says besides them.
func newFlags(out io.Writer, synopsis, help string) *flag.FlagSet {
	flags := flag.NewFlagSet(synopsis, flag.ContinueOnError)
	flags.SetOutput(out)
	flags.Usage = func() {
		fmt.Fprintf(out, "usage: go run ./cmd/dev %s\n\n%s\n", synopsis, help)
		count := 0
		flags.VisitAll(func(*flag.Flag) { count++ })
		if count > 0 {
			fmt.Fprintln(out, "\nflags:")
			flags.PrintDefaults()
		}
	}
	return flags
}

// parse reads flags wherever they stand among the other arguments, which it
// returns. An error other than flag.ErrHelp has been told.
func parse(flags *flag.FlagSet, args []string) ([]string, error) {
	var rest []string
	for {
		if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
			return nil, err
		} else if err != nil {
			return nil, errUsage
		}
		if flags.NArg() == 0 {
			return rest, nil
		}
		rest = append(rest, flags.Arg(0))
		args = flags.Args()[1:]
	}
}

// none refuses arguments.
func none(flags *flag.FlagSet, args []string) error {
	rest, err := parse(flags, args)
	if err == nil && len(rest) > 0 {
		fmt.Fprintf(flags.Output(), "dev: %q is one argument too many\n", rest[0])
		flags.Usage()
		return errUsage
	}
	return err
}
