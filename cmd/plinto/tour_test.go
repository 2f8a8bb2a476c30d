package main_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

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

	i := start(t, t.TempDir())
	const between = "-- next step --"
	var script strings.Builder
	for _, step := range steps {
		script.WriteString(step[1] + "\necho; echo '" + between + "'\n")
	}
	shell := exec.Command("bash", "-c", script.String())
	shell.Env = append(environment(), "PLINTO="+i.url)
	out, err := shell.CombinedOutput()
	require.NoError(t, err, "%s", out)
	printed := strings.Split(string(out), between)
	for n, step := range steps {
		want := strings.ReplaceAll(regexp.QuoteMeta(strings.TrimSpace(step[2])), "…", "[^\n]*")
		require.Regexp(t, "^"+want+"$", strings.TrimSpace(printed[n]), step[1])
	}
}
