package credential_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/credential"
)

var policy = credential.Policy{MinLength: 12}

func TestPolicy(t *testing.T) {
	for text, kind := range map[string]string{
		"correct horse battery":    "",
		"éééééééééééé":             "", // twelve characters, twenty-four bytes
		strings.Repeat("é", 256):   "",
		"":                         "missing",
		"elevenchars":              "too_short",
		"ééééééééééé":              "too_short",
		strings.Repeat("a", 257):   "too_long",
		strings.Repeat("a", 1<<20): "too_long",
		"nul\x00nul\x00nul\x00":    "invalid_characters",
		"bad utf-8 \xff\xfe here":  "invalid_characters",
		"my-PLINTO-password":       "too_guessable",
		"ann.lee is my name":       "too_guessable",
		"mail at example.com":      "too_guessable",
	} {
		faults := policy.Check("password", credential.NewPassword(text), "plinto", "Ann.Lee", "example.com", "lee")
		if kind == "" {
			require.Empty(t, faults, "%.40q", text)
			continue
		}
		require.Len(t, faults, 1, "%.40q", text)
		require.Equal(t, kind, faults[0].Type, "%.40q", text)
		require.Equal(t, "password", faults[0].Name)
		if text != "" {
			require.NotContains(t, faults[0].Message, text)
		}
	}
}

func TestShortWordsAreNotLookedFor(t *testing.T) {
	require.Empty(t, policy.Check("password", credential.NewPassword("a bee in the lee"), "lee", ""))
}

func TestTooLong(t *testing.T) {
	require.False(t, credential.NewPassword(strings.Repeat("é", 256)).TooLong())
	require.True(t, credential.NewPassword(strings.Repeat("a", 257)).TooLong())
	require.True(t, credential.NewPassword(strings.Repeat("\xff", 2000)).TooLong())
}

func TestPasswordNeverPrints(t *testing.T) {
	p := credential.NewPassword("hunter2hunter2")
	text, err := json.Marshal(map[string]any{"p": p})
	require.NoError(t, err)
	for _, s := range []string{fmt.Sprint(p), fmt.Sprintf("%v %+v %#v %s %q", p, p, p, p, p), fmt.Sprintf("%+v %#v", struct{ p credential.Password }{p}, struct{ P credential.Password }{p}), string(text)} {
		require.NotContains(t, s, "hunter2")
	}
	require.Equal(t, "hunter2hunter2", p.Reveal())
	require.Empty(t, credential.Password{}.Reveal())
}
