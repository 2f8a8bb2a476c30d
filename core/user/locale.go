package user

import (
	"strings"

	"github.com/plinto/plinto/core/fault"
)

// MaxLocale is the longest language tag that is taken (RFC 5646 section 4.4.1).
const MaxLocale = 35

// ParseLocale reads a well-formed language tag (RFC 5646 section 2.1, without
// those that were registered whole) and gives it in the usual case: de-AT,
// zh-Hant. Whether its parts are registered is not asked.
func ParseLocale(field, text string) (string, []fault.Field) {
	tag, ok := readLocale(text)
	if !ok {
		return "", []fault.Field{fault.LocaleInvalid.In(field)}
	}
	return tag, nil
}

func readLocale(text string) (string, bool) {
	if len(text) > MaxLocale {
		return "", false
	}
	t := tag{rest: strings.Split(text, "-")}
	for _, part := range t.rest {
		if len(part) == 0 || len(part) > 8 || !is(part, isAlphanumeric) {
			return "", false
		}
	}
	language := t.take(strings.ToLower, func(s string) bool { return len(s) >= 2 && is(s, isLetter) })
	if !language {
		return "", false
	}
	if len(t.read[0]) <= 3 {
		for range 3 {
			t.take(strings.ToLower, func(s string) bool { return len(s) == 3 && is(s, isLetter) })
		}
	}
	t.take(titled, func(s string) bool { return len(s) == 4 && is(s, isLetter) })
	t.take(strings.ToUpper, func(s string) bool { return len(s) == 2 && is(s, isLetter) || len(s) == 3 && is(s, isDigit) })
	variants := map[string]bool{}
	for t.take(strings.ToLower, func(s string) bool { return isVariant(s) && !variants[strings.ToLower(s)] }) {
		variants[t.read[len(t.read)-1]] = true
	}
	return t.extensions()
}

// tag is a language tag of which some parts are read.
type tag struct{ read, rest []string }

// take reads the next part if it is as wanted.
func (t *tag) take(write func(string) string, wanted func(string) bool) bool {
	if len(t.rest) == 0 || !wanted(t.rest[0]) {
		return false
	}
	t.read, t.rest = append(t.read, write(t.rest[0])), t.rest[1:]
	return true
}

// extensions reads what is left: a letter or digit, once, with parts of its own,
// and at the end an x with anything.
func (t *tag) extensions() (string, bool) {
	anything := func(string) bool { return true }
	seen := map[string]bool{}
	for len(t.rest) > 0 {
		single := strings.ToLower(t.rest[0])
		if len(single) != 1 || seen[single] {
			return "", false
		}
		seen[single] = true
		t.take(strings.ToLower, anything)
		least := 2
		if single == "x" {
			least = 1
		}
		parts := 0
		for t.take(strings.ToLower, func(s string) bool { return len(s) >= least }) {
			parts++
		}
		if parts == 0 {
			return "", false
		}
	}
	return strings.Join(t.read, "-"), true
}

func isVariant(s string) bool { return len(s) >= 5 || len(s) == 4 && isDigit(s[0]) }

func titled(s string) string { return strings.ToUpper(s[:1]) + strings.ToLower(s[1:]) }

func is(s string, wanted func(c byte) bool) bool {
	for i := range len(s) {
		if !wanted(s[i]) {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isLetter(c byte) bool { return isAlphanumeric(c) && !isDigit(c) }
