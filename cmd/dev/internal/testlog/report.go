package testlog

import (
	"cmp"
	"fmt"
	"io"
	"slices"
)

// Slowest returns the n packages that took longest, the slowest first, and of
// those only the ones that ran tests.
func (s Summary) Slowest(n int) []Package {
	packages := slices.DeleteFunc(slices.Clone(s.Packages), func(p Package) bool {
		return p.Passed+p.Failed+p.Skipped == 0
	})
	slices.SortStableFunc(packages, func(a, b Package) int { return cmp.Compare(b.Seconds, a.Seconds) })
	return packages[:min(n, len(packages))]
}

// Faults prints the names of what failed and of what was skipped, so that
// nobody has to search for them.
func (s Summary) Faults(out io.Writer) {
	for _, part := range []struct {
		title string
		names []string
	}{{"failed", s.Failures}, {"skipped, which counts as a failure", s.Skips}} {
		if len(part.names) == 0 {
			continue
		}
		fmt.Fprintf(out, "\n%s:\n", part.title)
		for _, name := range part.names {
			fmt.Fprintf(out, "  %s\n", name)
		}
	}
}

// String is the closing line of a run.
func (s Summary) String() string {
	return fmt.Sprintf("%d passed, %d failed, %d skipped", s.Passed, s.Failed, s.Skipped)
}
