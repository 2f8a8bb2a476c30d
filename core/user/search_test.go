package user_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/user"
)

func TestASearchFindsWhatBeginsSo(t *testing.T) {
	for typed, c := range map[string]struct{ found, others []string }{
		"an":        {[]string{"an", "ann@example.com", "anö"}, []string{"a", "am", "ao", "bann"}},
		" AN\u00a0": {[]string{"ann"}, []string{" an"}},
		"ÉRIC":      {[]string{"éric", "éricé"}, []string{"eric", "éri"}},
		"50%":       {[]string{"50% off"}, []string{"500", "50"}},
		"a_":        {[]string{"a_b"}, []string{"axb", "a\\_b"}},
		`a\`:        {[]string{`a\b`}, []string{"ab", "a%"}},
		"🦊":         {[]string{"🦊🦊"}, []string{"🦋"}},
	} {
		s, faults := user.ParseSearch(typed)
		require.Empty(t, faults, typed)
		require.False(t, s.IsZero())
		from, to := s.Bounds()
		for _, key := range c.found {
			require.True(t, from <= key && key < to, "%q finds %q", typed, key)
		}
		for _, key := range c.others {
			require.False(t, from <= key && key < to, "%q does not find %q", typed, key)
		}
	}
	for _, nothing := range []string{"", "  ", "\t"} {
		s, faults := user.ParseSearch(nothing)
		require.Empty(t, faults)
		require.True(t, s.IsZero())
	}
}

func TestASearchIsBounded(t *testing.T) {
	_, faults := user.ParseSearch(strings.Repeat("é", user.MaxSearch))
	require.Empty(t, faults)
	for typed, kind := range map[string]string{
		strings.Repeat("é", user.MaxSearch+1): "too_long", "a\x00b": "invalid_characters", "a\nb": "invalid_characters", "a\xff": "invalid_characters",
	} {
		_, faults := user.ParseSearch(typed)
		require.Len(t, faults, 1)
		require.Equal(t, "query.search", faults[0].Name)
		require.Equal(t, kind, faults[0].Type)
	}
}

func TestAPartOfANameIsFoundInAnyCase(t *testing.T) {
	name := "ÉRIC van Łuk"
	require.Equal(t, "éric van łuk", *user.SearchKey(&name))
	require.Nil(t, user.SearchKey(nil))
}
