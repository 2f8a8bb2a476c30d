package config_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/config"
)

func TestMarkdown(t *testing.T) {
	table := config.Markdown()
	lines := strings.Split(table, "\n")
	require.Equal(t, "| Name | Default | Meaning |", lines[0])
	require.Equal(t, "|---|---|---|", lines[1])
	require.Empty(t, lines[len(lines)-1], "a final newline")
	settings := config.Settings()
	require.Len(t, lines, len(settings)+3)
	for i, s := range settings {
		cells := strings.Split(lines[i+2], "|")
		require.Len(t, cells, 5, lines[i+2])
		require.Equal(t, " `"+s.Name+"` ", cells[1])
		require.Equal(t, s.Default, strings.TrimSpace(strings.ReplaceAll(cells[2], "`", "")))
		require.Equal(t, s.Secret, strings.HasSuffix(cells[3], ". *Secret* "), lines[i+2])
	}
	require.Contains(t, table, "| `HOST` | `0.0.0.0` (`127.0.0.1` in development and test) | Address to listen on |\n")
	require.Contains(t, table, "| `DATABASE_URL` | SQLite at `DATA_DIR/plinto.db` | ")
	require.Contains(t, table, "| `REDIS_URL` |  | ")
}

// The README's table is this package's, word for word.
func TestReadmeListsTheSettings(t *testing.T) {
	const begin, end = "<!-- settings:begin -->\n", "<!-- settings:end -->"
	want := config.Markdown()
	readme, err := os.ReadFile("../README.md")
	require.NoError(t, err, "README.md must hold the table of settings between the lines %q and %q:\n%s", strings.TrimSpace(begin), end, want)
	_, after, found := strings.Cut(string(readme), begin)
	require.True(t, found, "README.md has no line %q; below it belongs:\n%s", strings.TrimSpace(begin), want)
	table, _, found := strings.Cut(after, end)
	require.True(t, found, "README.md has no line %q behind the table of settings", end)
	if strings.TrimSpace(table) != strings.TrimSpace(want) {
		t.Fatalf("the table of settings in README.md is not that of config.Markdown(). First difference:\n%s\nThe whole table must be:\n%s",
			firstDifference(strings.TrimSpace(table), strings.TrimSpace(want)), want)
	}
}

// firstDifference gives the first line in which two texts differ.
func firstDifference(is, want string) string {
	a, b := strings.Split(is, "\n"), strings.Split(want, "\n")
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	at := func(lines []string) string {
		if i < len(lines) {
			return lines[i]
		}
		return "(nothing)"
	}
	return "  README.md: " + at(a) + "\n  settings:  " + at(b)
}
