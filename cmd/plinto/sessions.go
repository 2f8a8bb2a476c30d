package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/session"
)

func newSessions(s surroundings) *cobra.Command {
	sessions := &cobra.Command{Use: "sessions", Short: "Look after the sessions", Args: cobra.NoArgs}
	sessions.AddCommand(s.listSessions(), s.revokeSessions())
	return sessions
}

func (s surroundings) listSessions() *cobra.Command {
	var who string
	list := &cobra.Command{
		Use: "list --user ID|EMAIL", Short: "List the live sessions of a user, the newest first", Args: cobra.NoArgs,
		RunE: s.composed(func(ctx context.Context, p *program) error {
			u, err := p.services.Operators.FindUser(ctx, who)
			if err != nil {
				return err
			}
			w := tabwriter.NewWriter(s.stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "ID\tADDRESS\tDEVICE\tCREATED\tLAST ACTIVITY\tEXPIRES")
			var last session.ID
			for {
				page, err := p.services.Operators.ListSessions(ctx, u.ID, last, pageSize)
				if err != nil {
					return err
				}
				for _, one := range page {
					fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", one.ID, cell(one.Address), cell(one.Device.Name),
						instant(&one.CreatedAt), instant(&one.LastActivityAt), instant(&one.ExpiresAt))
					last = one.ID
				}
				if len(page) < pageSize {
					return w.Flush()
				}
			}
		}),
	}
	list.Flags().StringVar(&who, "user", "", "whose, by id or e-mail address")
	if err := list.MarkFlagRequired("user"); err != nil {
		panic(err) // only for a flag that is not declared
	}
	return list
}

func (s surroundings) revokeSessions() *cobra.Command {
	var who, before string
	var all, yes bool
	revoke := &cobra.Command{
		Use: "revoke --user ID|EMAIL | --all", Short: "End every session of a user, or of everybody", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.composed(func(ctx context.Context, p *program) error {
				if all {
					return s.revokeAll(ctx, p, before, yes, cmd.InOrStdin())
				}
				u, err := p.services.Operators.FindUser(ctx, who)
				if err != nil {
					return err
				}
				ended, err := p.services.Operators.EndSessions(ctx, u.ID)
				if err != nil {
					return err
				}
				fmt.Fprintln(s.stdout, sessionsEnded(ended))
				return nil
			})(cmd, args)
		},
	}
	revoke.Flags().StringVar(&who, "user", "", "whose, by id or e-mail address")
	revoke.Flags().BoolVar(&all, "all", false, "everybody's")
	revoke.Flags().BoolVar(&yes, "yes", false, "with --all: do not ask")
	revoke.Flags().StringVar(&before, "before", "", "with --all: those opened before this time (RFC 3339), instead of before now")
	revoke.MarkFlagsMutuallyExclusive("user", "all")
	revoke.MarkFlagsMutuallyExclusive("user", "before")
	revoke.MarkFlagsMutuallyExclusive("user", "yes")
	revoke.MarkFlagsOneRequired("user", "all")
	return revoke
}

// revokeAll ends everybody's sessions. An order that is interrupted says how to
// go on with it.
func (s surroundings) revokeAll(ctx context.Context, p *program, before string, yes bool, answer io.Reader) error {
	var cutoff time.Time
	whom := "everybody"
	if before != "" {
		var err error
		if cutoff, err = time.Parse(time.RFC3339Nano, before); err != nil {
			return fmt.Errorf("--before is %q and must be a time like %s", before, p.clock.Now().Format(time.RFC3339))
		}
		if cutoff.IsZero() { // which would mean now
			return errors.New("--before is the year 1, and no session is as old")
		}
		whom = "everybody who signed in before " + cutoff.Format(time.RFC3339)
	}
	if !yes {
		fmt.Fprintf(s.stderr, "This signs %s out. Type yes to do it: ", whom)
		if err := confirmed(answer); err != nil {
			return err
		}
	}
	if before == "" {
		cutoff = p.clock.Now()
	}
	fmt.Fprintf(s.stderr, "sessions end in batches; sign-ins that are under way are waited for, up to %s\n", settle(p.config.Database))
	ended, err := p.services.Operators.EndAllSessions(ctx, cutoff, func(ended int) {
		fmt.Fprintf(s.stderr, "%d so far\n", ended)
	})
	if fault.CodeOf(err) == fault.ValidationError {
		return err // nothing was begun
	}
	if err != nil {
		return fmt.Errorf("%w; %s before that; to go on: plinto sessions revoke --all --yes --before %s",
			plain(err), sessionsEnded(ended), cutoff.Format(time.RFC3339Nano))
	}
	fmt.Fprintln(s.stdout, sessionsEnded(ended))
	return nil
}

func sessionsEnded(n int) string {
	switch n {
	case 0:
		return "no session was live"
	case 1:
		return "1 session was ended"
	}
	return fmt.Sprintf("%d sessions were ended", n)
}
