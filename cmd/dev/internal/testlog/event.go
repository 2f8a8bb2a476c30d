// Package testlog owns the telling of a test run: it reads the events of
// `go test -json`, prints what a person wants to see while it happens, and
// keeps the counts. It decides nothing about what the counts mean.
package testlog

// event is one line of `go test -json` (go doc test2json).
type event struct {
	Action      string
	Package     string
	Test        string
	Elapsed     float64 // seconds
	Output      string
	ImportPath  string // of build-output and build-fail
	FailedBuild string
}

// pkg is what is known of a package under test.
type pkg struct {
	name    string
	output  []string         // what no test has printed
	tests   map[string]*test // those that have begun and not ended
	summary Package
}

// test is a test, a subtest, an example or a benchmark that is running.
type test struct {
	output   []string
	measured bool // a benchmark that has printed its result
}

// Package tells how a package fared.
type Package struct {
	Name                    string // without the module's path
	Passed, Failed, Skipped int
	Seconds                 float64
	Broken                  bool // failed although none of its tests did
}

// Summary tells how a run fared. Every test and every subtest counts; a
// package that fails by itself, because it does not build or its process dies,
// counts as one more failure.
type Summary struct {
	Passed, Failed, Skipped int
	Failures                []string // "package Test", as they came
	Skips                   []string
	Packages                []Package // in the order in which they ended
}
