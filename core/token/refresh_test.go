package token_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/token"
)

var (
	oldKey  = []byte("an application key of yesterday")
	newKey  = []byte("an application key of today....")
	another = []byte("a key of somebody else entirely")
)

func ring(t require.TestingT, current []byte, previous ...[]byte) *token.Keyring {
	k, err := token.NewKeyring(current, previous...)
	require.NoError(t, err)
	return k
}

func TestParseReadsWhatEncodeWrites(t *testing.T) {
	k := ring(t, newKey)
	rapid.Check(t, func(t *rapid.T) {
		id := session.ID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "session"))
		secret := [32]byte(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "secret"))
		r := k.First(id, secret)
		for generation := range uint32(3) {
			text := k.Encode(r)
			require.True(t, strings.HasPrefix(text, token.Prefix))
			got, err := k.Parse(text)
			require.NoError(t, err)
			require.Equal(t, r, got)
			require.Equal(t, generation, got.Generation)
			r = k.Next(r)
		}
	})
}

func TestEveryOtherTextIsForged(t *testing.T) {
	k := ring(t, newKey)
	good := k.Encode(k.First(session.ID{1}, [32]byte{2}))
	body := strings.TrimPrefix(good, token.Prefix)
	raw, err := base64.RawURLEncoding.DecodeString(body)
	require.NoError(t, err)
	forged := []string{
		"", token.Prefix, body, "PRT_" + body, good + "=", good + "A", good[:len(good)-1], " " + good, good + "\n",
		"prt_" + strings.Repeat("A", len(body)), "prt_" + strings.Repeat("!", len(body)), strings.Repeat("x", 1<<16),
		token.Prefix + base64.StdEncoding.EncodeToString(raw),
		ring(t, another).Encode(ring(t, another).First(session.ID{1}, [32]byte{2})),
	}
	for i := range raw {
		for bit := range 8 {
			changed := append([]byte(nil), raw...)
			changed[i] ^= 1 << bit
			forged = append(forged, token.Prefix+base64.RawURLEncoding.EncodeToString(changed))
		}
	}
	// The last character has bits that carry nothing: one text is the token,
	// and its lookalikes are not.
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for _, c := range alphabet {
		if text := good[:len(good)-1] + string(c); text != good {
			forged = append(forged, text)
		}
	}
	for _, text := range forged {
		_, err := k.Parse(text)
		require.ErrorIs(t, err, token.ErrForged, "%.200q", text)
	}
	_, err = k.Parse(good)
	require.NoError(t, err)
}

func TestTheSuccessorIsTheHoldersAlone(t *testing.T) {
	k := ring(t, newKey)
	r := k.First(session.ID{1}, [32]byte{2})
	require.Equal(t, k.Next(r), ring(t, newKey).Next(r), "the same on every instance")
	for name, other := range map[string]token.Refresh{
		"another secret":      k.Next(k.First(session.ID{1}, [32]byte{3})),
		"another session":     k.Next(k.First(session.ID{2}, [32]byte{2})),
		"another generation":  k.Next(k.Next(r)),
		"another application": ring(t, another).Next(ring(t, another).First(session.ID{1}, [32]byte{2})),
	} {
		require.NotEqual(t, k.Next(r).Secret, other.Secret, name)
	}
	require.NotEqual(t, r.Secret, r.Hash())
}

func TestTokensSurviveAChangeOfKeys(t *testing.T) {
	before, after, late := ring(t, oldKey), ring(t, newKey, oldKey), ring(t, newKey)
	r := before.First(session.ID{1}, [32]byte{2})
	text := before.Encode(r)
	parsed, err := after.Parse(text)
	require.NoError(t, err)
	require.Equal(t, before.Next(r).Secret, after.Next(parsed).Secret, "instances between two keys agree on the successor")
	next := after.Encode(after.Next(parsed))
	_, err = late.Parse(next)
	require.NoError(t, err, "and it is made under the new key")
	_, err = late.Parse(text)
	require.ErrorIs(t, err, token.ErrForged, "the old key is gone")
}

func TestKeysMustBeLongEnough(t *testing.T) {
	_, err := token.NewKeyring([]byte("short"))
	require.Error(t, err)
	_, err = token.NewKeyring(newKey, []byte("short"))
	require.Error(t, err)
	require.NotContains(t, err.Error(), "short")
}

func FuzzParse(f *testing.F) {
	k := ring(f, newKey)
	f.Add(k.Encode(k.First(session.ID{1}, [32]byte{2})))
	f.Add("prt_")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := k.Parse(text)
		if err == nil {
			require.Equal(t, text, k.Encode(r))
		}
	})
}
