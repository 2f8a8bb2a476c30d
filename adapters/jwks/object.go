package jwks

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// readObject reads the members of a JSON object, without looking into them.
// Unlike encoding/json it takes names by their exact letters and refuses a name
// that comes twice: two readers of one token must not see different things
// (RFC 8725 section 2.7). It finds its way by hand, because the decoder's way of
// doing so costs as much as checking an RSA signature; what is JSON at all,
// encoding/json has decided before.
func readObject(b []byte) (map[string]json.RawMessage, error) {
	if !utf8.Valid(b) || !json.Valid(b) {
		return nil, invalid("not JSON in UTF-8")
	}
	i := skipSpace(b, 0)
	if b[i] != '{' {
		return nil, invalid("not a JSON object")
	}
	members := make(map[string]json.RawMessage, 16)
	for i = skipSpace(b, i+1); b[i] != '}'; {
		end := stringEnd(b, i)
		name, ok := unquote(b[i:end])
		if _, twice := members[name]; twice || !ok {
			return nil, invalid("a member comes twice")
		}
		i = skipSpace(b, skipSpace(b, end)+1) // over the colon
		end = valueEnd(b, i)
		members[name] = b[i:end]
		if i = skipSpace(b, end); b[i] == ',' {
			i = skipSpace(b, i+1)
		}
	}
	return members, nil
}

// The following read JSON that is known to be valid.

func skipSpace(b []byte, i int) int {
	for b[i] == ' ' || b[i] == '\t' || b[i] == '\n' || b[i] == '\r' {
		i++
	}
	return i
}

func stringEnd(b []byte, i int) int {
	for i++; b[i] != '"'; i++ {
		if b[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// valueEnd is where a member's value ends. There is a brace behind it at the
// latest.
func valueEnd(b []byte, i int) int {
	for depth := 0; ; {
		switch b[i] {
		case '"':
			i = stringEnd(b, i)
		case '{', '[':
			depth++
			i++
		case '}', ']':
			depth--
			i++
		case ',', ':', ' ', '\t', '\n', '\r':
			i++
		default:
			i += bytes.IndexAny(b[i:], ",]} \t\n\r") // a number or a word
		}
		if depth == 0 {
			return i
		}
	}
}

// unquote reads a JSON string.
func unquote(quoted []byte) (string, bool) {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1 : len(quoted)-1]), true
	}
	var s string
	err := json.Unmarshal(quoted, &s)
	return s, err == nil
}

// readString reads a value that is a string and not empty.
func readString(value json.RawMessage, to *string) bool {
	if len(value) == 0 || value[0] != '"' {
		return false
	}
	var ok bool
	*to, ok = unquote(value)
	return ok && *to != ""
}
