package mail

import (
	"strings"
	"unicode"
)

// maxRedacted is how much of an answer is kept, in characters.
const maxRedacted = 200

// Redact is what operators may be told of what a mail service said: one short
// line, without addresses and links. Services like to quote both, and what is
// kept of a mail that failed outlives the account that it was for.
func Redact(said string) string {
	said = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(said, " "))
	words := strings.Fields(said)
	for i, word := range words {
		if strings.ContainsAny(word, "@\uff20\ufe6b") || strings.Contains(word, "://") {
			words[i] = "…"
		}
	}
	runes := []rune(strings.Join(words, " "))
	if len(runes) > maxRedacted {
		return string(runes[:maxRedacted]) + "…"
	}
	return string(runes)
}
