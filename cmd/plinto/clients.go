package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/plinto/plinto/core/client"
	"github.com/plinto/plinto/core/id"
)

func newClients(s surroundings) *cobra.Command {
	clients := &cobra.Command{Use: "clients", Short: "Look after the services that may ask about tokens"}
	var scopes []string
	create := &cobra.Command{
		Use: "create NAME", Short: "Make a client, and show its secret once", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			granted, err := client.ParseScopes(scopes)
			if err != nil {
				return fmt.Errorf("--scope: %w; there are introspect and revocations", err)
			}
			return s.composed(func(ctx context.Context, p *program) error {
				c, secret, err := p.services.Clients.Create(ctx, args[0], granted)
				if err != nil {
					return err
				}
				fmt.Fprintf(s.stdout, "client_id      %s\nclient_secret  %s\nscopes         %s\n\nNobody can show the secret again: keep it now.\n",
					c.ID, secret, client.ScopeText(c.Scopes))
				return nil
			})(cmd, nil)
		},
	}
	create.Flags().StringSliceVar(&scopes, "scope", []string{string(client.Introspect), string(client.Revocations)},
		"what it may do: introspect, revocations or both")
	clients.AddCommand(create, &cobra.Command{
		Use: "list", Short: "List the clients", Args: cobra.NoArgs,
		RunE: s.composed(func(ctx context.Context, p *program) error {
			list, err := p.services.Clients.List(ctx)
			if err != nil {
				return err
			}
			w := tabwriter.NewWriter(s.stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "CLIENT ID\tNAME\tSCOPES\tCREATED\tLAST USED\tREVOKED")
			for _, c := range list {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", c.ID, c.Name, client.ScopeText(c.Scopes), day(&c.CreatedAt), day(c.LastUsedAt), day(c.RevokedAt))
			}
			return w.Flush()
		}),
	}, &cobra.Command{
		Use: "revoke ID", Short: "Let a client in no more", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			which, err := id.Parse[client.Client](args[0])
			if err != nil {
				return fmt.Errorf("%q is not the id of a client; plinto clients list shows them", args[0])
			}
			return s.composed(func(ctx context.Context, p *program) error {
				if err := p.services.Clients.Revoke(ctx, which); err != nil {
					return err
				}
				fmt.Fprintf(s.stdout, "%s is revoked\n", which)
				return nil
			})(cmd, nil)
		},
	})
	return clients
}

// day writes an optional instant for a table.
func day(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.Format(time.RFC3339)
}
