package main_test

import (
	"context"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The README's tour does word for word what it says: its commands run in one
// shell, and each prints what stands below it, where "…" stands for anything.
func TestTheTourOfTheReadme(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	_, tour, found := strings.Cut(string(readme), "\n## Tour\n")
	require.True(t, found)
	tour, _, _ = strings.Cut(tour, "\n## ")
	steps := regexp.MustCompile("(?s)```sh\n(.*?)```\n\n```text\n(.*?)```").FindAllStringSubmatch(tour, -1)
	require.Len(t, steps, strings.Count(tour, "```sh\n"), "every command shows what it prints")
	require.Greater(t, len(steps), 5)

	t.Run("on nothing", func(t *testing.T) { walk(t, start(t, t.TempDir(), "ENABLE_MAGIC_LINKS=true"), steps) })
	t.Run("on PostgreSQL", func(t *testing.T) {
		walk(t, start(t, t.TempDir(), "ENABLE_MAGIC_LINKS=true", "DATABASE_URL="+postgresURL(t)), steps)
	})
}

func walk(t *testing.T, i *instance, steps [][]string) {
	const between = "-- next step --"
	var script strings.Builder
	for _, step := range steps {
		script.WriteString(step[1] + "\necho; echo '" + between + "'\n")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	shell := exec.CommandContext(ctx, "bash", "-c", script.String())
	shell.Env = append(environment(), "PLINTO="+i.url)
	out, err := shell.CombinedOutput()
	require.NoError(t, err, "%s", out)
	printed := strings.Split(string(out), between)
	for n, step := range steps {
		want := strings.ReplaceAll(regexp.QuoteMeta(strings.TrimSpace(step[2])), "…", "[^\n]*")
		require.Regexp(t, "^"+want+"$", strings.TrimSpace(printed[n]), step[1])
	}
}
