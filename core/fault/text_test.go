package fault_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/fault"
)

func TestEveryTextIsAWordAndASentence(t *testing.T) {
	for _, says := range fault.Texts() {
		f := says.In("body.field")
		require.Equal(t, "body.field", f.Name, says)
		require.Regexp(t, `^[a-z_]+$`, f.Type, says)
		require.True(t, strings.HasSuffix(f.Message, "."), "%d: %s", says, f.Message)
	}
}

func TestATextIsFilled(t *testing.T) {
	require.Equal(t, "A user name has at least 3 characters.", fault.UsernameTooShort.In("username", 3).Message)
}
