package user

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/plinto/plinto/core/fault"
)

// Bounds of the metadata of a user.
const (
	MaxMetadata      = 16 << 10 // bytes, written without space
	MaxMetadataDepth = 8        // the object itself is the first
	maxNumber        = 40       // characters of a number
)

// checkMetadata gives what is wrong with metadata, or with a change of it. It is
// one JSON object (RFC 8259) whose names and texts have no NUL and whose numbers
// any database can keep.
func checkMetadata(text []byte) []fault.Field {
	const field = "user_metadata"
	if len(text) > 2*MaxMetadata {
		return []fault.Field{fault.MetadataTooLarge.In(field, MaxMetadata)}
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	depth := 0
	for first := true; ; first = false {
		token, err := dec.Token()
		switch {
		case errors.Is(err, io.EOF) && !first && depth == 0:
			return nil
		case err != nil, first && token != json.Delim('{'):
			return []fault.Field{fault.MetadataNotObject.In(field)}
		case !first && depth == 0:
			return []fault.Field{fault.MetadataNotObject.In(field)}
		}
		switch v := token.(type) {
		case json.Delim:
			if depth++; v == '}' || v == ']' {
				depth -= 2
			}
			if depth > MaxMetadataDepth {
				return []fault.Field{fault.MetadataTooDeep.In(field, MaxMetadataDepth)}
			}
		case string:
			if strings.ContainsRune(v, 0) {
				return []fault.Field{fault.FieldHasNUL.In(field)}
			}
		case json.Number:
			if !isKeepable(string(v)) {
				return []fault.Field{fault.MetadataNumber.In(field)}
			}
		}
	}
}

// isKeepable wants a number that does not grow when a database writes it out:
// neither very large nor very small.
func isKeepable(number string) bool {
	f, err := strconv.ParseFloat(number, 64)
	if err != nil || len(number) > maxNumber {
		return false
	}
	if f == 0 {
		return !strings.ContainsAny(number, "eE")
	}
	return math.Abs(f) < 1e30 && math.Abs(f) > 1e-30
}

// mergeMetadata gives the object with the changes in it.
func mergeMetadata(was []byte, change Edit) ([]byte, []fault.Field) {
	if change.Text() == "" {
		return []byte("{}"), nil
	}
	members, given := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	// What is stored was read from an object, and the change was checked.
	if json.Unmarshal(was, &members) != nil || json.Unmarshal([]byte(change.Text()), &given) != nil {
		return nil, []fault.Field{fault.MetadataNotObject.In("user_metadata")}
	}
	for name, value := range given {
		if string(value) == "null" {
			delete(members, name)
			continue
		}
		members[name] = value
	}
	text, err := json.Marshal(members)
	if err != nil {
		return nil, []fault.Field{fault.MetadataNotObject.In("user_metadata")}
	}
	merged := canonicalMetadata(text)
	if len(merged) > MaxMetadata {
		return nil, []fault.Field{fault.MetadataTooLarge.In("user_metadata", MaxMetadata)}
	}
	return merged, nil
}

// canonicalMetadata writes an object in one way, so that two can be compared:
// without space, its members by name, its numbers as they are.
func canonicalMetadata(text []byte) []byte {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var object map[string]any
	if dec.Decode(&object) != nil {
		return text
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if enc.Encode(object) != nil {
		return text
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}
