package main

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/plinto/plinto/cmd/dev/internal/coverage"
	"github.com/plinto/plinto/cmd/dev/internal/testlog"
)

// goTest runs `go test -json` and follows its events.
func goTest(ctx context.Context, args, environ []string, log *testlog.Log, errOut io.Writer) (testlog.Summary, error) {
	cmd := newCommand(ctx, "go", args...)
	cmd.Env = append(os.Environ(), environ...)
	events, write := io.Pipe()
	cmd.Stdout = write
	cmd.Stderr = &complaints{out: errOut}
	read := make(chan error, 1)
	go func() { read <- log.Read(events) }()
	err := finish(ctx, cmd)
	_ = write.Close() // a pipe's Close returns nil
	err = errors.Join(err, <-read)
	return log.Summary(), err
}

// testArgs are the arguments of go. Vet has run already, over more than go
// test would.
func testArgs(ctx context.Context, o testOptions, profile string) ([]string, error) {
	args := []string{"test", "-json", "-vet=off", "-count=1", "-shuffle=" + o.shuffle, "-timeout=" + o.timeout.String()}
	switch {
	case o.bench && o.run != "":
		args = append(args, "-run=^$", "-bench="+o.run, "-benchtime="+o.benchtime, "-benchmem")
	case o.bench:
		args = append(args, "-run=^$", "-bench=.", "-benchtime="+o.benchtime, "-benchmem")
	case o.run != "":
		args = append(args, "-run="+o.run)
	}
	if o.race {
		args = append(args, "-race")
	}
	if o.cover {
		list, err := output(ctx, "", nil, "go", "list", "./...")
		if err != nil {
			return nil, err
		}
		args = append(args, "-covermode=atomic", "-coverprofile="+profile, "-coverpkg="+strings.Join(counted(list), ","))
	}
	return append(args, o.packages...), nil
}

// counted keeps the packages whose coverage is measured.
func counted(list string) []string {
	var packages []string
	for _, p := range strings.Fields(list) {
		if coverage.Counted(strings.TrimPrefix(p, module+"/")) {
			packages = append(packages, p)
		}
	}
	return packages
}

func printCoverage(out io.Writer, profile string) error {
	file, err := os.Open(profile)
	if errors.Is(err, os.ErrNotExist) {
		return nil // nothing was built; the log says why
	}
	if err != nil {
		return err
	}
	defer file.Close()
	p, err := coverage.Read(file)
	if err != nil {
		return err
	}
	shares, total := p.ByLayer(module)
	coverage.Print(out, shares, total)
	return nil
}
