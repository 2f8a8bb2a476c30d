package config

import (
	"fmt"
	"regexp"
	"strings"
)

// A .env file has NAME=value on each line, after an optional "export". Empty
// lines and those that begin with # do not count. A value ends at the end of its
// line or at white space and #. In single quotes it is taken literally, in
// double quotes with \n, \r, \t, \", \\ and \$ for what they stand for; quoted
// values may go over several lines. A $ is a $: nothing is expanded, so a key
// means the same in the file and in the environment.

// dotenvName is the name of the file.
const dotenvName = ".env"

// entry is one NAME=value of a .env file and the line it begins on.
type entry struct {
	name, value string
	line        int
}

var (
	dotenvVariable = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,63}$`)
	dotenvEscape   = regexp.MustCompile(`\\[nrt"\\$]`)
	dotenvComment  = regexp.MustCompile(`(^|[ \t])#.*$`)
	dotenvDouble   = regexp.MustCompile(`^"((?:[^"\\]|\\(?s:.))*)"`)
	dotenvSingle   = regexp.MustCompile(`^'([^']*)'`)
)

// parseDotenv reads the text of a .env file. Its faults name lines and never
// hold their text, which may be a piece of a key.
func parseDotenv(text string) (entries []entry, faults []Fault) {
	fault := func(line int, problem string) {
		faults = append(faults, Fault{Name: fmt.Sprintf("%s line %d", dotenvName, line), Problem: problem})
	}
	first := map[string]int{}
	text = strings.ReplaceAll(strings.TrimPrefix(text, "\ufeff"), "\r\n", "\n")
	for number := 1; text != ""; {
		line, after, _ := strings.Cut(text, "\n")
		trimmed := strings.TrimSpace(line)
		if trimmed == "" || trimmed[0] == '#' {
			text, number = after, number+1
			continue
		}
		name, _, found := strings.Cut(trimmed, "=")
		name = strings.TrimSpace(strings.TrimPrefix(name, "export "))
		if !found || !dotenvVariable.MatchString(name) {
			fault(number, "is not a setting; write NAME=value, with the name in capitals")
			text, number = after, number+1
			continue
		}
		_, raw, _ := strings.Cut(text, "=")
		value, rest, problem := dotenvValue(strings.TrimLeft(raw, " \t"))
		switch earlier := first[name]; {
		case problem != "":
			fault(number, problem)
		case earlier != 0:
			fault(number, fmt.Sprintf("sets %s again; line %d has set it, keep one of them", name, earlier))
		default:
			first[name] = number
			entries = append(entries, entry{name: name, value: value, line: number})
		}
		number += strings.Count(text[:len(text)-len(rest)], "\n")
		text = rest
	}
	return entries, faults
}

// dotenvValue takes the value that text begins with and gives the lines after
// it, and what is wrong with it, if anything is.
func dotenvValue(text string) (value, rest, problem string) {
	line, rest, _ := strings.Cut(text, "\n")
	var pattern *regexp.Regexp
	switch {
	case strings.HasPrefix(text, `"`):
		pattern = dotenvDouble
	case strings.HasPrefix(text, `'`):
		pattern = dotenvSingle
	default:
		return strings.TrimSpace(dotenvComment.ReplaceAllString(line, "")), rest, ""
	}
	match := pattern.FindStringSubmatch(text)
	if match == nil {
		return "", rest, "has no closing quote"
	}
	tail, rest, _ := strings.Cut(text[len(match[0]):], "\n")
	if strings.TrimSpace(dotenvComment.ReplaceAllString(tail, "")) != "" {
		return "", rest, "has text behind the closing quote; put a # before a comment, or the whole value in quotes"
	}
	value = match[1]
	if pattern == dotenvDouble {
		value = dotenvEscape.ReplaceAllStringFunc(value, unescape)
	}
	return value, rest, ""
}

// unescape gives what a backslash and a letter stand for.
func unescape(pair string) string {
	switch pair[1] {
	case 'n':
		return "\n"
	case 'r':
		return "\r"
	case 't':
		return "\t"
	default:
		return pair[1:]
	}
}
