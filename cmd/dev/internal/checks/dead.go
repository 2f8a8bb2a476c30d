package checks

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
)

// forTests lists, relative to the module, the packages and functions that
// exist for tests or, in one case, for other services. Everything else must be
// reachable from a command: a function that only its own tests call is dead,
// however well tested.
var forTests = []string{
	"adapters/httpapi/clients/go",
	"adapters/kms/vaulttest", // answers as Vault does
	"adapters/postgres/postgrestest",

	"cmd/internal/architecture",
	"cmd/internal/servers", // to stop a server in the middle of its work
	"ports/porttest",

	// What a rotation does, as a function of values: the stores' one statement
	// is held to it.
	"core/token.Advance",
}

// byStandard lists methods that the standard library calls on values it is
// given. A type may have one so that nobody who prints it, logs it or encodes
// it by mistake sees what is in it, and then no command has to call it.
var byStandard = []string{
	"Error", "Format", "GoString", "Is", "LogValue", "MarshalJSON", "MarshalText", "String", "UnmarshalJSON", "UnmarshalText", "Unwrap",
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
		excused  func(pkg, function string) bool
	}{
		{noCommand, "is called by tests only", excused},
		{nothing, "is called by nothing", func(string, string) bool { return false }},
	} {
		for _, p := range dead.packages {
			pkg := strings.TrimPrefix(strings.TrimPrefix(p.Path, module), "/")
			for _, f := range p.Funcs {
				if dead.excused(pkg, f.Name) {
					continue
				}
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

// excused tells of a function that no command reaches whether that is as it
// should be.
func excused(pkg, function string) bool {
	_, method, isMethod := strings.Cut(function, ".")
	return slices.Contains(forTests, pkg) || slices.Contains(forTests, pkg+"."+function) ||
		isMethod && slices.Contains(byStandard, method)
}
