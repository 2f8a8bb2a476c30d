package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/plinto/plinto/adapters/sqlite"
	"github.com/plinto/plinto/config"
)

// composed runs a command on the program as it is configured, on a database
// that is there and migrated already: a command that looks after something must
// not make it first, in the wrong place.
func (s surroundings) composed(do func(ctx context.Context, p *program) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error {
		cfg, log, err := s.load()
		if err != nil {
			return err
		}
		if err := isThere(cfg.Database); err != nil {
			return err
		}
		p, err := compose(cmd.Context(), cfg, log)
		if err != nil {
			return err
		}
		err = p.migrated(cmd.Context())
		if err == nil {
			err = plain(do(cmd.Context(), p))
		}
		return errors.Join(err, p.close())
	}
}

// isThere refuses the path of a database that nobody has made.
func isThere(c config.Database) error {
	if c.Engine != config.SQLite || c.Path == sqlite.Memory {
		return nil
	}
	if _, err := os.Stat(c.Path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no database at %s: plinto makes one when it serves, and plinto migrate up does", c.Path)
	}
	return nil
}

// migrated refuses a schema that the program does not know.
func (p *program) migrated(ctx context.Context) error {
	h := p.store.Health(ctx)
	if h.Err != nil {
		return h.Err
	}
	if !h.Ready() {
		return fmt.Errorf("the schema is at version %d and %d is needed: run plinto migrate up", h.Migrations.Current, h.Migrations.Expected)
	}
	return nil
}
