package letters

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// maxName is the longest name that a letter greets, in characters; maxDevice
// the longest device that it tells.
const (
	maxName   = 40
	maxDevice = 80
)

// person is a name as it may stand in a letter, or nothing. Whoever signs up
// with the address of somebody else chooses the name that this person is
// greeted by, so a name that could be read as a message or made a link of by a
// mail program is not told: only letters, marks, spaces, hyphens, apostrophes
// and full stops that end a word.
func person(name string) string {
	name = strings.Trim(name, " ")
	runes := []rune(name)
	if len(runes) > maxName || len(strings.Fields(name)) > 4 {
		return ""
	}
	for i, r := range runes {
		switch {
		case unicode.IsLetter(r), unicode.IsMark(r), r == ' ', r == '-', r == '\'', r == '’':
		case r == '.' && (i == len(runes)-1 || runes[i+1] == ' '):
		default:
			return ""
		}
	}
	return name
}

// device is what a client says of itself, as it may stand in a letter: it says
// what it likes. What is not a letter, a digit or harmless is a space, and a full
// stop stands between digits or not at all.
func device(said string) string {
	runes := []rune(said)
	isDigit := func(i int) bool { return 0 <= i && i < len(runes) && '0' <= runes[i] && runes[i] <= '9' }
	for i, r := range runes {
		switch {
		case unicode.IsLetter(r), unicode.IsMark(r), unicode.IsDigit(r), strings.ContainsRune("-+()", r):
		case r == '.' && isDigit(i-1) && isDigit(i+1):
		default:
			runes[i] = ' '
		}
	}
	said = strings.Join(strings.Fields(string(runes)), " ")
	if runes = []rune(said); len(runes) > maxDevice {
		return strings.TrimSpace(string(runes[:maxDevice]))
	}
	return said
}

// ip is the address of a client, if it is one.
func ip(said string) string {
	a, err := netip.ParseAddr(said)
	if err != nil || a.Zone() != "" {
		return ""
	}
	return a.String()
}

// number is a count, if it is one.
func number(said string) string {
	n, err := strconv.ParseUint(said, 10, 32)
	if err != nil {
		return ""
	}
	return strconv.FormatUint(n, 10)
}

// mailbox is a mail address, if it has the shape of one and shows as what it is.
func mailbox(said string) string {
	at := strings.IndexByte(said, '@')
	if at < 1 || at != strings.LastIndexByte(said, '@') || at == len(said)-1 || len(said) > 254 ||
		strings.ContainsFunc(said, func(r rune) bool {
			return !unicode.IsGraphic(r) || unicode.IsSpace(r) || strings.ContainsRune(`<>()[],;:"\/`, r)
		}) {
		return ""
	}
	return said
}

// webLink is an absolute http or https address without anything that is not
// part of one, or nothing.
func webLink(said string) string {
	u, err := url.Parse(said)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil ||
		strings.ContainsFunc(said, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("<>\"'`\\{}|^", r) }) {
		return ""
	}
	return said
}

// instant writes when something happened, in UTC, or nothing.
func (w *words) instant(said string) string {
	t, err := time.Parse(time.RFC3339, said)
	if err != nil {
		return ""
	}
	t = t.UTC()
	written, _ := fill(w.Date, map[string]string{
		"day": strconv.Itoa(t.Day()), "month": w.Months[t.Month()-1], "year": strconv.Itoa(t.Year()), "time": t.Format("15:04"),
	})
	return written
}

// duration writes seconds in the largest unit that they are whole in, and never
// as more than they are. Nothing is what is no duration.
func (w *words) duration(said string) string {
	seconds, err := strconv.ParseUint(said, 10, 31)
	if err != nil || seconds == 0 {
		return ""
	}
	const minute, hour, day = 60, 60 * 60, 24 * 60 * 60
	n, unit := max(seconds/minute, 1), w.Minutes
	switch {
	case seconds%day == 0:
		n, unit = seconds/day, w.Days
	case seconds%hour == 0:
		n, unit = seconds/hour, w.Hours
	}
	form := unit.Other
	if n == 1 {
		form = unit.One
	}
	written, _ := fill(form, map[string]string{"n": strconv.FormatUint(n, 10)})
	return written
}
