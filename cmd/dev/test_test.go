package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// passing is a noun with a test that covers half of it.
var passing = map[string]string{
	"core/user/user.go": "package user\n\nfunc Half(a bool) int {\n\tif a {\n\t\treturn 1\n\t}\n\treturn 2\n}\n",
	"core/user/user_test.go": `package user

import "testing"

func TestHalf(t *testing.T) {
	t.Run("true", func(t *testing.T) { Half(true) })
}

func BenchmarkHalf(b *testing.B) {
	for b.Loop() {
		Half(true)
	}
}
`,
	"core/token/token.go": "package token\n\nfunc Unseen() int { return 1 }\n",
}

func with(files map[string]string, more ...string) map[string]string {
	all := map[string]string{}
	for name, text := range files {
		all[name] = text
	}
	for i := 0; i < len(more); i += 2 {
		all[more[i]] = more[i+1]
	}
	return all
}

// plain are the flags that keep these runs short.
var plain = []string{"-servers=false", "-race=false"}

func TestPassingRun(t *testing.T) {
	house(t, passing)
	code, out, errOut := dev(t, append([]string{"test"}, plain...)...)
	require.Zero(t, code, out)
	require.Empty(t, errOut)
	require.Equal(t, "2 passed, 0 failed, 0 skipped", lastLine(out))
	require.Regexp(t, `ok      core/user +2 passed`, out)
	require.Regexp(t, `-       core/token +no tests`, out)
	require.Regexp(t, `  core +50\.0 %  of     4 statements`, out, "what no test imports counts as well")
	require.Regexp(t, `  total without cmd and generated code +50\.0 %`, out)
}

func TestProfileCanBeKept(t *testing.T) {
	house(t, passing)
	profile := filepath.Join(t.TempDir(), "cover.out")
	code, _, _ := dev(t, append([]string{"test", "./core/user", "-coverprofile", profile}, plain...)...)
	require.Zero(t, code)
	require.FileExists(t, profile)
}

func TestFailingRun(t *testing.T) {
	house(t, with(passing, "core/user/bad_test.go", "package user\n\nimport \"testing\"\n\nfunc TestBad(t *testing.T) { t.Error(\"out of luck\") }\n"))
	code, out, _ := dev(t, append([]string{"test"}, plain...)...)
	require.Equal(t, 1, code)
	require.Contains(t, out, "out of luck")
	require.Contains(t, out, "\nfailed:\n  core/user TestBad\n")
	require.Equal(t, "2 passed, 1 failed, 0 skipped", lastLine(out))
}

func TestSkipFailsTheRun(t *testing.T) {
	house(t, with(passing, "core/user/skip_test.go", "package user\n\nimport \"testing\"\n\nfunc TestSkip(t *testing.T) { t.Skip(\"not today\") }\n"))
	code, out, _ := dev(t, append([]string{"test"}, plain...)...)
	require.Equal(t, 1, code)
	require.Contains(t, out, "not today")
	require.Contains(t, out, "skipped, which counts as a failure:\n  core/user TestSkip\n")
	require.Equal(t, "2 passed, 0 failed, 1 skipped", lastLine(out))
}

func TestVetFailsTheRun(t *testing.T) {
	house(t, with(passing, "core/user/vet.go", "package user\n\nimport \"fmt\"\n\nfunc Print() { fmt.Printf(\"%d\", \"x\") }\n"))
	code, out, _ := dev(t, append([]string{"test"}, plain...)...)
	require.Equal(t, 1, code)
	require.Contains(t, out, "FAIL    go vet\n")
	require.Contains(t, out, "wrong type string")
	require.Equal(t, "2 passed, 0 failed, 0 skipped", lastLine(out))
}

func TestRunThatFindsNoTestFails(t *testing.T) {
	house(t, passing)
	code, _, errOut := dev(t, append([]string{"test", "-run", "Nonesuch"}, plain...)...)
	require.Equal(t, 1, code)
	require.Equal(t, "dev: no test ran\n", errOut)
}

func TestBenchmarksCount(t *testing.T) {
	house(t, passing)
	code, out, _ := dev(t, append([]string{"test", "-bench"}, plain...)...)
	require.Zero(t, code)
	require.Contains(t, out, " ns/op")
	require.NotContains(t, out, "coverage")
	require.Equal(t, "1 passed, 0 failed, 0 skipped", lastLine(out))
}

func TestServersThatCannotBeHadEndTheRun(t *testing.T) {
	house(t, passing)
	t.Setenv("PLINTO_TEST_POSTGRES", "postgres://127.0.0.1:1/postgres")
	t.Setenv("PLINTO_TEST_REDIS", "redis://127.0.0.1:1")
	t.Setenv("PLINTO_TEST_REDIS_CLUSTER", "127.0.0.1:1")
	code, _, errOut := dev(t, "test", "-race=false")
	require.Equal(t, 1, code)
	require.Contains(t, errOut, "the server named by PLINTO_TEST_POSTGRES")
}

func TestInterruptedRunTellsWhatItHas(t *testing.T) {
	house(t, with(passing, "core/user/slow_test.go", `package user

import (
	"os"
	"testing"
)

func TestSlow(t *testing.T) {
	if err := os.WriteFile("../../started", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	select {}
}
`))
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		for {
			if _, err := os.Stat("started"); err == nil {
				cancel(interrupt{2})
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	code, out, _ := devIn(ctx, append([]string{"test", "-shuffle=off"}, plain...)...)
	require.Equal(t, 130, code)
	require.Regexp(t, `^\d passed, \d failed, 0 skipped$`, lastLine(out))
}
