package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/plinto/plinto/ports/outbound"
)

func newMigrate(s surroundings) *cobra.Command {
	migrate := &cobra.Command{Use: "migrate", Short: "Move the schema of the database"}
	command := func(use, short string, do func(ctx context.Context, m outbound.Migrator) error) {
		migrate.AddCommand(&cobra.Command{Use: use, Short: short, Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, _, err := s.load()
			if err != nil {
				return err
			}
			store, err := openStore(cmd.Context(), cfg.Database)
			if err != nil {
				return err
			}
			return errors.Join(store.schema(cmd.Context(), func(m outbound.Migrator) error { return do(cmd.Context(), m) }), store.close())
		}})
	}
	command("up", "Apply every migration that is pending", func(ctx context.Context, m outbound.Migrator) error {
		steps, err := m.Up(ctx)
		for _, step := range steps {
			fmt.Fprintf(s.stdout, "applied %s in %s\n", step.Name, step.Duration.Round(time.Millisecond))
		}
		if err == nil && len(steps) == 0 {
			fmt.Fprintln(s.stdout, "nothing is pending")
		}
		return err
	})
	command("down", "Take back the last migration, and the data it made room for", func(ctx context.Context, m outbound.Migrator) error {
		step, err := m.Down(ctx)
		if err != nil {
			return err
		}
		if step.Version == 0 {
			fmt.Fprintln(s.stdout, "nothing is applied")
			return nil
		}
		fmt.Fprintf(s.stdout, "took back %s in %s\n", step.Name, step.Duration.Round(time.Millisecond))
		return nil
	})
	command("status", "List the migrations", func(ctx context.Context, m outbound.Migrator) error {
		list, err := m.Status(ctx)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(s.stdout, 0, 0, 2, ' ', 0)
		for _, state := range list {
			applied := "pending"
			if !state.AppliedAt.IsZero() {
				applied = "applied " + state.AppliedAt.UTC().Format(time.RFC3339)
			}
			fmt.Fprintf(w, "%s\t%s\n", state.Name, applied)
		}
		return w.Flush()
	})
	return migrate
}
