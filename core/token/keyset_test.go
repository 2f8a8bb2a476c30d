package token_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/token"
)

func TestAKeyGoesThroughItsStates(t *testing.T) {
	set := token.KeySet{Overlap: 20 * time.Minute, Keys: []token.SigningKey{
		{KID: "second", Number: 2, ActiveFrom: now.Add(time.Hour)},
		{KID: "first", Number: 1, ActiveFrom: now},
	}}
	for _, c := range []struct {
		at            time.Duration
		active        string
		first, second token.KeyState
		published     int
	}{
		{-1, "", token.KeyNext, token.KeyNext, 2},
		{0, "first", token.KeyActive, token.KeyNext, 2},
		{time.Hour - 1, "first", token.KeyActive, token.KeyNext, 2},
		{time.Hour, "second", token.KeyRetired, token.KeyActive, 2},
		{time.Hour + 20*time.Minute - 1, "second", token.KeyRetired, token.KeyActive, 2},
		{time.Hour + 20*time.Minute, "second", token.KeyExpired, token.KeyActive, 1},
	} {
		at := now.Add(c.at)
		active, ok := set.Active(at)
		require.Equal(t, c.active, active.KID, c.at)
		require.Equal(t, c.active != "", ok)
		require.Equal(t, c.first, set.State(set.Keys[1], at), c.at)
		require.Equal(t, c.second, set.State(set.Keys[0], at), c.at)
		published := set.Published(at)
		require.Len(t, published, c.published, c.at)
		for i := range published[1:] {
			require.Less(t, published[i].Number, published[i+1].Number)
		}
	}
	newest, ok := set.Newest()
	require.True(t, ok)
	require.Equal(t, "second", newest.KID)
	_, ok = token.KeySet{}.Newest()
	require.False(t, ok)
}

// A third key that signs before the second one's time has come takes over from
// both.
func TestAKeyThatOvertakes(t *testing.T) {
	set := token.KeySet{Overlap: time.Minute, Keys: []token.SigningKey{
		{KID: "a", Number: 1, ActiveFrom: now}, {KID: "b", Number: 2, ActiveFrom: now.Add(time.Hour)}, {KID: "c", Number: 3, ActiveFrom: now.Add(time.Minute)},
	}}
	active, _ := set.Active(now.Add(2 * time.Hour))
	require.Equal(t, "c", active.KID)
	require.Equal(t, token.KeyRetired, set.State(set.Keys[0], now.Add(90*time.Second)))
}

// A key that is made to sign at once takes over from the next one as well: that
// one stays published for whoever has not heard of the newcomer, and never signs.
func TestAKeyThatIsOvertakenBeforeItsTime(t *testing.T) {
	set := token.KeySet{Overlap: time.Minute, Keys: []token.SigningKey{
		{KID: "a", Number: 1, ActiveFrom: now}, {KID: "b", Number: 2, ActiveFrom: now.Add(time.Hour)}, {KID: "c", Number: 3, ActiveFrom: now.Add(time.Second)},
	}}
	require.Equal(t, token.KeyNext, set.State(set.Keys[1], now))
	require.Equal(t, token.KeyRetired, set.State(set.Keys[1], now.Add(time.Second)))
	require.Equal(t, token.KeyExpired, set.State(set.Keys[1], now.Add(61*time.Second)))
}

func TestARevokedKey(t *testing.T) {
	at := now.Add(2 * time.Hour)
	set := token.KeySet{Overlap: time.Minute, Keys: []token.SigningKey{
		{KID: "a", Number: 1, ActiveFrom: now},
		{KID: "b", Number: 2, ActiveFrom: now.Add(time.Hour), RevokedAt: &at},
	}}
	for _, when := range []time.Time{now, now.Add(time.Hour), at, at.Add(1000 * time.Hour)} {
		require.Equal(t, token.KeyRevoked, set.State(set.Keys[1], when))
		for _, k := range set.Published(when) {
			require.NotEqual(t, "b", k.KID)
		}
		active, ok := set.Active(when)
		require.True(t, ok)
		require.Equal(t, "a", active.KID)
	}
	newest, ok := set.Newest()
	require.True(t, ok)
	require.Equal(t, "a", newest.KID)
	require.Equal(t, 3, set.NextNumber(), "its number is taken for ever")
	found, ok := set.Find("b")
	require.True(t, ok)
	require.True(t, found.Revoked())
	_, ok = set.Find("c")
	require.False(t, ok)

	// It signed for an hour in the first key's place, so what the first one
	// signed is long dead.
	require.Equal(t, token.KeyExpired, set.State(set.Keys[0], at))
	// But one that was revoked before its time took nothing over.
	early := now.Add(time.Minute)
	set.Keys[1].RevokedAt = &early
	require.Equal(t, token.KeyActive, set.State(set.Keys[0], at))

	set.Keys = set.Keys[1:]
	_, ok = set.Active(at)
	require.False(t, ok)
	_, ok = set.Newest()
	require.False(t, ok)
}

func TestAKeyGetsTooOld(t *testing.T) {
	const age = 90 * 24 * time.Hour
	own := token.SigningKey{KID: "a", Number: 1, Sealed: []byte{1}, CreatedAt: now, ActiveFrom: now}
	set := func(keys ...token.SigningKey) token.KeySet { return token.KeySet{Overlap: time.Minute, Keys: keys} }
	require.False(t, set(own).TooOld(now.Add(age-1), age))
	require.True(t, set(own).TooOld(now.Add(age), age))
	require.False(t, set(own).TooOld(now.Add(100*age), 0), "never by age")
	require.False(t, set().TooOld(now.Add(age), age))

	next := token.SigningKey{KID: "b", Number: 2, Sealed: []byte{1}, CreatedAt: now.Add(age), ActiveFrom: now.Add(age + time.Minute)}
	require.False(t, set(own, next).TooOld(now.Add(age), age), "its successor is made")
	next.CreatedAt = now
	require.False(t, set(own, next).TooOld(now.Add(age), age), "however long it has to wait for its time")
	when := now.Add(age)
	next.RevokedAt = &when
	require.True(t, set(own, next).TooOld(now.Add(age), age), "that one does not count any more")
	own.Sealed = nil
	require.False(t, set(own).TooOld(now.Add(age), age), "it is not ours to replace")
}

func TestParseAlgorithm(t *testing.T) {
	for _, name := range []string{"RS256", "ES256", "EdDSA"} {
		a, err := token.ParseAlgorithm(name)
		require.NoError(t, err)
		require.Equal(t, token.Algorithm(name), a)
	}
	for _, name := range []string{"", "none", "HS256", "rs256", "RS512"} {
		_, err := token.ParseAlgorithm(name)
		require.ErrorIs(t, err, token.ErrAlgorithm, name)
	}
}
