package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"

	"github.com/plinto/plinto/cmd/internal/servers"
)

// needCompiler makes sure of the C compiler that the race detector links
// with, by installing one where that can be done without asking.
func needCompiler(ctx context.Context, out io.Writer) error {
	cc, err := output(ctx, "", nil, "go", "env", "CC")
	if err != nil {
		return err
	}
	program, _, _ := strings.Cut(strings.TrimSpace(cc), " ")
	if _, err := exec.LookPath(program); err == nil {
		return nil
	}
	note := func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) }
	if err := servers.InstallPackages(ctx, note, "gcc", "libc6-dev"); err != nil {
		return errors.New("the race detector takes a C compiler and there is no " + program +
			": install one (Debian's packages gcc and libc6-dev) or say -race=false; apt-get cannot do it here: " + err.Error())
	}
	return nil
}
