package jwks

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzObject holds the reader of members against encoding/json: what one takes
// the other takes, and they see the same.
func FuzzObject(f *testing.F) {
	for _, text := range []string{
		`{}`, ` { "a" : 1 , "b":[1,{"c":"}"},"]"],"d":{"e":[[]]},"f":"\"\\","g":null,"h":-1.5e+3 } `,
		`{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `{"":""}`, `[]`, `1`, ``, ` `, `{"a":true}x`, "{\"\\ud800\":1}", "{\"\xff\":1}", `{"a":tru}`, `{"a" 1}`, `"{"`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := readObject(b)
		var want map[string]json.RawMessage
		wanted := json.Unmarshal(b, &want)
		if err != nil {
			return
		}
		require.NoError(t, wanted)
		require.Len(t, got, len(want))
		for name, value := range got {
			require.True(t, bytes.Equal(want[name], value), "%q: %q", name, value)
			var text, again string
			if readString(value, &text) {
				require.NoError(t, json.Unmarshal(value, &again))
				require.Equal(t, again, text)
			}
		}
	})
}

// What FuzzObject cannot see is a refusal too many.
func TestObjectsAreRead(t *testing.T) {
	got, err := readObject([]byte(" {\n\"a\" : 1 ,\t\"b\":[1,{\"c\":\"}\"},\"]\"],\"d\":{\"e\":[[]]},\"f\":\"\\\"\\\\\",\"g\":null,\"h\":-1.5e+3 , \"\":true} "))
	require.NoError(t, err)
	require.Equal(t, map[string]json.RawMessage{
		"a": []byte("1"), "b": []byte(`[1,{"c":"}"},"]"]`), "d": []byte(`{"e":[[]]}`), "f": []byte(`"\"\\"`),
		"g": []byte("null"), "h": []byte("-1.5e+3"), "": []byte("true"),
	}, got)
	got, err = readObject([]byte("{ }"))
	require.NoError(t, err)
	require.Empty(t, got)
}
