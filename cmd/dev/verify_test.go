package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/sql/drift"
)

func TestGenerateThenVerify(t *testing.T) {
	house(t, map[string]string{
		"adapters/sqlite/internal/db/orphan.go":   "package db\n",
		"adapters/postgres/internal/db/orphan.go": "package db\n",
	})
	code, out, errOut := dev(t, "generate")
	require.Zero(t, code, errOut)
	require.Contains(t, out, drift.SumFile)
	require.NoFileExists(t, "adapters/sqlite/internal/db/orphan.go")
	require.NoFileExists(t, "adapters/postgres/internal/db/orphan.go")
	require.FileExists(t, "adapters/sqlite/internal/db/db.go")

	code, out, _ = dev(t, "verify")
	require.Zero(t, code, out)
	require.Equal(t, "9 checks, 0 failed", lastLine(out))

	// SQL that changed, without generating.
	require.NoError(t, os.WriteFile("sql/queries/more.sql", []byte("SELECT 2\n"), 0o600))
	code, out, _ = dev(t, "verify", "generated", "sums")
	require.Equal(t, 1, code)
	require.Contains(t, out, "    adapters/sqlite/internal/db/db.go is not what the SQL says\n")
	require.Contains(t, out, "    sql/queries/more.sql is new since the code was generated\n")
	require.Equal(t, "2 checks, 2 failed", lastLine(out))
	text, err := os.ReadFile("adapters/sqlite/internal/db/db.go")
	require.NoError(t, err)
	require.Contains(t, string(text), "queries = 1", "verify changes nothing")
}

func TestGenerateThatFailsKeepsWhatThereIs(t *testing.T) {
	house(t, map[string]string{"adapters/sqlite/internal/db/db.go": "package db\n"})
	require.NoError(t, os.RemoveAll("sql/queries"))
	code, _, errOut := dev(t, "generate")
	require.Equal(t, 1, code)
	require.Contains(t, errOut, "sql/queries")
	require.FileExists(t, "adapters/sqlite/internal/db/db.go")

	require.NoError(t, os.Remove("sqlc.yaml"))
	code, _, errOut = dev(t, "generate")
	require.Equal(t, 1, code)
	require.Contains(t, errOut, "sqlc.yaml")
}

func TestEachCheckFindsItsFault(t *testing.T) {
	for name, c := range map[string]struct {
		check string
		files map[string]string
		want  string
	}{
		"a stranger":         {"toplevel", map[string]string{"docs/a.md": ""}, "docs does not belong at the top"},
		"a bad format":       {"format", map[string]string{"core/a.go": "package  core\n"}, "core/a.go"},
		"no Go":              {"format", map[string]string{"core/a.go": "x"}, "core/a.go:1:"},
		"no sum":             {"sums", nil, drift.SumFile},
		"vet":                {"vet", map[string]string{"core/a.go": "package core\n\nfunc f() int { for {} ; return 1 }\n"}, "unreachable code"},
		"modules":            {"modules", map[string]string{"go.mod": "module " + module + "\n\ngo 1.26.0\n\nrequire example.org/x v1.0.0\n"}, "-require example.org/x v1.0.0"},
		"staticcheck":        {"staticcheck", map[string]string{".tools/staticcheck/main.go": "package main\n\nimport \"os\"\n\nfunc main() { println(\"a.go:1: bad\"); os.Exit(1) }\n"}, "a.go:1: bad"},
		"dead code":          {"deadcode", map[string]string{".tools/deadcode/main.go": "package main\n\nfunc main() { print(\"no JSON\") }\n"}, "answer of deadcode"},
		"a tool that fails":  {"deadcode", map[string]string{".tools/deadcode/main.go": "package main\n\nfunc main() { panic(1) }\n"}, "exit status 2"},
		"a bad query":        {"queries", map[string]string{"sql/queries/bad.sql": ""}, "every query names its tenant"},
		"nothing generated":  {"generated", nil, "adapters/sqlite/internal/db/db.go is missing"},
		"generated too much": {"generated", map[string]string{"adapters/postgres/internal/db/x.go": "package db\n"}, "adapters/postgres/internal/db/x.go comes from no SQL"},
		"a tool not pinned":  {"queries", map[string]string{"cmd/tools/go.mod": "module x\n\ngo 1.26.0\n"}, "sqlc"},
	} {
		t.Run(name, func(t *testing.T) {
			house(t, c.files)
			code, out, _ := dev(t, "verify", c.check)
			require.Equal(t, 1, code)
			require.Contains(t, out, c.check+strings.Repeat(" ", 13-len(c.check))+"failed")
			require.Contains(t, out, c.want)
		})
	}
}

func TestTopLevelAsksGitWhatWouldBeCommitted(t *testing.T) {
	house(t, map[string]string{".gitignore": "/data/\n", "data/plinto.db": ""})
	require.Error(t, topLevel(t.Context()), "without git everything counts")
	require.NoError(t, exec.Command("git", "init", "--quiet").Run())
	require.NoError(t, topLevel(t.Context()))
	require.NoError(t, os.WriteFile("Makefile", nil, 0o600))
	require.ErrorContains(t, topLevel(t.Context()), "Makefile does not belong at the top")
}

func TestChecksAreChosenByName(t *testing.T) {
	house(t, nil)
	code, _, errOut := dev(t, "verify", "toplevle")
	require.Equal(t, 1, code)
	require.Contains(t, errOut, `there is no check "toplevle"`)
	code, out, _ := dev(t, "verify", "toplevel", "format")
	require.Zero(t, code, out)
	require.Equal(t, "2 checks, 0 failed", lastLine(out))
}

func TestEveryCheckRunsWhateverTheOthersSay(t *testing.T) {
	var out strings.Builder
	bad := check{"bad", "", func(context.Context) error { return errors.New("one\ntwo\n") }}
	good := check{"good", "", func(context.Context) error { return nil }}
	require.Equal(t, exit(1), runChecks(t.Context(), []check{bad, good, bad}, &out))
	require.Regexp(t, `^bad +failed +0\.00s\n    one\n    two\ngood +ok +0\.00s\nbad +failed +0\.00s\n    one\n    two\n3 checks, 2 failed\n$`, out.String())
}

func TestInterruptedVerifyStopsAtOnce(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := check{"stop", "", func(context.Context) error { cancel(interrupt{15}); return errors.New("killed") }}
	never := check{"never", "", func(context.Context) error { t.Error("it goes on"); return nil }}
	var out strings.Builder
	require.ErrorIs(t, runChecks(ctx, []check{stop, never}, &out), interrupt{15})
	require.Empty(t, out.String())
}
