package main

import (
	"io"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/plinto/plinto/config"
)

// surroundings is what every command is given.
type surroundings struct {
	environ        []string
	stdout, stderr io.Writer
}

// load reads the configuration, from the environment and, in development, from
// a .env file of the working directory.
func (s surroundings) load() (config.Config, *slog.Logger, error) {
	cfg, err := config.Load(config.Source{Environ: s.environ, Dir: "."})
	if err != nil {
		return config.Config{}, nil, err
	}
	log := newLog(cfg.Log, s.stderr)
	for _, warning := range cfg.Warnings {
		log.Warn("configuration", slog.String("warning", warning))
	}
	// Every secret in it prints as dots.
	log.Debug("configuration", slog.Any("settings", cfg))
	return cfg, log, nil
}

func newLog(c config.Log, w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.Level}
	if c.Format == config.JSONLog {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

func newRoot(environ []string, stdout, stderr io.Writer) *cobra.Command {
	s := surroundings{environ: environ, stdout: stdout, stderr: stderr}
	serve := newServe(s)
	root := &cobra.Command{
		Use:   "plinto",
		Short: "An authentication service that you host yourself",
		Long: "Plinto is an authentication service that you host yourself.\n\n" +
			"Without a command it serves. It needs nothing: without DATABASE_URL it keeps\n" +
			"everything in a SQLite file in DATA_DIR, without REDIS_URL it counts limits in\n" +
			"memory. Every setting is an environment variable; the README lists them.",
		Args:          cobra.NoArgs,
		RunE:          serve.RunE,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(serve, newMigrate(s), newKeys(s), newUsers(s), newSessions(s), newClients(s), newEvents(s), newMail(s), newHealth(s), newSettings(s), newVersion(s))
	for _, c := range root.Commands() {
		if c.HasSubCommands() {
			group(c)
		}
	}
	return root
}

// group has a command that only holds others refuse one that it does not hold:
// whoever mistypes an order must not be told by the exit code that it is done.
func group(c *cobra.Command) {
	c.Args = cobra.NoArgs
	c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
}
