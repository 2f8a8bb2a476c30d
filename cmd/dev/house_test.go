package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// house makes a small module of the same name, with tools of its own, and
// works there for the rest of the test.
func house(t *testing.T, files map[string]string) {
	t.Helper()
	dir := t.TempDir()
	all := map[string]string{
		"go.mod":           "module " + module + "\n\ngo 1.26.0\n",
		"cmd/tools/go.mod": "module " + module + "\n\ngo 1.26.0\n\ntool (\n\t" + module + "/.tools/sqlc\n\t" + module + "/.tools/staticcheck\n\t" + module + "/.tools/deadcode\n)\n",
		// It generates one file from the number of queries.
		".tools/sqlc/main.go": `package main

import (
	"fmt"
	"os"
)

func main() {
	if os.Args[1] == "vet" {
		if _, err := os.Stat("sql/queries/bad.sql"); err == nil {
			fmt.Println("bad.sql: every query names its tenant")
			os.Exit(1)
		}
		return
	}
	queries, err := os.ReadDir("sql/queries")
	if err != nil {
		panic(err)
	}
	if err := os.MkdirAll("adapters/sqlite/internal/db", 0o755); err != nil {
		panic(err)
	}
	text := fmt.Sprintf("package db\n\nconst queries = %d\n", len(queries))
	if err := os.WriteFile("adapters/sqlite/internal/db/db.go", []byte(text), 0o644); err != nil {
		panic(err)
	}
}
`,
		".tools/staticcheck/main.go": "package main\n\nfunc main() {}\n",
		".tools/deadcode/main.go":    "package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println(\"[]\") }\n",
		"sqlc.yaml":                  "version: 2\n",
		"sql/queries/users.sql":      "SELECT 1\n",
	}
	for name, text := range files {
		all[name] = text
	}
	for name, text := range all {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	t.Chdir(dir)
}

// dev runs a command and returns its exit code and what it printed.
func dev(t *testing.T, args ...string) (code int, out, errOut string) {
	t.Helper()
	return devIn(t.Context(), args...)
}

func devIn(ctx context.Context, args ...string) (code int, out, errOut string) {
	var o, e strings.Builder
	code = run(ctx, args, &o, &e)
	return code, o.String(), e.String()
}

func lastLine(text string) string {
	all := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return all[len(all)-1]
}
