package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// The functions here make the read of a [setting]: each parses text into the
// field it is given. Ranges and safety are not their business; [Check] has them.

// quoted shows a value in a fault: cut short, and not at all when it holds an @,
// behind which a password often hides.
func quoted(value string) string {
	if strings.Contains(value, "@") {
		return "the value"
	}
	if runes := []rune(value); len(runes) > 60 {
		value = string(runes[:60]) + "…"
	}
	return strconv.Quote(value)
}

// text takes any printable line.
func text(field *string) func(string) error {
	return func(value string) error {
		if strings.ContainsFunc(value, unicode.IsControl) {
			return errors.New("holds a control character; it must be one printable line")
		}
		*field = strings.TrimSpace(value)
		return nil
	}
}

// secret takes the value as it is, white space included.
func secret(field *Secret) func(string) error {
	return func(value string) error {
		*field = Secret(value)
		return nil
	}
}

// truth takes yes or no in the usual spellings.
func truth(field *bool) func(string) error {
	return func(value string) error {
		switch strings.ToLower(strings.TrimSpace(value)) {
		case "true", "1", "yes", "on":
			*field = true
		case "false", "0", "no", "off":
			*field = false
		default:
			return fmt.Errorf("%s is neither true nor false", quoted(value))
		}
		return nil
	}
}

// whole takes a decimal integer.
func whole(field *int) func(string) error {
	return func(value string) error {
		n, err := strconv.ParseInt(strings.TrimSpace(value), 10, 32)
		if err != nil {
			return fmt.Errorf("%s is not a whole number; write one such as 10", quoted(value))
		}
		*field = int(n)
		return nil
	}
}

// counted takes a whole number of units.
func counted(field *time.Duration, unit time.Duration) func(string) error {
	return func(value string) error {
		var n int
		if err := whole(&n)(value); err != nil {
			return err
		}
		if time.Duration(n) > math.MaxInt64/unit || time.Duration(n) < math.MinInt64/unit {
			return fmt.Errorf("%s is more than can be counted; write a smaller number", quoted(value))
		}
		*field = time.Duration(n) * unit
		return nil
	}
}

// seconds takes a number of seconds that need not be whole.
func seconds(field *time.Duration) func(string) error {
	return func(value string) error {
		n, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if err != nil || math.IsNaN(n) || math.Abs(n) > 1e9 {
			return fmt.Errorf("%s is not a number of seconds; write one such as 30 or 0.5", quoted(value))
		}
		*field = time.Duration(n * float64(time.Second))
		return nil
	}
}

// duration takes a number with its unit.
func duration(field *time.Duration) func(string) error {
	return func(value string) error {
		d, err := time.ParseDuration(strings.TrimSpace(value))
		if err != nil {
			return fmt.Errorf("%s is not a duration; write a number and its unit, such as 500ms, 30s or 5m", quoted(value))
		}
		*field = d
		return nil
	}
}

// oneOf takes one of the choices, in upper or lower case.
func oneOf[T ~string](field *T, choices ...T) func(string) error {
	return func(value string) error {
		names := make([]string, len(choices))
		for i, choice := range choices {
			if strings.EqualFold(strings.TrimSpace(value), string(choice)) {
				*field = choice
				return nil
			}
			names[i] = string(choice)
		}
		return fmt.Errorf("%s is not one of %s", quoted(value), strings.Join(names, ", "))
	}
}

// environment takes the name of an environment.
func environment(field *Environment) func(string) error {
	return oneOf(field, Development, Staging, Production, Test)
}

// algorithm takes a signature algorithm, and says why there is no HS256.
func algorithm(field *Algorithm) func(string) error {
	choose := oneOf(field, RS256, ES256, EdDSA)
	return func(value string) error {
		if strings.EqualFold(strings.TrimSpace(value), "HS256") {
			return errors.New("HS256 is refused: with a shared key whoever can check a token could also sign one; use RS256, ES256 or EdDSA")
		}
		return choose(value)
	}
}

// level takes a log level.
func level(field *slog.Level) func(string) error {
	levels := map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}
	return func(value string) error {
		var name string
		if err := oneOf(&name, "debug", "info", "warn", "error")(value); err != nil {
			return err
		}
		*field = levels[name]
		return nil
	}
}

// webURL takes an absolute http or https address without user information,
// query or fragment, and keeps it as it is written.
func webURL(field *string) func(string) error {
	return func(value string) error {
		value = strings.TrimSpace(value)
		u, err := url.Parse(value)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || strings.ContainsAny(value, "?#") ||
			!validHost(u.Hostname()) || u.Port() != "" && !validPort(u.Port(), 1) || strings.HasSuffix(u.Host, ":") {
			return errors.New("is not a web address; write scheme, host and perhaps a path, such as https://auth.example.com, without user, query or fragment")
		}
		*field = value
		return nil
	}
}

// baseURL is webURL for addresses that paths are appended to: it takes a final
// slash away.
func baseURL(field *string) func(string) error {
	read := webURL(field)
	return func(value string) error { return read(strings.TrimRight(strings.TrimSpace(value), "/")) }
}

// mailAddress takes a bare address (RFC 5322 addr-spec), without a name.
func mailAddress(field *string) func(string) error {
	return func(value string) error {
		value = strings.TrimSpace(value)
		parsed, err := mail.ParseAddress(value)
		if err != nil || parsed.Address != value {
			return errors.New("is not a mail address; write it alone, such as no-reply@example.com")
		}
		*field = value
		return nil
	}
}

// list splits a value: a JSON array of strings, else items between commas.
// White space around items and empty items do not count.
func list(value string) ([]string, error) {
	value = strings.TrimSpace(value)
	items := strings.Split(value, ",")
	if strings.HasPrefix(value, "[") {
		items = nil
		if err := json.Unmarshal([]byte(value), &items); err != nil {
			return nil, errors.New(`is not a list; write items between commas, or a JSON array of strings such as ["a","b"]`)
		}
	}
	var kept []string
	for _, item := range items {
		if item = strings.TrimSpace(item); item != "" {
			kept = append(kept, item)
		}
	}
	return kept, nil
}

// listOf takes a list whose items one parses.
func listOf[T any](field *[]T, one func(item string) (T, error)) func(string) error {
	return func(value string) error {
		items, err := list(value)
		if err != nil {
			return err
		}
		var parsed []T
		var problems []string
		for _, item := range items {
			v, err := one(item)
			if err != nil {
				problems = append(problems, err.Error())
			}
			parsed = append(parsed, v)
		}
		if problems != nil {
			return errors.New(strings.Join(problems, "; "))
		}
		*field = parsed
		return nil
	}
}

// secrets takes a list of secrets.
func secrets(field *[]Secret) func(string) error {
	return listOf(field, func(item string) (Secret, error) { return Secret(item), nil })
}
