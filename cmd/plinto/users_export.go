package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/plinto/plinto/adapters/userfile"
	"github.com/plinto/plinto/ports/inbound"
)

func (s surroundings) exportUsers() *cobra.Command {
	var output string
	command := &cobra.Command{
		Use: "export", Short: "Write all accounts, with the hashes of their passwords, so that users import reads them", Args: cobra.NoArgs,
		RunE: s.composed(func(ctx context.Context, p *program) error {
			fmt.Fprintln(s.stderr, "what is written has the hashes of all passwords: whoever reads it can guess at them; keep it from others, and remove it when it was used")
			if output == "" {
				return s.exportTo(ctx, p, s.stdout)
			}
			// Not one that is there: others may read it.
			file, err := os.OpenFile(output, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
			if err != nil {
				return err
			}
			err = s.exportTo(ctx, p, file)
			if err == nil {
				err = file.Sync()
			}
			if err = errors.Join(err, file.Close()); err != nil {
				return fmt.Errorf("%w; %s is not whole", err, output)
			}
			return nil
		}),
	}
	command.Flags().StringVarP(&output, "output", "o", "", "a new file to write to, which its owner alone may read, instead of the standard output")
	return command
}

func (s surroundings) exportTo(ctx context.Context, p *program, out io.Writer) error {
	writer, written := userfile.NewWriter(out), 0
	err := p.services.Transfer.Export(ctx, func(r inbound.UserRecord) error {
		written++
		return writer.Write(r)
	})
	if err := errors.Join(err, writer.Flush()); err != nil {
		return err
	}
	fmt.Fprintf(s.stderr, "%d accounts\n", written)
	return nil
}
