package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// pathOf leaves nothing on PATH but go and the named programs.
func pathOf(t *testing.T, programs ...string) {
	t.Helper()
	path, err := exec.LookPath("go")
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.Symlink(path, filepath.Join(dir, "go")))
	for _, name := range programs {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o700))
	}
	t.Setenv("PATH", dir)
}

// asked is an installer that remembers what it was asked for, and fails with
// an error where there is one.
func asked(pkgs *[]string, err error) installer {
	return func(_ context.Context, note func(string, ...any), more ...string) error {
		note("installing %s", strings.Join(more, ", "))
		*pkgs = append(*pkgs, more...)
		return err
	}
}

var errNoRoot = errors.New("that takes root")

func TestTheCompilerIsInstalledWhereItIsMissing(t *testing.T) {
	var pkgs []string
	t.Setenv("CC", "tinycc -pipe")
	pathOf(t, "tinycc")
	require.NoError(t, needCompiler(t.Context(), io.Discard, asked(&pkgs, nil)))
	require.Empty(t, pkgs, "there is one")

	pathOf(t)
	var out strings.Builder
	require.NoError(t, needCompiler(t.Context(), &out, asked(&pkgs, nil)))
	require.Equal(t, []string{"gcc", "libc6-dev"}, pkgs)
	require.Equal(t, "installing gcc, libc6-dev\n", out.String())

	err := needCompiler(t.Context(), io.Discard, asked(&pkgs, errNoRoot))
	require.ErrorIs(t, err, errNoRoot)
	require.ErrorContains(t, err, "there is no tinycc: install one")
	require.ErrorContains(t, err, "-race=false")
}

func TestTheShellIsInstalledWhereTheTestsTakeIt(t *testing.T) {
	house(t, with(passing, "cmd/plinto/main.go", "package main\n\nfunc main() {}\n"))
	for name, c := range map[string]struct {
		programs []string
		packages []string
		want     []string
	}{
		"all there":            {[]string{"bash", "curl"}, []string{"./..."}, nil},
		"no curl":              {[]string{"bash"}, []string{"./..."}, []string{"curl"}},
		"no curl, by name":     {[]string{"bash"}, []string{"./core/user", "./cmd/plinto"}, []string{"curl"}},
		"neither":              {nil, []string{"./cmd/..."}, []string{"bash", "curl"}},
		"other packages":       {nil, []string{"./core/..."}, nil},
		"a package that isn't": {nil, []string{"./core/nonesuch"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			pathOf(t, c.programs...)
			var pkgs []string
			require.NoError(t, needShell(t.Context(), io.Discard, asked(&pkgs, nil), c.packages))
			require.Equal(t, c.want, pkgs)
		})
	}
	pathOf(t)
	var pkgs []string
	require.EqualError(t, needShell(t.Context(), io.Discard, asked(&pkgs, errNoRoot), []string{"./..."}),
		"the tests of cmd/plinto take bash and curl and there is no bash and no curl: install what is missing; apt-get cannot do it here: that takes root")
}

func TestAMissingShellIsToldBeforeAnythingStarts(t *testing.T) {
	house(t, with(passing, "cmd/plinto/main.go", "package main\n\nfunc main() {}\n"))
	pathOf(t)
	code, out, errOut := dev(t, append([]string{"test"}, plain...)...)
	require.Equal(t, 1, code)
	require.Empty(t, out)
	require.Equal(t, "dev: the tests of cmd/plinto take bash and curl and there is no bash and no curl: install what is missing; apt-get cannot do it here: there is no apt-get\n", errOut)

	code, _, _ = dev(t, append([]string{"test", "./core/user"}, plain...)...)
	require.Zero(t, code)
}
