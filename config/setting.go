package config

import (
	"slices"
	"strings"
)

// Setting describes one setting for people.
type Setting struct {
	// Name is the environment variable. Name_FILE names a file to read it from.
	Name string
	// Default is the value without any, empty when there is none. Where it
	// depends on the environment or on another setting it says so in words.
	Default string
	// Description is one line.
	Description string
	// Secret values are never printed.
	Secret bool
}

// Settings lists every setting in the order of the documentation.
func Settings() []Setting {
	literal := func(s string) string { return s }
	plain := strings.NewReplacer("`", "")
	var list []Setting
	for _, s := range catalogue(new(Config)) {
		list = append(list, Setting{
			Name:        s.name,
			Default:     plain.Replace(s.shown(literal)),
			Description: plain.Replace(s.meaning),
			Secret:      s.secret,
		})
	}
	return list
}

// setting is the one declaration of a setting.
type setting struct {
	name string
	// meaning is one line of Markdown without a final stop.
	meaning string
	secret  bool

	// fallback is the default, written as a person would write the value, except
	// in the environments of in, where it is special.
	fallback string
	special  string
	in       []Environment
	// derived says, in Markdown, what the default follows when it is worked out
	// from other settings.
	derived string

	// read parses a value and stores it. It stores nothing when it fails, and its
	// error is the problem of a [Fault]; that of a secret does not hold the value.
	read func(value string) error
}

// defaultIn is the default in one environment.
func (s setting) defaultIn(e Environment) string {
	if slices.Contains(s.in, e) {
		return s.special
	}
	return s.fallback
}

// shown writes the default for people; code marks up a literal value.
func (s setting) shown(code func(string) string) string {
	switch {
	case s.derived != "":
		return s.derived
	case len(s.in) > 0:
		names := make([]string, len(s.in))
		for i, e := range s.in {
			names[i] = string(e)
		}
		return code(s.fallback) + " (" + code(s.special) + " in " + strings.Join(names, " and ") + ")"
	case s.fallback == "":
		return ""
	default:
		return code(s.fallback)
	}
}

// fileSuffix turns a setting's name into that of the file to read it from.
const fileSuffix = "_FILE"

// known tells whether name is a setting.
func known(settings []setting, name string) bool {
	return slices.ContainsFunc(settings, func(s setting) bool { return s.name == name })
}

// unknown says that name is not a setting, and which one may have been meant.
func unknown(settings []setting, name string) string {
	best, distance := "", 3
	for _, s := range settings {
		for _, candidate := range []string{s.name, s.name + fileSuffix} {
			if d := edits(name, candidate); d < distance {
				best, distance = candidate, d
			}
		}
	}
	if best == "" {
		return "is not a setting; see the list of settings for those there are"
	}
	return "is not a setting; is " + best + " meant?"
}

// edits is the Levenshtein distance between two names.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
