package config

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

// Secret is a value nobody may read by accident: a key, a password, an address
// with a password in it. However it is printed, logged or encoded it comes out
// as •••, or as the empty string when there is nothing in it, so that a dump of
// the configuration still tells what is set. [Secret.Reveal] is the only way to
// the value, and easy to search for.
//
// A Secret belongs in exported fields and never in the keys of a map: there,
// fmt and encoding/json do not ask a value how it wants to be printed.
type Secret string

// mask is what stands in a Secret's place.
const mask = "•••"

// Reveal gives the value itself.
func (s Secret) Reveal() string { return string(s) }

// String gives •••, or nothing for an empty Secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return mask
}

// GoString is String in quotes.
func (s Secret) GoString() string { return fmt.Sprintf("%q", s.String()) }

// Format masks the value under every verb and flag, %x and %d included.
func (s Secret) Format(f fmt.State, verb rune) {
	text := s.String()
	if verb == 'q' || verb == 'v' && f.Flag('#') {
		text = s.GoString()
	}
	_, _ = io.WriteString(f, text) // a State reports its writer's error to whoever called fmt
}

// MarshalJSON gives the masked value as a JSON string.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// MarshalText gives the masked value to every other encoding.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue gives the masked value to slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
