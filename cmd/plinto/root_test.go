package main

import (
	"io"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

// cobra takes two commands of one name, shows both and runs the first.
func TestEveryCommandIsThereOnce(t *testing.T) {
	var look func(*cobra.Command)
	look = func(c *cobra.Command) {
		seen := map[string]bool{}
		for _, sub := range c.Commands() {
			require.False(t, seen[sub.Name()], sub.CommandPath())
			seen[sub.Name()] = true
			look(sub)
		}
	}
	look(newRoot(nil, io.Discard, io.Discard))
}
