package credential_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/credential"
)

func TestSpellings(t *testing.T) {
	for text, want := range map[string][]string{
		"":                             {""},
		"Password1234":                 {"Password1234", "Password"},
		"!!Password!1":                 {"!!Password!1", "Password"},
		"password12345":                {"password12345"},
		"pass1234":                     {"pass1234"},
		"passwordpassword":             {"passwordpassword", "password"},
		"abcdabcdabcd":                 {"abcdabcdabcd"},
		"correct horse battery staple": {"correct horse battery staple"},
		"пароль2024":                   {"пароль2024", "пароль"},
		"1234567890":                   {"1234567890"},
	} {
		require.Equal(t, want, credential.Spellings(text), text)
	}
}

func TestPredictable(t *testing.T) {
	for _, text := range []string{
		"aaaaaaaaaaaa", "abababababab", "abcdabcdabcd", "123456789012", "098765432109", "abcdefghijkl", "ZYXWVUTSRQPO", strings.Repeat("🦊", 12), "AaaAaaAaaAaa",
	} {
		require.True(t, credential.Predictable(text), text)
	}
	for _, text := range []string{"", "abcd", "abcdefghijkm", "123456789013", "aaaaaaaaaaab", "correct horse battery staple", "passwordpassword"} {
		require.False(t, credential.Predictable(text), text)
	}
}
