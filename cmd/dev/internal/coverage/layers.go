package coverage

import (
	"cmp"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// Share is how much of something the tests have run.
type Share struct {
	Name       string
	Statements int
	Covered    int
}

// Percent is 100 when there is nothing to cover.
func (s Share) Percent() float64 {
	if s.Statements == 0 {
		return 100
	}
	return 100 * float64(s.Covered) / float64(s.Statements)
}

func (s *Share) add(statements int, covered bool) {
	s.Statements += statements
	if covered {
		s.Covered += statements
	}
}

// Counted tells whether a package, named relative to the module, is one whose
// coverage is measured: generated code and test support are not.
func Counted(pkg string) bool {
	return !strings.HasSuffix(pkg, "/internal/db") && pkg != "ports/porttest"
}

// layers are the names of the layers in the order of the report; one that ends
// in "/" has a line for each package directly below it.
var layers = []string{"core", "core/app", "ports", "adapters/", "sql", "config", "cmd"}

// layerOf returns the line of the report to which a package belongs.
func layerOf(pkg string) string {
	best := ""
	for _, l := range layers {
		if name := strings.TrimSuffix(l, "/"); len(l) > len(best) && (pkg == name || strings.HasPrefix(pkg, name+"/")) {
			best = l
		}
	}
	if below, found := strings.CutPrefix(pkg, best); found && strings.HasSuffix(best, "/") {
		first, _, _ := strings.Cut(below, "/")
		return best + first
	}
	return best
}

// ByLayer adds the profile up by layer, in the order of the house, and in
// total; commands are not in the total. What is outside the module, or is not
// [Counted], is left out.
func (p Profile) ByLayer(module string) (shares []Share, total Share) {
	total.Name = "total without cmd and generated code"
	byName := map[string]*Share{}
	for b, covered := range p.blocks {
		pkg, ours := strings.CutPrefix(path.Dir(b.file), module+"/")
		if !ours || !Counted(pkg) {
			continue
		}
		name := layerOf(pkg)
		if byName[name] == nil {
			byName[name] = &Share{Name: name}
		}
		byName[name].add(b.statements, covered)
		if name != "cmd" {
			total.add(b.statements, covered)
		}
	}
	for _, s := range byName {
		shares = append(shares, *s)
	}
	slices.SortFunc(shares, func(a, b Share) int {
		return cmp.Or(cmp.Compare(place(a.Name), place(b.Name)), cmp.Compare(a.Name, b.Name))
	})
	return shares, total
}

func place(name string) int {
	return slices.IndexFunc(layers, func(l string) bool {
		return l == name || strings.HasSuffix(l, "/") && strings.HasPrefix(name, l)
	})
}

// Print writes the report.
func Print(out io.Writer, shares []Share, total Share) {
	fmt.Fprintln(out, "\ncoverage:")
	for _, s := range append(slices.Clone(shares), total) {
		fmt.Fprintf(out, "  %-38s %5.1f %%  of %5d statements\n", s.Name, s.Percent(), s.Statements)
	}
}
