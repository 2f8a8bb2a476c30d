package checks

import (
	"slices"
	"strings"
)

// toplevel is everything that may stand at the top of the repository besides
// dot-files.
var toplevel = []string{
	"README.md", "Taskfile.yml", "adapters", "cmd", "config", "core", "go.mod", "go.sum", "ports", "sql", "sqlc.yaml",
}

// Strangers returns those of the names at the top that do not belong there.
func Strangers(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return strings.HasPrefix(name, ".") || slices.Contains(toplevel, name)
	})
}

// TopOf returns the first elements of paths, each once, in order.
func TopOf(paths []string) []string {
	var names []string
	for _, p := range paths {
		first, _, _ := strings.Cut(p, "/")
		if first != "" {
			names = append(names, first)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
