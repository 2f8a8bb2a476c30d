package schema_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Whatever changes what is shown of an account counts as a revision of it, so
// that nobody overwrites what they have not seen. When somebody last signed in, and
// whether who has the mailbox holds the account,
// is no such change.
func TestEveryChangeOfAUserIsARevision(t *testing.T) {
	files, err := filepath.Glob("queries/*.sql")
	require.NoError(t, err)
	own, err := filepath.Glob("*/queries/*.sql")
	require.NoError(t, err)
	found := 0
	for _, name := range append(files, own...) {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		for _, m := range userUpdate.FindAllStringSubmatch(string(text), -1) {
			found++
			if set := strings.Join(strings.Fields(m[1]), " "); !notShown.MatchString(set) {
				require.Contains(t, set, "revision = revision + 1", "%s: %s", name, set)
			}
		}
	}
	require.Greater(t, found, 4)
}

var (
	userUpdate = regexp.MustCompile(`(?s)UPDATE users\s+SET (.*?)\s(?:FROM|WHERE)\s`)
	notShown   = regexp.MustCompile(`^(last_sign_in_at|email_owned) = \S+$`)
)
