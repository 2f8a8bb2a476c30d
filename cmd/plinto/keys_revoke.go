package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

func newRevokeKey(s surroundings) *cobra.Command {
	var yes bool
	revoke := &cobra.Command{
		Use:   "revoke KID",
		Short: "Withdraw a key that somebody else may have: every token it signed is refused at once",
		Long: "Withdraws a key for good. It is published no more, no token that it signed is\n" +
			"accepted by any instance within a second, and it never signs again. If it\n" +
			"signed, a new key takes its place at once. Sessions live on: a refresh gives\n" +
			"tokens under the new key.",
		Args: cobra.ExactArgs(1),
	}
	revoke.Flags().BoolVar(&yes, "yes", false, "do not ask")
	revoke.RunE = func(cmd *cobra.Command, args []string) error {
		return s.composed(func(ctx context.Context, p *program) error {
			kid := args[0]
			if !yes {
				fmt.Fprintf(s.stdout, "Every access token that %s signed is refused from now on, and there is no way back.\nType yes to revoke it: ", kid)
				if err := confirmed(cmd.InOrStdin()); err != nil {
					return err
				}
			}
			done, err := p.services.Keys.Revoke(ctx, kid)
			if err != nil {
				return err
			}
			fmt.Fprintf(s.stdout, "%s is revoked\n", kid)
			switch {
			case done.Replacement != nil:
				fmt.Fprintf(s.stdout, "%s (%s) signs from now on\n", done.Replacement.KID, done.Replacement.Algorithm)
			case done.Signed:
				fmt.Fprintln(s.stdout, "it was the signing key of the configuration: instances answer 503 until they are given another")
			}
			return nil
		})(cmd, args)
	}
	return revoke
}

var errNotConfirmed = errors.New("nothing was revoked: it takes a yes, or --yes")

// confirmed reads one line, which must be yes.
func confirmed(in io.Reader) error {
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if strings.TrimSpace(line) != "yes" {
		return errNotConfirmed
	}
	return nil
}
