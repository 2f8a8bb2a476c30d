// Package id holds typed identifiers. An identifier is a UUID (RFC 9562) whose
// Go type names what it identifies, so that a session's id cannot be passed
// where a user's is wanted. It makes none: new ones come from a port.
package id

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"time"
)

// Of identifies a T. The zero value identifies nothing.
type Of[T any] [16]byte

// ErrMalformed says that a text is not an identifier.
var ErrMalformed = errors.New("malformed identifier")

// Parse reads the canonical form, 36 lower-case characters with four hyphens
// (RFC 9562 section 4), and nothing else: two spellings of one identifier
// would be two cache keys and two log entries.
func Parse[T any](s string) (Of[T], error) {
	var o Of[T]
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return o, ErrMalformed
	}
	compact := make([]byte, 0, 32)
	for i := range len(s) {
		c := s[i]
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
		case '0' <= c && c <= '9', 'a' <= c && c <= 'f':
			compact = append(compact, c)
		default:
			return o, ErrMalformed
		}
	}
	if _, err := hex.Decode(o[:], compact); err != nil {
		return Of[T]{}, ErrMalformed
	}
	return o, nil
}

// String gives the canonical form.
func (o Of[T]) String() string {
	var b [36]byte
	hex.Encode(b[0:8], o[0:4])
	b[8] = '-'
	hex.Encode(b[9:13], o[4:6])
	b[13] = '-'
	hex.Encode(b[14:18], o[6:8])
	b[18] = '-'
	hex.Encode(b[19:23], o[8:10])
	b[23] = '-'
	hex.Encode(b[24:36], o[10:16])
	return string(b[:])
}

// IsZero reports whether o identifies nothing.
func (o Of[T]) IsZero() bool { return o == Of[T]{} }

// Time is when the identifier was made, to the millisecond, rounded down; false
// when it is not of version 7 (RFC 9562 section 5.7).
func (o Of[T]) Time() (time.Time, bool) {
	if o[6]>>4 != 7 {
		return time.Time{}, false
	}
	var ms int64
	for _, b := range o[:6] {
		ms = ms<<8 | int64(b)
	}
	return time.UnixMilli(ms).UTC(), true
}

// LastAt is the last identifier of version 7 that can be made in the millisecond
// of an instant: all that were made by then are no greater.
func LastAt[T any](at time.Time) Of[T] {
	var o Of[T]
	binary.BigEndian.PutUint64(o[:8], uint64(at.UnixMilli())<<16|0x7fff)
	for i := 8; i < len(o); i++ {
		o[i] = 0xff
	}
	o[8] = 0xbf // the variant (RFC 9562 section 4.1)
	return o
}

// Compare orders identifiers by their bytes, which for UUIDv7 is the order in
// which they were made.
func (o Of[T]) Compare(other Of[T]) int { return bytes.Compare(o[:], other[:]) }

// MarshalText gives the canonical form.
func (o Of[T]) MarshalText() ([]byte, error) { return []byte(o.String()), nil }
