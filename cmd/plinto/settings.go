package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/plinto/plinto/config"
)

func newSettings(s surroundings) *cobra.Command {
	var markdown bool
	settings := &cobra.Command{
		Use: "settings", Short: "List every setting, its default and what it means", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if markdown {
				_, err := fmt.Fprint(s.stdout, config.Markdown())
				return err
			}
			w := tabwriter.NewWriter(s.stdout, 0, 0, 2, ' ', 0)
			for _, setting := range config.Settings() {
				fmt.Fprintf(w, "%s\t%s\t%s\n", setting.Name, setting.Default, setting.Description)
			}
			return w.Flush()
		},
	}
	settings.Flags().BoolVar(&markdown, "markdown", false, "as the table of the README")
	return settings
}
