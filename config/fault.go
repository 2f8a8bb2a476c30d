package config

import (
	"slices"
	"strings"
)

// Fault is one thing that is wrong with the configuration: the setting's name,
// and a sentence with what is wrong and what would be right. It never holds the
// value of a secret.
type Fault struct {
	Name    string
	Problem string
}

// String is "NAME: what is wrong; what would be right".
func (f Fault) String() string { return f.Name + ": " + f.Problem }

// Faults is the error [Load] answers with: everything that is wrong, at once,
// in the order in which [Settings] lists the settings. What belongs to no
// setting, such as a line of the .env file, comes first.
type Faults struct {
	List []Fault
}

// Error has one line for each fault.
func (f *Faults) Error() string {
	lines := make([]string, len(f.List))
	for i, fault := range f.List {
		lines[i] = fault.String()
	}
	return strings.Join(lines, "\n")
}

// add writes a fault down.
func (f *Faults) add(name, problem string) {
	f.List = append(f.List, Fault{Name: name, Problem: problem})
}

// note writes err down, if there is one.
func (f *Faults) note(name string, err error) {
	if err != nil {
		f.add(name, err.Error())
	}
}

// about tells whether the named setting has a fault already.
func (f *Faults) about(name string) bool {
	return slices.ContainsFunc(f.List, func(fault Fault) bool { return fault.Name == name })
}

// inOrder sorts faults as the settings are listed, keeping the order of those
// about the same setting.
func inOrder(faults []Fault, settings []setting) {
	position := func(name string) int {
		return slices.IndexFunc(settings, func(s setting) bool { return s.name == name })
	}
	slices.SortStableFunc(faults, func(a, b Fault) int { return position(a.Name) - position(b.Name) })
}
