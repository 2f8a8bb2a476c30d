package credential

import (
	"slices"
	"strings"
	"unicode"
)

const (
	// minCore is the shortest word that is looked for in a list without what
	// stands around it.
	minCore = 5
	// maxAffix is how many characters may be put around a listed word that
	// make no other password of it.
	maxAffix = 4
)

// Spellings gives the texts that a list of common passwords is asked about for
// this one: the text; the word that is left without up to four digits and signs
// before and behind it, as in "Password1234!"; and what is repeated, when it is
// a repetition.
func Spellings(text string) []string {
	forms := []string{text}
	runes := []rune(text)
	core := strings.TrimFunc(text, func(r rune) bool { return !unicode.IsLetter(r) })
	if n := len([]rune(core)); n >= minCore && n < len(runes) && len(runes)-n <= maxAffix {
		forms = append(forms, core)
	}
	if unit := repeated(runes); len(unit) < len(runes) && len(unit) >= minCore {
		forms = append(forms, string(unit))
	}
	return forms
}

// Predictable reports whether a text is one of a few that need no list: a run
// of neighbours such as "abcdefghijkl" or "987654321098", or up to four
// characters again and again.
func Predictable(text string) bool {
	runes := []rune(strings.ToLower(text))
	return len(runes) > maxAffix && (len(repeated(runes)) <= maxAffix || run(runes, 1) || run(runes, -1))
}

// repeated gives the shortest text of which this one is a repetition.
func repeated(runes []rune) []rune {
	for n := 1; n <= len(runes)/2; n++ {
		if len(runes)%n == 0 && slices.Equal(runes[n:], runes[:len(runes)-n]) {
			return runes[:n]
		}
	}
	return runes
}

// run reports whether each character is the neighbour of the one before; the
// digits go round.
func run(runes []rune, step rune) bool {
	for i := 1; i < len(runes); i++ {
		was, is := runes[i-1], runes[i]
		if digit(was) && digit(is) {
			was, is = was-'0', is-'0'
			if (was+step+10)%10 != is {
				return false
			}
		} else if was+step != is {
			return false
		}
	}
	return true
}

func digit(r rune) bool { return '0' <= r && r <= '9' }
