package testlog_test

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/cmd/dev/internal/testlog"
)

// run is a list of events in short: action, test, output. An empty test is the
// package's own.
type run []struct{ action, test, output string }

func (r run) String() string {
	var b strings.Builder
	for _, e := range r {
		line, err := json.Marshal(map[string]any{"Action": e.action, "Package": "example.org/m/core/user", "Test": e.test, "Output": e.output, "Elapsed": 1.5})
		if err != nil {
			panic(err)
		}
		b.Write(append(line, '\n'))
	}
	return b.String()
}

func fold(t *testing.T, verbose bool, events string) (testlog.Summary, string) {
	t.Helper()
	var out strings.Builder
	log := testlog.New(&out, "example.org/m", verbose)
	require.NoError(t, log.Read(strings.NewReader(events)))
	return log.Summary(), out.String()
}

func TestPassingTestsAreOneLineAPackage(t *testing.T) {
	events := run{
		{"start", "", ""},
		{"run", "TestA", ""},
		{"output", "TestA", "=== RUN   TestA\n"},
		{"run", "TestA/sub", ""},
		{"output", "TestA/sub", "    a_test.go:3: chatter\n"},
		{"pass", "TestA/sub", ""},
		{"pass", "TestA", ""},
		{"output", "", "PASS\n"},
		{"pass", "", ""},
	}.String()
	s, out := fold(t, false, events)
	require.Equal(t, "2 passed, 0 failed, 0 skipped", s.String())
	require.Equal(t, "ok      core/user                             2 passed               1.50s\n", out)

	_, out = fold(t, true, events)
	require.Contains(t, out, "pass    core/user TestA/sub (1.50s)\n")
}

func TestFailureIsPrintedInFullWhenItHappens(t *testing.T) {
	s, out := fold(t, false, run{
		{"run", "TestA", ""},
		{"output", "TestA", "=== RUN   TestA\n"},
		{"run", "TestA/sub", ""},
		{"output", "TestA/sub", "=== RUN   TestA/sub\n"},
		{"output", "TestA/sub", "    a_test.go:5: bad\n"},
		{"output", "TestA/sub", "--- FAIL: TestA/sub (0.00s)\n"},
		{"fail", "TestA/sub", ""},
		{"output", "TestA", "--- FAIL: TestA (0.00s)\n"},
		{"fail", "TestA", ""},
		{"output", "", "FAIL\n"},
		{"output", "", "-test.shuffle 42\n"},
		{"output", "", "coverage: 12.0% of statements in exam"},
		{"output", "", "ple.org/m/core/user\n"},
		{"output", "", "FAIL\texample.org/m/core/user\t0.004s\n"},
		{"fail", "", ""},
	}.String())
	require.Equal(t, "0 passed, 2 failed, 0 skipped", s.String())
	require.Equal(t, []string{"core/user TestA/sub", "core/user TestA"}, s.Failures)
	require.Equal(t, `FAIL    core/user TestA/sub
    a_test.go:5: bad
--- FAIL: TestA/sub (0.00s)
FAIL    core/user TestA
--- FAIL: TestA (0.00s)
-test.shuffle 42
FAIL    core/user                             0 passed, 2 failed     1.50s
`, out)
}

func TestSkipIsNamedWithItsReason(t *testing.T) {
	s, out := fold(t, false, run{
		{"run", "TestA", ""},
		{"output", "TestA", "    a_test.go:4: DATABASE is unset\n"},
		{"output", "TestA", "--- SKIP: TestA (0.00s)\n"},
		{"skip", "TestA", ""},
		{"pass", "", ""},
	}.String())
	require.Equal(t, "0 passed, 0 failed, 1 skipped", s.String())
	require.Equal(t, []string{"core/user TestA"}, s.Skips)
	require.Contains(t, out, "SKIP    core/user TestA\n    a_test.go:4: DATABASE is unset\n")
	require.Contains(t, out, "ok      core/user")
}

func TestPackageWithoutTestsIsNoSkip(t *testing.T) {
	s, out := fold(t, false, run{{"output", "", "?   \texample.org/m/core/user\t[no test files]\n"}, {"skip", "", ""}}.String())
	require.Equal(t, "0 passed, 0 failed, 0 skipped", s.String())
	require.Equal(t, "-       core/user                             no tests\n", out)
}

func TestPackageThatDoesNotBuildIsAFailure(t *testing.T) {
	s, out := fold(t, false, ""+
		`{"ImportPath":"example.org/m [x]","Action":"build-output","Output":"a.go:1:2: no such thing\n"}`+"\n"+
		`{"ImportPath":"example.org/m [x]","Action":"build-fail"}`+"\n"+
		`{"Action":"start","Package":"example.org/m"}`+"\n"+
		`{"Action":"output","Package":"example.org/m","Output":"FAIL\texample.org/m [build failed]\n"}`+"\n"+
		`{"Action":"fail","Package":"example.org/m","Elapsed":0,"FailedBuild":"example.org/m [x]"}`+"\n")
	require.Equal(t, "0 passed, 1 failed, 0 skipped", s.String())
	require.Equal(t, []string{"."}, s.Failures)
	require.True(t, s.Packages[0].Broken)
	require.Contains(t, out, "a.go:1:2: no such thing\n")
}

