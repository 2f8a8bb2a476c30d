package architecture

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// Breach is one place where the rule is broken.
type Breach struct {
	File   string
	Line   int // 0 for the file as a whole
	Reason string
}

// String renders a breach as compilers do.
func (b Breach) String() string { return fmt.Sprintf("%s:%d: %s", b.File, b.Line, b.Reason) }

// Report is what a check has seen.
type Report struct {
	Breaches []Breach
	Packages map[string]string // each package's directory, and its layer
}

// Check reads the Go files of a module, whose go.mod is at the top of tree,
// and holds them against the rule. Standard tells what a package of the
// standard library imports, as [Standard] does. Files that cannot be read or
// parsed are an error.
func Check(module string, tree fs.FS, standard func(path string) ([]string, error)) (Report, error) {
	files, err := readTree(tree)
	if err != nil {
		return Report{}, err
	}
	c := checker{module: module, reach: reach{imports: standard, seen: map[string]string{}}, report: Report{Packages: map[string]string{}}}
	for _, f := range files {
		if err := c.file(f); err != nil {
			return Report{}, err
		}
	}
	return c.report, nil
}

type checker struct {
	module string
	reach  reach
	report Report
}

func (c *checker) breach(f file, line int, format string, args ...any) {
	c.report.Breaches = append(c.report.Breaches, Breach{f.name, line, fmt.Sprintf(format, args...)})
}

func (c *checker) file(f file) error {
	l := layerOf(f.dir)
	if l == "" {
		c.breach(f, 0, "package %s belongs to no layer", f.dir)
		return nil
	}
	c.report.Packages[f.dir] = string(l)
	if name := strings.TrimSuffix(f.pkg, "_test"); slices.Contains(vagueNames, name) {
		c.breach(f, 0, "a package named %s does not say what it owns", name)
	}
	for _, i := range f.imports {
		if err := c.imported(f, l, i); err != nil {
			return err
		}
	}
	if !f.test {
		for _, w := range f.words {
			c.breach(f, w.line, "%s: what a fault says stands in %s", w.what, wordsHome)
		}
	}
	if pure(l) && !f.test {
		for _, use := range f.clock {
			c.breach(f, use.line, "no %s takes the time from %s; it is given by a port or a parameter", l, use.what)
		}
	}
	return nil
}

// imported checks one import. A test may reach for any package of ours, and
// keeps to the homes of libraries like all code.
func (c *checker) imported(f file, l layer, i mention) error {
	if within(i.what, c.module) {
		c.ours(f, l, i, strings.TrimPrefix(strings.TrimPrefix(i.what, c.module), "/"))
		return nil
	}
	if !isStandard(i.what) || !pure(l) || f.test {
		c.homes(f, l, i)
		return nil
	}
	if isImpure(i.what) {
		c.breach(f, i.line, "no %s imports %s", l, i.what)
		return nil
	}
	way, err := c.reach.way(i.what)
	if err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	if way != "" {
		c.breach(f, i.line, "no %s reaches %s", l, way)
	}
	return nil
}

func (c *checker) ours(f file, l layer, i mention, to string) {
	switch {
	case f.test:
	case layerOf(to) == porttest && l != porttest:
		c.breach(f, i.line, "%s is for tests", i.what)
	case !allowed(f.dir, to):
		c.breach(f, i.line, "no %s imports %s", l, to)
	}
}

func (c *checker) homes(f file, l layer, i mention) {
	if l == consumer && !f.test && !isStandard(i.what) {
		c.breach(f, i.line, "no %s imports %s", l, i.what)
		return
	}
	if withinAny(i.what, testLibraries) {
		if !f.test && l != porttest {
			c.breach(f, i.line, "%s is for tests", i.what)
		}
		return
	}
	for _, lib := range libraries {
		if !within(i.what, lib.path) {
			continue
		}
		if !withinAny(f.dir, lib.homes) {
			c.breach(f, i.line, "%s is at home in %s only", lib.path, strings.Join(lib.homes, ", "))
		}
		return
	}
	if !isStandard(i.what) {
		c.breach(f, i.line, "%s has no home; give it one in the list of libraries", i.what)
	}
}
