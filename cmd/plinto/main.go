// Command plinto is the authentication service. Without a command it serves;
// its other commands look after what it serves from. It is the only place that
// knows which adapter plays which port.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	// The first signal asks everything to end in good order; the handler is
	// then gone, so a second one ends the process at once.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// run is the program. It answers the exit code.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	root := newRoot(environ, stdout, stderr)
	root.SetArgs(operands(args))
	if err := root.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(stderr, "plinto:", err)
		return 1
	}
	return 0
}

// operands moves the ids of keys behind "--". They are thumbprints in base64url
// (RFC 7638), so one in sixty-four begins with a hyphen and would be read as
// flags, by somebody in a hurry to revoke that key.
func operands(args []string) []string {
	var others, ids []string
	for _, arg := range args {
		sum, err := base64.RawURLEncoding.Strict().DecodeString(arg)
		switch {
		case arg == "--":
			return args
		case err == nil && len(sum) == sha256.Size && strings.HasPrefix(arg, "-"):
			ids = append(ids, arg)
		default:
			others = append(others, arg)
		}
	}
	if len(ids) == 0 {
		return args
	}
	return append(append(others, "--"), ids...)
}
