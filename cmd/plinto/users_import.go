package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/plinto/plinto/adapters/userfile"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/ports/inbound"
)

func (s surroundings) importUsers() *cobra.Command {
	var dry bool
	command := &cobra.Command{
		Use: "import FILE", Short: "Make accounts of a file that other systems or users export wrote", Args: cobra.ExactArgs(1),
		Long: "Makes accounts of a file with a JSON object a line; the README tells its members.\n" +
			"FILE of - is the standard input. What was imported is there already when the same\n" +
			"file is imported again, so that an import that was interrupted is repeated. Lines\n" +
			"that cannot be imported are listed with the reason, and make the exit code 1.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.composed(func(ctx context.Context, p *program) error {
				in, size, err := opened(args[0], cmd.InOrStdin())
				if err != nil {
					return err
				}
				return errors.Join(s.importFrom(ctx, p, in, size, dry), in.Close())
			})(cmd, args)
		},
	}
	command.Flags().BoolVar(&dry, "dry-run", false, "change nothing, and tell what would be")
	return command
}

// opened gives a file and its size, which is 0 when nobody knows.
func opened(name string, stdin io.Reader) (io.ReadCloser, int64, error) {
	if name == "-" {
		return io.NopCloser(stdin), 0, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, file.Close())
	}
	if !info.Mode().IsRegular() {
		return file, 0, nil
	}
	return file, info.Size(), nil
}

func (s surroundings) importFrom(ctx context.Context, p *program, in io.Reader, size int64, dry bool) error {
	reader, bar := userfile.NewReader(in), newProgress(s.stderr, size)
	done, err := p.services.Transfer.Import(ctx, inbound.Importing{
		Next: reader.Next, DryRun: dry,
		Refused: func(line int, faults []fault.Field) {
			bar.clear()
			for _, f := range faults {
				fmt.Fprintf(s.stdout, "line %d: %s\n", line, refusal(f))
			}
		},
		Progress: func(so inbound.Imported) { bar.show(reader.Offset(), so.Read) },
	})
	bar.clear()
	added := "added"
	if dry {
		added = "would be added"
	}
	fmt.Fprintf(s.stdout, "%d read, %d %s, %d there already, %d refused\n", done.Read, done.Added, added, done.Present, done.Refused)
	if err != nil {
		return fmt.Errorf("%w; what was added stays: import the same file again to go on", plain(err))
	}
	if done.Refused > 0 {
		return fmt.Errorf("%d of %d lines were refused", done.Refused, done.Read)
	}
	return nil
}

// refusal says what is wrong with a line, and nothing that stands in it but the
// name of a member.
func refusal(f fault.Field) string {
	if f.Name == "" {
		return fmt.Sprintf("%s (%s)", f.Message, f.Type)
	}
	return fmt.Sprintf("%s: %s (%s)", cell(f.Name), f.Message, f.Type)
}

// progress is a bar on a terminal, and nothing elsewhere.
type progress struct {
	out   io.Writer
	size  int64
	shown time.Time
}

func newProgress(out io.Writer, size int64) *progress {
	p := &progress{size: size}
	if file, ok := out.(*os.File); ok {
		if info, err := file.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			p.out = out
		}
	}
	return p
}

const barWidth = 30

// show draws the bar anew, ten times a second at most.
func (p *progress) show(offset int64, lines int) {
	if p.out == nil || time.Since(p.shown) < 100*time.Millisecond {
		return
	}
	p.shown = time.Now()
	fmt.Fprint(p.out, "\r\x1b[K", drawn(offset, p.size, lines))
}

func (p *progress) clear() {
	if p.out != nil {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}

// drawn is the bar, or the number of lines alone when nobody knows the size.
func drawn(offset, size int64, lines int) string {
	if size <= 0 {
		return fmt.Sprintf("%d lines", lines)
	}
	share := min(1, float64(offset)/float64(size))
	bar := make([]byte, barWidth)
	for i := range bar {
		bar[i] = ' '
		if float64(i) < share*barWidth {
			bar[i] = '='
		}
	}
	return fmt.Sprintf("[%s] %3.0f %%  %d lines", bar, share*100, lines)
}
