package schema_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/sql/drift"
)

// The generator takes minutes to build, so that only `go run ./cmd/dev verify`
// runs it; that nobody forgot to is told by sums.
func TestGeneratedCodeBelongsToTheSQL(t *testing.T) {
	differences, err := drift.Differences(os.DirFS(".."))
	require.NoError(t, err)
	require.Empty(t, differences, "run: go run ./cmd/dev generate")
}
