package mail_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/mail"
)

func TestRedactLeavesNoAddressAndNoLink(t *testing.T) {
	for said, want := range map[string]string{
		"5.1.1 <ann@example.com>: Recipient address rejected": "5.1.1 … Recipient address rejected",
		"no\r\nsuch\tuser":                           "no such user",
		"see https://example.com/reset?token=secret": "see …",
		`{"to":"ann@example.com"}`:                   "…",
		"ann＠example.com is unknown":                 "… is unknown",
		"a\u202eb\x00c":                              "a b c",
		"":                                           "",
		"\xff\xfe":                                   "",
	} {
		require.Equal(t, want, mail.Redact(said), "%q", said)
	}
	require.Len(t, []rune(mail.Redact(strings.Repeat("é", 1000))), 201)
}

func TestKindsAreNamedOnce(t *testing.T) {
	seen := map[mail.Kind]bool{mail.Trial: true}
	for _, kind := range mail.Kinds() {
		require.False(t, seen[kind], kind)
		seen[kind] = true
	}
}
