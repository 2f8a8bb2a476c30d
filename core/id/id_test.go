package id_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plinto/plinto/core/id"
)

type thing struct{}

func TestParseReadsWhatStringWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := id.Of[thing](rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "bytes"))
		got, err := id.Parse[thing](want.String())
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}

func TestParseRefusesEveryOtherSpelling(t *testing.T) {
	good := "01890a5d-ac96-774b-bcce-b302099a8057"
	_, err := id.Parse[thing](good)
	require.NoError(t, err)
	for _, bad := range []string{
		"", strings.ToUpper(good), "{" + good + "}", "urn:uuid:" + good, strings.ReplaceAll(good, "-", ""),
		good + " ", " " + good, good[:35], good + "0", good[:35] + "g", "01890a5d-ac96-774b-bcce_b302099a8057",
		strings.Repeat("-", 36), good[:35] + "\x00",
	} {
		_, err := id.Parse[thing](bad)
		require.ErrorIs(t, err, id.ErrMalformed, "%q", bad)
	}
}

func TestJSON(t *testing.T) {
	o, err := id.Parse[thing]("01890a5d-ac96-774b-bcce-b302099a8057")
	require.NoError(t, err)
	text, err := json.Marshal(o)
	require.NoError(t, err)
	require.Equal(t, `"01890a5d-ac96-774b-bcce-b302099a8057"`, string(text))
}

func TestOrder(t *testing.T) {
	a, b := id.Of[thing]{1}, id.Of[thing]{2}
	require.Negative(t, a.Compare(b))
	require.Positive(t, b.Compare(a))
	require.True(t, id.Of[thing]{}.IsZero())
	require.False(t, a.IsZero())
}
