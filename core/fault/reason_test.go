package fault_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/fault"
)

func TestEveryReasonIsACodeAndASentence(t *testing.T) {
	said := map[string]bool{}
	for r := fault.BodyOfOtherType; r <= fault.RotationUnderWay; r++ {
		f := r.Fault()
		require.Contains(t, fault.Codes(), f.Code, r)
		require.True(t, strings.HasSuffix(f.Message, "."), "%d: %s", r, f.Message)
		require.NotEqual(t, f.Code.Message(), f.Message, "it says more than its code")
		require.False(t, said[f.Message], f.Message)
		said[f.Message] = true
	}
}

func TestAReasonIsFilled(t *testing.T) {
	f := fault.UserIs.Fault("deleted")
	require.Equal(t, "Nothing was changed: the user is deleted.", f.Message)
	require.Equal(t, fault.Conflict, f.Code)
}
