package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/plinto/plinto/core/event"
)

func newEvents(s surroundings) *cobra.Command {
	events := &cobra.Command{Use: "events", Short: "Read what happened"}
	var lines int
	var follow bool
	tail := &cobra.Command{
		Use: "tail", Short: "Print the last events, a JSON object a line", Args: cobra.NoArgs,
		RunE: s.composed(func(ctx context.Context, p *program) error {
			if lines < 0 {
				return fmt.Errorf("--lines is %d and must not be negative", lines)
			}
			// One at least, to know where to go on.
			list, err := p.services.Events.Latest(ctx, max(lines, 1))
			if err != nil {
				return err
			}
			var last event.Position
			if lines == 0 && len(list) > 0 {
				last, list = list[len(list)-1].Position, nil
			}
			for {
				for _, e := range list {
					if err := printEvent(s.stdout, e); err != nil {
						return err
					}
					last = e.Position
				}
				if !follow {
					return nil
				}
				if len(list) == 0 {
					select {
					case <-ctx.Done():
						return nil
					case <-time.After(followEvery):
					}
				}
				if list, err = p.services.Events.After(ctx, last, followPage); err != nil {
					if ctx.Err() != nil {
						return nil
					}
					return err
				}
			}
		}),
	}
	tail.Flags().IntVarP(&lines, "lines", "n", 20, "how many of the last events")
	tail.Flags().BoolVarP(&follow, "follow", "f", false, "go on with those that follow, until interrupted")
	events.AddCommand(tail)
	return events
}

const (
	followEvery = 500 * time.Millisecond
	followPage  = 500
)

func printEvent(w io.Writer, e event.Recorded) error {
	line, err := json.Marshal(struct {
		At        string            `json:"at"`
		Name      event.Name        `json:"name"`
		Actor     string            `json:"actor"`
		Subject   string            `json:"subject,omitempty"`
		RequestID string            `json:"request_id,omitempty"`
		Address   string            `json:"address,omitempty"`
		Payload   map[string]string `json:"payload,omitempty"`
		Position  string            `json:"position"`
	}{
		e.At.Format(time.RFC3339Nano), e.Name, e.Actor, e.Subject, e.RequestID, e.Address, e.Payload,
		fmt.Sprintf("%d.%d", e.Position.Transaction, e.Position.Sequence),
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", line)
	return err
}
