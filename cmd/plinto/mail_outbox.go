package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/plinto/plinto/adapters/telemetry"
	"github.com/plinto/plinto/core/id"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/ports/inbound"
)

// mailOutbox is the commands on the mails that are owed.
func mailOutbox(s surroundings) []*cobra.Command {
	return []*cobra.Command{s.listMails(), s.showMail(), s.retryMails(), s.dropMail()}
}

func (s surroundings) listMails() *cobra.Command {
	var dead bool
	list := &cobra.Command{
		Use: "list", Short: "List the mails that are owed, the newest first", Args: cobra.NoArgs,
		RunE: s.composed(func(ctx context.Context, p *program) error {
			w := tabwriter.NewWriter(s.stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "ID\tKIND\tSTATE\tATTEMPTS\tCREATED\tDUE\tLAST ERROR")
			var last mail.ID
			for {
				page, err := p.services.Mails.List(ctx, dead, last, pageSize)
				if err != nil {
					return err
				}
				for _, e := range page {
					fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\t%s\n", e.ID, cell(string(e.Kind)), mailState(e), e.Attempt,
						instant(&e.CreatedAt), mailDue(e), cell(e.LastError))
					last = e.ID
				}
				if len(page) < pageSize {
					return w.Flush()
				}
			}
		}),
	}
	list.Flags().BoolVar(&dead, "dead", false, "only those that were given up")
	return list
}

func (s surroundings) showMail() *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "Show what is known of a mail", Args: cobra.ExactArgs(1),
		RunE: s.onMail(func(ctx context.Context, p *program, which mail.ID) error {
			e, err := p.services.Mails.Find(ctx, which)
			if err != nil {
				return err
			}
			return printMail(s.stdout, e)
		}),
	}
}

func (s surroundings) retryMails() *cobra.Command {
	var all bool
	retry := &cobra.Command{
		Use: "retry ID | --all-dead", Short: "Have a mail sent that was given up, or all of them", Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if all == (len(args) == 1) {
				return errors.New("give the id of a mail, or --all-dead")
			}
			if !all {
				return s.onMail(func(ctx context.Context, p *program, which mail.ID) error {
					if err := p.services.Mails.Retry(ctx, which); err != nil {
						return err
					}
					fmt.Fprintf(s.stdout, "%s is tried again\n", which)
					return nil
				})(cmd, args)
			}
			return s.composed(func(ctx context.Context, p *program) error {
				n, err := p.services.Mails.RetryAll(ctx)
				if err != nil {
					return err
				}
				fmt.Fprintln(s.stdout, mailsRetried(n))
				return nil
			})(cmd, args)
		},
	}
	retry.Flags().BoolVar(&all, "all-dead", false, "all that were given up")
	return retry
}

func (s surroundings) dropMail() *cobra.Command {
	return &cobra.Command{
		Use: "drop ID", Short: "Remove a mail that is owed, or was given up", Args: cobra.ExactArgs(1),
		RunE: s.onMail(func(ctx context.Context, p *program, which mail.ID) error {
			if err := p.services.Mails.Drop(ctx, which); err != nil {
				return err
			}
			fmt.Fprintf(s.stdout, "%s is removed\n", which)
			return nil
		}),
	}
}

// onMail runs a command on the mail that its argument names.
func (s surroundings) onMail(do func(ctx context.Context, p *program, which mail.ID) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		which, err := id.Parse[mail.Mail](args[0])
		if err != nil {
			return fmt.Errorf("%q is not the id of a mail; plinto mail list shows them", args[0])
		}
		return s.composed(func(ctx context.Context, p *program) error { return do(ctx, p, which) })(cmd, args)
	}
}

// printMail prints a mail. It has no secret: links are made when it is sent.
func printMail(out io.Writer, e mail.Entry) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	who := "-"
	if !e.User.IsZero() {
		who = e.User.String()
	}
	for _, line := range [][2]string{
		{"id", e.ID.String()}, {"kind", cell(string(e.Kind))}, {"state", mailState(e)}, {"user", who}, {"to", cell(e.To)},
		{"created", instant(&e.CreatedAt)}, {"due", mailDue(e)}, {"attempts", fmt.Sprint(e.Attempt)}, {"handed over", instant(e.HandedOverAt)},
		{"given up", instant(e.DeadAt)}, {"last error", cell(e.LastError)}, {"request", cell(e.RequestID)},
	} {
		fmt.Fprintf(w, "%s\t%s\n", line[0], line[1])
	}
	for _, name := range slices.Sorted(maps.Keys(e.Details)) {
		fmt.Fprintf(w, "%s\t%s\n", cell(name), cell(e.Details[name]))
	}
	return w.Flush()
}

func mailState(e mail.Entry) string {
	switch {
	case e.Dead():
		return "dead"
	case e.Holder != "":
		return "sending"
	}
	return "waiting"
}

// mailDue tells when a mail is tried next: one that was given up is not.
func mailDue(e mail.Entry) string {
	if e.Dead() {
		return "-"
	}
	return instant(&e.DueAt)
}

func mailsRetried(n int) string {
	switch n {
	case 0:
		return "no mail was given up"
	case 1:
		return "1 mail is tried again"
	}
	return fmt.Sprintf("%d mails are tried again", n)
}

// measureMails has the metrics tell of the mails, where there are any.
func measureMails(m *telemetry.Metrics, mails inbound.Mailing) {
	if !mails.Enabled() {
		return
	}
	var kinds []string
	for _, k := range mail.Kinds() {
		kinds = append(kinds, string(k))
	}
	m.Mails(kinds, func(kind string) (sent, retried, dead int64) {
		t := mails.Tally(mail.Kind(kind))
		return t.Sent, t.Retried, t.Dead
	}, func() (due, dead int, oldest time.Duration) {
		b := mails.Backlog()
		return b.Due, b.Dead, b.Oldest
	})
}
