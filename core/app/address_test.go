package app_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What people type is read with the domains of the world: user.ParseEmail takes
// ASCII alone, and would turn away half of the mailboxes that sign-up takes.
func TestUseCasesReadAddressesOfAllDomains(t *testing.T) {
	read := 0
	require.NoError(t, fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		read += strings.Count(string(text), "user.ParseAddress(")
		if name != "mailing/notices.go" { // reads what was kept in ASCII
			require.NotContains(t, string(text), "user.ParseEmail(", name)
		}
		return nil
	}))
	require.Greater(t, read, 2)
}
