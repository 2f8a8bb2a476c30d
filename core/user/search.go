package user

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/plinto/plinto/core/fault"
)

// Search is what accounts are looked for by: how an address, a user name or a
// part of a name begins, in any case of letters. The zero value is no search.
type Search struct{ start string }

// MaxSearch is the longest search, in characters. No address is longer.
const MaxSearch = maxAddress

// ParseSearch reads a search. Spaces around it are none of it; every other
// character stands for itself.
func ParseSearch(s string) (Search, []fault.Field) {
	s = strings.TrimSpace(s)
	switch {
	case utf8.RuneCountInString(s) > MaxSearch:
		return Search{}, []fault.Field{fault.SearchTooLong.In("query.search", MaxSearch)}
	case !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl):
		return Search{}, []fault.Field{fault.SearchCharacters.In("query.search")}
	}
	return Search{start: strings.ToLower(s)}, nil
}

// IsZero reports whether nothing is looked for.
func (s Search) IsZero() bool { return s.start == "" }

// Bounds are where the keys that are found stand, byte by byte: at from or
// behind it, and before to.
func (s Search) Bounds() (from, to string) { return s.start, s.start + string(unicode.MaxRune) }

// SearchKey is what a part of a name is found by; nil for none.
func SearchKey(name *string) *string {
	if name == nil {
		return nil
	}
	key := strings.ToLower(*name)
	return &key
}
