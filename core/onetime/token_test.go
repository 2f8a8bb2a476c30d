package onetime_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/onetime"
)

func TestATokenIsOfOnePurpose(t *testing.T) {
	hashes := map[[32]byte]bool{}
	for _, p := range onetime.Purposes() {
		token := onetime.Token{Purpose: p, Secret: [32]byte{1, 2, 3}}
		text := token.Encode()
		require.True(t, strings.HasPrefix(text, "pmt_"))
		hashes[token.Hash()] = true
		for _, other := range onetime.Purposes() {
			got, err := onetime.Parse(other, text)
			if other != p {
				require.ErrorIs(t, err, onetime.ErrForeign)
				continue
			}
			require.NoError(t, err)
			require.Equal(t, token, got)
		}
	}
	require.Len(t, hashes, len(onetime.Purposes()), "the hash is of the purpose too")
}

func TestWhatIsNoToken(t *testing.T) {
	text := onetime.Token{Purpose: onetime.MagicLink, Secret: [32]byte{31: 0xff}}.Encode()
	_, err := onetime.Parse(onetime.MagicLink, text)
	require.NoError(t, err)
	for _, wrong := range []string{
		"", "pmt_", text[1:], text[:len(text)-1], text + "A", " " + text, text + "=", strings.ToUpper(text),
		"prt_" + text[4:], strings.Replace(text, "pmt_A", "pmt_B", 1), "pmt_" + strings.Repeat("A", len(text)-4),
		text[:len(text)-1] + string(text[len(text)-1]+1), text[:20] + "\n" + text[20:], text[:20] + "+" + text[21:],
	} {
		_, err := onetime.Parse(onetime.MagicLink, wrong)
		require.ErrorIs(t, err, onetime.ErrForeign, "%q", wrong)
	}
	_, err = onetime.Parse("something else", onetime.Token{Purpose: "something else"}.Encode())
	require.ErrorIs(t, err, onetime.ErrForeign, "a purpose that there is not")
}

func TestLifetimes(t *testing.T) {
	l := onetime.Lifetimes{onetime.MagicLink: 10 * time.Minute, onetime.VerifyEmail: 48 * time.Hour}
	require.Equal(t, 48*time.Hour, l.Longest())
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	require.False(t, l.Late(onetime.MagicLink, now, now))
	require.False(t, l.Late(onetime.MagicLink, now, now.Add(10*time.Minute-time.Microsecond)))
	require.True(t, l.Late(onetime.MagicLink, now, now.Add(10*time.Minute)))
	require.True(t, l.Late(onetime.ResetPassword, now, now), "what has no lifetime is not mailed")
}