func TestProcessThatDiesFailsTheTestsItWasRunning(t *testing.T) {
	s, out := fold(t, false, run{
		{"run", "TestA", ""},
		{"pass", "TestA", ""},
		{"run", "TestB", ""},
		{"output", "TestB", "panic: test timed out after 10m0s\n"},
		{"run", "TestC", ""},
		{"output", "", "exit status 2\n"},
		{"fail", "", ""},
	}.String())
	require.Equal(t, "1 passed, 2 failed, 0 skipped", s.String())
	require.Equal(t, []string{"core/user TestB", "core/user TestC"}, s.Failures)
	require.Contains(t, out, "panic: test timed out")
	require.Contains(t, out, "exit status 2\n")
}

func TestProcessThatDiesBeforeItsTestsIsOneFailure(t *testing.T) {
	s, _ := fold(t, false, run{{"output", "", "exit status 3\n"}, {"fail", "", ""}}.String())
	require.Equal(t, "0 passed, 1 failed, 0 skipped", s.String())
	require.Equal(t, []string{"core/user"}, s.Failures)
}

func TestBenchmarksPassByTheirResults(t *testing.T) {
	s, out := fold(t, false, run{
		{"run", "BenchmarkA", ""},
		{"output", "BenchmarkA", "BenchmarkA\n"},
		{"output", "BenchmarkA", "BenchmarkA-2   \t       1\t       331.0 ns/op\n"},
		{"run", "BenchmarkB", ""},
		{"output", "BenchmarkB", "BenchmarkB\n"},
		{"run", "BenchmarkB/sub", ""},
		{"output", "BenchmarkB/sub", "BenchmarkB/sub-2 \t"},
		{"output", "BenchmarkB/sub", "       1\t       815.0 ns/op\n"},
		{"run", "BenchmarkC", ""},
		{"output", "BenchmarkC", "    c_test.go:7: nope\n"},
		{"fail", "BenchmarkC", ""},
		{"run", "BenchmarkD", ""},
		{"output", "BenchmarkD", "panic: nope\n"},
		{"fail", "", ""},
	}.String())
	require.Equal(t, "2 passed, 2 failed, 0 skipped", s.String())
	require.Equal(t, []string{"core/user BenchmarkC", "core/user BenchmarkD"}, s.Failures)
	require.Contains(t, out, "BenchmarkB/sub-2 \t       1\t       815.0 ns/op\n")
	require.Equal(t, 1, strings.Count(out, "331.0 ns/op"))
}

func TestRunThatIsCutOffKeepsItsCounts(t *testing.T) {
	s, _ := fold(t, false, run{{"run", "TestA", ""}, {"pass", "TestA", ""}, {"run", "TestB", ""}}.String())
	require.Equal(t, "1 passed, 0 failed, 0 skipped", s.String())
	require.Empty(t, s.Packages)
}

func TestLinesThatAreNoEventsArePrinted(t *testing.T) {
	s, out := fold(t, false, "go: downloading x\n{}\nlast line without an end")
	require.Zero(t, s.Passed+s.Failed+s.Skipped)
	require.Equal(t, "go: downloading x\n{}\nlast line without an end", out)
}

func TestBrokenStreamIsAnError(t *testing.T) {
	broken := errors.New("broken")
	err := testlog.New(io.Discard, "m", false).Read(iotest.ErrReader(broken))
	require.ErrorIs(t, err, broken)
}

func TestSlowest(t *testing.T) {
	s := testlog.Summary{Packages: []testlog.Package{
		{Name: "a", Passed: 1, Seconds: 1}, {Name: "b", Seconds: 9}, {Name: "c", Failed: 1, Seconds: 3}, {Name: "d", Skipped: 1, Seconds: 2},
	}}
	var names []string
	for _, p := range s.Slowest(2) {
		names = append(names, p.Name)
	}
	require.Equal(t, []string{"c", "d"}, names)
	require.Len(t, s.Slowest(10), 3)
}

func TestFaults(t *testing.T) {
	var out strings.Builder
	testlog.Summary{}.Faults(&out)
	require.Empty(t, out.String())
	testlog.Summary{Failures: []string{"a TestA"}, Skips: []string{"b TestB"}}.Faults(&out)
	require.Equal(t, "\nfailed:\n  a TestA\n\nskipped, which counts as a failure:\n  b TestB\n", out.String())
}
