package checks

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
)

// forTests lists, relative to the module, the packages that hold what exists
// for tests: to stop a server in the middle of its work, for one. Everything else must be reachable from a command: a
// function that only its own tests call is dead, however well tested.
var forTests = []string{
	"ports/porttest",
	"cmd/internal/architecture",
	"cmd/internal/servers",
}

// deadPackage is a package in the answer of `deadcode -json`.
type deadPackage struct {
	Path  string
	Funcs []struct {
		Name     string
		Position struct {
			File string
			Line int
		}
	}
}

// Dead reads two answers of deadcode in JSON, of a run with its -test flag and
// of one without, and returns a line for each dead function: those that
// nothing calls, and those that nothing but tests calls although they are not
// made for tests.
func Dead(module string, withTests, without []byte) ([]string, error) {
	var nothing, noCommand []deadPackage
	if err := json.Unmarshal(withTests, &nothing); err != nil {
		return nil, fmt.Errorf("answer of deadcode: %w", err)
	}
	if err := json.Unmarshal(without, &noCommand); err != nil {
		return nil, fmt.Errorf("answer of deadcode: %w", err)
	}
	lines := map[string]string{}
	for _, dead := range []struct {
		packages []deadPackage
		why      string
		excused  []string
	}{
		{noCommand, "is called by tests only", forTests},
		{nothing, "is called by nothing", nil},
	} {
		for _, p := range dead.packages {
			pkg := strings.TrimPrefix(strings.TrimPrefix(p.Path, module), "/")
			if slices.Contains(dead.excused, pkg) {
				continue
			}
			for _, f := range p.Funcs {
				where := fmt.Sprintf("%s:%d", path.Join(pkg, path.Base(f.Position.File)), f.Position.Line)
				lines[where] = fmt.Sprintf("%s: %s %s", where, f.Name, dead.why)
			}
		}
	}
	var all []string
	for _, line := range lines {
		all = append(all, line)
	}
	slices.Sort(all)
	return all, nil
}
