package coverage_test

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/cmd/dev/internal/coverage"
)

const profile = `mode: atomic
example.org/m/core/user/user.go:1.1,2.2 3 0
example.org/m/core/user/user.go:3.1,4.2 1 5
example.org/m/core/token/judge.go:1.1,2.2 4 1
example.org/m/core/app/app.go:1.1,2.2 1 0
example.org/m/core/app/login/password.go:1.1,2.2 9 7
example.org/m/ports/outbound/errors.go:1.1,2.2 2 2
example.org/m/ports/porttest/store.go:1.1,2.2 500 0
example.org/m/adapters/sqlite/store.go:1.1,2.2 5 1
example.org/m/adapters/sqlite/internal/column/micros.go:1.1,2.2 5 0
example.org/m/adapters/sqlite/internal/db/users.sql.go:1.1,2.2 500 0
example.org/m/adapters/bcrypt/hasher.go:1.1,2.2 1 1
example.org/m/config/load.go:1.1,2.2 2 0
example.org/m/sql/drift/drift.go:1.1,2.2 2 1
example.org/m/cmd/plinto/main.go:1.1,2.2 10 0
example.org/elsewhere/x.go:1.1,2.2 500 0

example.org/m/core/user/user.go:1.1,2.2 3 2
example.org/m/core/user/user.go:3.1,4.2 1 0
`

func TestByLayer(t *testing.T) {
	p, err := coverage.Read(strings.NewReader(profile))
	require.NoError(t, err)
	shares, total := p.ByLayer("example.org/m")
	require.Equal(t, []coverage.Share{
		{Name: "core", Statements: 8, Covered: 8},
		{Name: "core/app", Statements: 10, Covered: 9},
		{Name: "ports", Statements: 2, Covered: 2},
		{Name: "adapters/bcrypt", Statements: 1, Covered: 1},
		{Name: "adapters/sqlite", Statements: 10, Covered: 5},
		{Name: "sql", Statements: 2, Covered: 2},
		{Name: "config", Statements: 2, Covered: 0},
		{Name: "cmd", Statements: 10, Covered: 0},
	}, shares)
	require.Equal(t, coverage.Share{Name: "total without cmd and generated code", Statements: 35, Covered: 27}, total)

	var out strings.Builder
	coverage.Print(&out, shares[:2], total)
	require.Equal(t, "\ncoverage:\n"+
		"  core                                   100.0 %  of     8 statements\n"+
		"  core/app                                90.0 %  of    10 statements\n"+
		"  total without cmd and generated code    77.1 %  of    35 statements\n", out.String())
}

func TestAPackageOfNoLayerStillCounts(t *testing.T) {
	p, err := coverage.Read(strings.NewReader("mode: set\nexample.org/m/corelation/x.go:1.1,2.2 3 1\n"))
	require.NoError(t, err)
	shares, total := p.ByLayer("example.org/m")
	require.Equal(t, []coverage.Share{{Name: "", Statements: 3, Covered: 3}}, shares)
	require.Equal(t, 3, total.Statements)
}

func TestNothingToCoverIsAllCovered(t *testing.T) {
	require.Equal(t, 100.0, coverage.Share{}.Percent())
}

func TestCounted(t *testing.T) {
	require.True(t, coverage.Counted("adapters/sqlite"))
	require.False(t, coverage.Counted("adapters/sqlite/internal/db"))
	require.False(t, coverage.Counted("ports/porttest"))
}

func TestWhatIsNoProfileIsAnError(t *testing.T) {
	for _, line := range []string{"nonsense", "a b c", "a.go:1.1,2.2 x 1", "a.go:1.1,2.2 1 x"} {
		_, err := coverage.Read(strings.NewReader("mode: set\n" + line))
		require.ErrorContains(t, err, "line 2", line)
	}
	broken := errors.New("broken")
	_, err := coverage.Read(iotest.ErrReader(broken))
	require.ErrorIs(t, err, broken)
}
