package testlog

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Log follows one run. Make it with [New].
type Log struct {
	out      io.Writer
	module   string
	verbose  bool
	packages map[string]*pkg
	summary  Summary
}

// New makes a log that prints to out and leaves the module's path away. A
// verbose log prints every test and not only what went wrong.
func New(out io.Writer, module string, verbose bool) *Log {
	return &Log{out: out, module: module, verbose: verbose, packages: map[string]*pkg{}}
}

// Read follows the events to their end. Lines that are no events are printed
// as they are.
func (l *Log) Read(events io.Reader) error {
	lines := bufio.NewReader(events)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			l.line(line)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("test events: %w", err)
		}
	}
}

// Summary tells how the run fared. Packages that have not ended, because the
// run was cut off, are in the counts with what they had so far.
func (l *Log) Summary() Summary {
	s := l.summary
	for _, p := range l.packages {
		s.add(p.summary)
	}
	return s
}

func (l *Log) line(line []byte) {
	var e event
	if err := json.Unmarshal(line, &e); err != nil || e.Action == "" {
		l.print(string(line))
		return
	}
	switch {
	case e.Action == "build-output":
		l.print(e.Output)
	case e.Package == "":
	case e.Test == "":
		l.ofPackage(l.pkg(e.Package), e)
	default:
		l.ofTest(l.pkg(e.Package), e)
	}
}

func (l *Log) pkg(path string) *pkg {
	p := l.packages[path]
	if p == nil {
		name := strings.TrimPrefix(strings.TrimPrefix(path, l.module), "/")
		if name == "" {
			name = "."
		}
		p = &pkg{name: name, tests: map[string]*test{}, summary: Package{Name: name}}
		l.packages[path] = p
	}
	return p
}

func (l *Log) ofTest(p *pkg, e event) {
	t := p.tests[e.Test]
	if t == nil {
		t = &test{}
		p.tests[e.Test] = t
	}
	switch e.Action {
	case "output":
		l.testOutput(t, e)
	case "pass":
		p.summary.Passed++
		if l.verbose {
			l.printf("pass    %s %s (%.2fs)\n", p.name, e.Test, e.Elapsed)
		}
		delete(p.tests, e.Test)
	case "fail":
		l.failed(p, e.Test)
	case "skip":
		p.summary.Skipped++
		l.summary.Skips = append(l.summary.Skips, p.name+" "+e.Test)
		l.printf("SKIP    %s %s\n", p.name, e.Test)
		l.print(told(t.output)...)
		delete(p.tests, e.Test)
	}
}

// testOutput keeps what a test prints until it is known whether it matters. A
// benchmark's result always does.
func (l *Log) testOutput(t *test, e event) {
	t.output = continued(t.output, e.Output)
	last := t.output[len(t.output)-1]
	if strings.HasPrefix(e.Test, "Benchmark") && strings.Contains(last, " ns/op") && strings.HasSuffix(last, "\n") {
		t.measured = true
		l.print(last)
		t.output = t.output[:len(t.output)-1]
	}
}

func (l *Log) failed(p *pkg, name string) {
	p.summary.Failed++
	l.summary.Failures = append(l.summary.Failures, p.name+" "+name)
	l.printf("FAIL    %s %s\n", p.name, name)
	l.print(told(p.tests[name].output)...)
	delete(p.tests, name)
}

func (l *Log) ofPackage(p *pkg, e event) {
	switch e.Action {
	case "output":
		p.output = continued(p.output, e.Output)
		return
	case "pass", "fail", "skip":
	default:
		return
	}
	p.summary.Seconds = e.Elapsed
	l.unfinished(p)
	if e.Action == "fail" && p.summary.Failed == 0 {
		p.summary.Failed, p.summary.Broken = 1, true
		l.summary.Failures = append(l.summary.Failures, p.name)
	}
	if e.Action == "fail" {
		l.print(told(p.output)...)
	}
	l.packageLine(p, e)
	l.summary.Packages = append(l.summary.Packages, p.summary)
	l.summary.add(p.summary)
	delete(l.packages, e.Package)
}

// unfinished settles the tests that have begun and never ended. For a test
// that means that its process died. A benchmark never says that it passed; it
// has, if it printed a result, and is no more than a heading if it began
// others.
func (l *Log) unfinished(p *pkg) {
	var names []string
	for name := range p.tests {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		heading := func(other string) bool { return strings.HasPrefix(other, name+"/") }
		switch {
		case p.tests[name].measured:
			p.summary.Passed++
		case strings.HasPrefix(name, "Benchmark") && slices.ContainsFunc(names, heading):
		default:
			l.failed(p, name)
		}
	}
}

func (l *Log) packageLine(p *pkg, e event) {
	s := p.summary
	switch {
	case e.Action == "fail":
		l.printf("FAIL    %-34s %4d passed, %d failed %8.2fs\n", p.name, s.Passed, s.Failed, s.Seconds)
	case s.Passed+s.Skipped == 0:
		l.printf("-       %-34s    no tests\n", p.name)
	default:
		l.printf("ok      %-34s %4d passed %18.2fs\n", p.name, s.Passed, s.Seconds)
	}
}

// continued adds output to lines: long lines arrive in parts.
func continued(lines []string, output string) []string {
	if n := len(lines); n > 0 && !strings.HasSuffix(lines[n-1], "\n") {
		lines[n-1] += output
		return lines
	}
	return append(lines, output)
}

// told leaves out the lines that only say which test runs and how packages
// ended, which the log says in its own way.
func told(output []string) []string {
	return slices.DeleteFunc(slices.Clone(output), func(line string) bool {
		for _, prefix := range []string{"=== RUN", "=== PAUSE", "=== CONT", "=== NAME", "FAIL\t", "coverage: "} {
			if strings.HasPrefix(line, prefix) {
				return true
			}
		}
		return line == "FAIL\n" || line == "PASS\n"
	})
}

func (s *Summary) add(p Package) {
	s.Passed += p.Passed
	s.Failed += p.Failed
	s.Skipped += p.Skipped
}

func (l *Log) print(lines ...string) {
	for _, line := range lines {
		_, _ = io.WriteString(l.out, line) // a lost terminal must not stop the run
	}
}

func (l *Log) printf(format string, args ...any) { l.print(fmt.Sprintf(format, args...)) }
