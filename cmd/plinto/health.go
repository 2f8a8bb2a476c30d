package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/spf13/cobra"
)

// healthTimeout is how long a process may take to answer and be well.
const healthTimeout = 3 * time.Second

func newHealth(s surroundings) *cobra.Command {
	var ready bool
	health := &cobra.Command{
		Use: "health", Short: "Ask the instance on this machine whether it is well; for a container's health check",
		Long: "Asks /health on HOST and PORT of the configuration, and ends with 0 when it answers 200 and with 1 otherwise.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, _, err := s.load()
			if err != nil {
				return err
			}
			path := "/health"
			if ready {
				path = "/ready"
			}
			address := reachable(net.JoinHostPort(cfg.Server.Host, strconv.Itoa(cfg.Server.Port)))
			return ask(cmd.Context(), "http://"+address+path, s.stdout)
		},
	}
	health.Flags().BoolVar(&ready, "ready", false, "ask /ready, which also asks the database")
	return health
}

func ask(ctx context.Context, url string, stdout io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if _, err := io.Copy(stdout, io.LimitReader(answer.Body, 1<<16)); err != nil {
		return err
	}
	fmt.Fprintln(stdout)
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, answer.Status)
	}
	return nil
}
