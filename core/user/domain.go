package user

import (
	"slices"
	"strings"
	"unicode"
)

// needsIDNA tells whether a domain says more than its ASCII: it has another
// character, or a label that stands for others (RFC 5890 section 2.3.2.1).
func needsIDNA(domain string) bool {
	if !isASCII(domain) {
		return true
	}
	for label := range strings.SplitSeq(domain, ".") {
		if len(label) >= 4 && strings.EqualFold(label[:4], "xn--") {
			return true
		}
	}
	return false
}

// isDisplayable refuses what UTS 46 would map away and nobody sees: an address
// is stored as typed, and shown. Joiners are letters of some scripts (RFC 5892
// appendix A).
func isDisplayable(domain string) bool {
	return !strings.ContainsFunc(domain, func(r rune) bool {
		switch r {
		case '\u200c', '\u200d':
			return false
		case unicode.ReplacementChar, '\u115f', '\u1160', '\u3164', '\uffa0', '\u034f':
			return true
		}
		return unicode.In(r, unicode.C, unicode.Z, unicode.Variation_Selector)
	})
}

// hasPlainScripts tells whether each label of a name is written in one script,
// or in those that are written together (UTS 39 section 5.2, highly
// restrictive). A Cyrillic letter in a Latin name is there to pass for another
// name. A name that is foreign throughout is taken: it is another mailbox, with
// another key, whatever it looks like.
func hasPlainScripts(name string) bool {
	for label := range strings.SplitSeq(name, ".") {
		if !isPlainlyWritten(label) {
			return false
		}
	}
	return true
}

func isPlainlyWritten(label string) bool {
	var scripts []string
	for _, r := range label {
		if s := scriptOf(r); s != "" && !slices.Contains(scripts, s) {
			scripts = append(scripts, s)
		}
	}
	if len(scripts) <= 1 {
		return true
	}
	for _, together := range [][]string{
		{"Latin", "Han", "Hiragana", "Katakana"}, {"Latin", "Han", "Bopomofo"}, {"Latin", "Han", "Hangul"},
	} {
		if !slices.ContainsFunc(scripts, func(s string) bool { return !slices.Contains(together, s) }) {
			return true
		}
	}
	return false
}

// scriptOf names the script of a character; empty for those of all scripts.
func scriptOf(r rune) string {
	if unicode.In(r, unicode.Common, unicode.Inherited) {
		return ""
	}
	for name, table := range unicode.Scripts {
		if unicode.Is(table, r) {
			return name
		}
	}
	return "Unknown"
}
