package main_test

import (
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/cmd/internal/architecture"
)

// Who may import whom is told in the README; what the check refuses is shown
// beside it, on planted breaches.
func TestArchitecture(t *testing.T) {
	report, err := architecture.Check("github.com/plinto/plinto", os.DirFS("../.."), architecture.Standard)
	require.NoError(t, err)
	for _, breach := range report.Breaches {
		t.Error(breach)
	}
	layers := slices.Collect(maps.Values(report.Packages))
	for _, layer := range []string{"noun", "inbound port", "outbound port", "use case", "driving adapter", "driven adapter", "package for consumers", "config"} {
		require.Contains(t, layers, layer, "the check has not seen the house")
	}
}
