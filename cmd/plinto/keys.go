package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/plinto/plinto/core/fault"
)

func newKeys(s surroundings) *cobra.Command {
	keys := &cobra.Command{Use: "keys", Short: "Look after the keys that sign access tokens"}
	keys.AddCommand(
		&cobra.Command{Use: "list", Short: "List the keys and what each is good for now", Args: cobra.NoArgs, RunE: s.composed(func(ctx context.Context, p *program) error {
			list, err := p.services.Keys.List(ctx)
			if err != nil {
				return err
			}
			w := tabwriter.NewWriter(s.stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "KID\tALGORITHM\tSTATE\tCREATED\tSIGNS FROM")
			for _, k := range list {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", k.KID, k.Algorithm, k.State, k.CreatedAt.Format(time.RFC3339), k.ActiveFrom.Format(time.RFC3339))
			}
			return w.Flush()
		})},
		&cobra.Command{Use: "rotate", Short: "Make a new key: published at once, signing after KEY_PUBLISH_LEAD", Args: cobra.NoArgs, RunE: s.composed(func(ctx context.Context, p *program) error {
			k, err := p.services.Keys.Rotate(ctx)
			if err != nil {
				return err
			}
			fmt.Fprintf(s.stdout, "%s (%s) is published and signs from %s\n", k.KID, k.Algorithm, k.ActiveFrom.Format(time.RFC3339))
			return nil
		})},
		newRevokeKey(s),
	)
	return keys
}

// plain says a fault in the words that are meant for people.
func plain(err error) error {
	if _, already := errors.AsType[*plainError](err); already {
		return err
	}
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return err
	}
	return &plainError{f, err}
}

// plainError is a fault in the words of an operator: the sentence, and what is
// behind it where that is not what was asked for.
type plainError struct {
	fault *fault.Error
	err   error
}

// Error says so.
func (e *plainError) Error() string {
	switch e.fault.Code.Kind() {
	case fault.KindInvalid, fault.KindNotFound, fault.KindConflict:
		return e.fault.Message
	}
	return e.fault.Message + " (" + e.err.Error() + ")"
}

// Unwrap gives what was said in other words.
func (e *plainError) Unwrap() error { return e.err }
