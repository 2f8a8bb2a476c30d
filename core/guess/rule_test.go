package guess_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/guess"
)

var (
	rule = guess.Rule{Free: 5, First: 30 * time.Second, Longest: time.Hour, Most: 30, Forget: 24 * time.Hour, Tell: 10}
	noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
)

func TestWaitsGrow(t *testing.T) {
	for n, want := range map[int]time.Duration{
		-1: 0, 0: 0, 1: 0, 4: 0, 5: 30 * time.Second, 6: time.Minute, 7: 2 * time.Minute, 11: 32 * time.Minute,
		12: time.Hour, 29: time.Hour, 30: 24 * time.Hour, 31: 24 * time.Hour, 1 << 40: 24 * time.Hour,
	} {
		require.Equal(t, want, rule.Wait(n), n)
	}
	waits := rule.Waits()
	require.Len(t, waits, 31)
	for n, wait := range waits {
		require.Equal(t, rule.Wait(n), wait)
	}
	require.Zero(t, guess.Rule{}.Wait(1000))
	require.Equal(t, []time.Duration{0}, guess.Rule{}.Waits())
}

// An attacker who never tires and always comes the instant he may gets no more
// than what is promised.
func TestWhatAnAttackerGets(t *testing.T) {
	const day = 24 * time.Hour
	var tally guess.Tally
	var at []time.Time
	for now := noon; now.Before(noon.Add(120 * day)); {
		next, ok := rule.Take(tally, "attacker", now)
		if !ok {
			require.True(t, tally.RetryAt.After(now))
			now = tally.RetryAt
			continue
		}
		tally, at = next, append(at, now)
	}
	within := func(d time.Duration) int {
		most := 0
		for i := range at {
			n := 0
			for _, a := range at[i:] {
				if a.Before(at[i].Add(d)) {
					n++
				}
			}
			most = max(most, n)
		}
		return most
	}
	require.Equal(t, 5, within(30*time.Second))
	require.Equal(t, 12, within(2*time.Hour))
	require.Equal(t, 30, within(day))
	require.Less(t, within(30*day), 61)
	require.Greater(t, at[99].Sub(at[0]), 60*day, "a hundred in a row take two months")
}

func TestTooEarlyChangesNothing(t *testing.T) {
	tally := guess.Tally{Failures: 6, Since: noon, RetryAt: noon.Add(time.Minute), Origin: "a", OfOrigin: 6}
	same, ok := rule.Take(tally, "b", noon.Add(time.Minute-1))
	require.False(t, ok)
	require.Equal(t, tally, same)
	next, ok := rule.Take(tally, "b", noon.Add(time.Minute))
	require.True(t, ok)
	require.Equal(t, guess.Tally{Failures: 7, Since: noon, RetryAt: noon.Add(3 * time.Minute), Origin: "b", OfOrigin: 1}, next)
}

func TestFailuresAreForgottenOneByOne(t *testing.T) {
	tally := guess.Tally{Failures: 3, Since: noon, Origin: "a", OfOrigin: 3, Told: true}
	require.Equal(t, tally, rule.Faded(tally, noon.Add(24*time.Hour-1)))
	require.Equal(t, tally, rule.Faded(tally, noon.Add(-time.Hour)), "a clock that is behind")
	one := rule.Faded(tally, noon.Add(36*time.Hour))
	require.Equal(t, guess.Tally{Failures: 2, Since: noon.Add(24 * time.Hour), Origin: "a", OfOrigin: 2, Told: true}, one)
	gone := rule.Faded(tally, noon.Add(72*time.Hour))
	require.Equal(t, guess.Tally{Since: noon.Add(72 * time.Hour)}, gone, "and with the last one the episode")
}

func TestARightPasswordForgivesItsOwnNetwork(t *testing.T) {
	take := func(tally guess.Tally, origins ...string) guess.Tally {
		for i, o := range origins {
			var ok bool
			tally, ok = rule.Take(tally, o, noon.Add(time.Duration(i)))
			require.True(t, ok)
		}
		return tally
	}
	mine := rule.Forgive(take(guess.Tally{}, "me", "me", "me"), "me", true)
	require.Zero(t, mine.Failures)
	others := rule.Forgive(take(guess.Tally{}, "thief", "thief", "me", "me"), "me", true)
	require.Equal(t, 2, others.Failures)
	between := rule.Forgive(take(guess.Tally{}, "me", "thief", "me"), "me", true)
	require.Equal(t, 2, between.Failures)
	require.Equal(t, 2, rule.Forgive(take(guess.Tally{}, "me", "me", "me"), "me", false).Failures, "a guess that was not looked at")
	overtaken := rule.Forgive(take(guess.Tally{}, "me", "thief"), "me", true)
	require.Equal(t, 1, overtaken.Failures)
	require.Equal(t, 2, rule.Forgive(take(guess.Tally{}, "me", "thief", "thief"), "me", true).Failures)
	require.Zero(t, rule.Forgive(guess.Tally{}, "me", true).Failures)
}

func TestForgivingKeepsTheWaitOfOthers(t *testing.T) {
	tally := guess.Tally{Failures: 6, Since: noon, RetryAt: noon, Origin: "thief", OfOrigin: 6, Told: true}
	taken, ok := rule.Take(tally, "me", noon.Add(time.Hour))
	require.True(t, ok)
	left := rule.Forgive(taken, "me", true)
	require.Equal(t, 6, left.Failures)
	require.Equal(t, noon.Add(time.Hour+time.Minute), left.RetryAt)
	require.True(t, left.Told)
	forgiven := rule.Forgive(guess.Tally{Failures: 6, RetryAt: noon.Add(time.Minute), Origin: "me", OfOrigin: 6, Told: true}, "me", true)
	require.Equal(t, noon, forgiven.RetryAt)
	require.False(t, forgiven.Told)
}
