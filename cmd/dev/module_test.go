package main

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheModuleIsInstalledWhereTheTestsTakeIt(t *testing.T) {
	t.Setenv(moduleVariable, "")
	house(t, with(passing, "adapters/kms/kms.go", "package kms\n"))
	for name, c := range map[string]struct {
		there, comes string // the module, before and after it is installed
		packages     []string
		want         string
		installed    []string
	}{
		"there":          {"/a.so", "", []string{"./..."}, "/a.so", nil},
		"missing":        {"", "/b.so", []string{"./..."}, "/b.so", []string{"softhsm2"}},
		"by name":        {"", "/b.so", []string{"./adapters/kms"}, "/b.so", []string{"softhsm2"}},
		"other packages": {"", "", []string{"./core/..."}, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			var pkgs []string
			find := func() string {
				if len(pkgs) > 0 {
					return c.comes
				}
				return c.there
			}
			path, err := needModule(t.Context(), io.Discard, asked(&pkgs, nil), find, c.packages)
			require.NoError(t, err)
			require.Equal(t, c.want, path)
			require.Equal(t, c.installed, pkgs)
		})
	}
	none := func() string { return "" }
	var pkgs []string
	_, err := needModule(t.Context(), io.Discard, asked(&pkgs, errNoRoot), none, []string{"./..."})
	require.ErrorIs(t, err, errNoRoot)
	require.ErrorContains(t, err, "softhsm2")
	require.ErrorContains(t, err, moduleVariable)
	_, err = needModule(t.Context(), io.Discard, asked(&pkgs, nil), none, []string{"./..."})
	require.ErrorContains(t, err, "not where it should be")

	t.Setenv(moduleVariable, "/mine.so")
	path, err := needModule(t.Context(), io.Discard, asked(&pkgs, errNoRoot), none, []string{"./..."})
	require.NoError(t, err)
	require.Equal(t, "/mine.so", path)
}
