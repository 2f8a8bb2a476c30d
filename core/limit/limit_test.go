package limit_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plinto/plinto/core/limit"
)

var now = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func TestQuotaThenRefusalThenOneByOne(t *testing.T) {
	rules := []limit.Rule{{Name: "r", Quota: 3, Window: 3 * time.Second}}
	bucket := []int64{0}
	var d []limit.Decision
	for left := 2; left >= 0; left-- {
		bucket, d = limit.Take(rules, bucket, now)
		require.True(t, d[0].Allowed)
		require.Equal(t, left, d[0].Remaining)
		require.Zero(t, d[0].RetryAfter)
	}
	require.Equal(t, 3*time.Second, d[0].ResetAfter)

	before := bucket[0]
	bucket, d = limit.Take(rules, bucket, now)
	require.False(t, d[0].Allowed)
	require.Equal(t, time.Second, d[0].RetryAfter)
	require.Zero(t, d[0].Remaining)
	require.Equal(t, before, bucket[0], "a refusal costs nothing")

	_, d = limit.Take(rules, bucket, now.Add(time.Second-time.Microsecond))
	require.False(t, d[0].Allowed)
	bucket, d = limit.Take(rules, bucket, now.Add(time.Second))
	require.True(t, d[0].Allowed)
	_, d = limit.Take(rules, bucket, now.Add(time.Second))
	require.False(t, d[0].Allowed)
}

func TestOneRefusalTakesFromNone(t *testing.T) {
	rules := []limit.Rule{{Name: "minute", Quota: 1, Window: time.Minute}, {Name: "hour", Quota: 10, Window: time.Hour}}
	bucket, d := limit.Take(rules, []int64{0, 0}, now)
	require.True(t, limit.Allowed(d))
	again, d := limit.Take(rules, bucket, now)
	require.False(t, limit.Allowed(d))
	require.True(t, d[1].Allowed)
	require.Equal(t, 9, d[1].Remaining)
	require.Equal(t, bucket, again)
}

func TestNeverMoreThanQuotaPlusWhatCameBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := limit.Rule{Quota: rapid.IntRange(1, 50).Draw(t, "quota"), Window: time.Duration(rapid.IntRange(1, 7200).Draw(t, "seconds")) * time.Second}
		steps := rapid.SliceOfN(rapid.IntRange(0, 30_000), 1, 200).Draw(t, "milliseconds between requests")
		bucket, at, taken := []int64{0}, now, 0
		for _, ms := range steps {
			at = at.Add(time.Duration(ms) * time.Millisecond)
			var d []limit.Decision
			bucket, d = limit.Take([]limit.Rule{r}, bucket, at)
			if d[0].Allowed {
				taken++
			} else {
				_, later := limit.Take([]limit.Rule{r}, bucket, at.Add(d[0].RetryAfter))
				require.True(t, later[0].Allowed, "RetryAfter tells the truth")
				_, early := limit.Take([]limit.Rule{r}, bucket, at.Add(d[0].RetryAfter-time.Microsecond))
				require.False(t, early[0].Allowed, "and not a late one")
			}
			require.GreaterOrEqual(t, d[0].Remaining, 0)
			require.Less(t, d[0].Remaining, r.Quota)
		}
		require.LessOrEqual(t, taken, r.Quota+int(at.Sub(now)/r.Interval()))
	})
}

func TestAClockThatStepsBackRefusesNoLongerThanTheWindow(t *testing.T) {
	r := limit.Rule{Quota: 2, Window: time.Minute}
	bucket, _ := limit.Take([]limit.Rule{r}, []int64{0}, now.Add(time.Hour))
	_, d := limit.Take([]limit.Rule{r}, bucket, now)
	require.False(t, d[0].Allowed)
	require.Zero(t, d[0].Remaining)
	require.Equal(t, 30*time.Second, d[0].RetryAfter)
	require.Equal(t, time.Minute, d[0].ResetAfter)
}

func TestWhatIsGivenBackCanBeTakenAgain(t *testing.T) {
	rules := []limit.Rule{{Name: "r", Quota: 3, Window: 3 * time.Second}}
	bucket := []int64{0}
	for range 3 {
		bucket, _ = limit.Take(rules, bucket, now)
	}
	bucket = limit.GiveBack(rules, bucket, now)
	bucket, d := limit.Take(rules, bucket, now)
	require.True(t, d[0].Allowed)
	_, d = limit.Take(rules, bucket, now)
	require.False(t, d[0].Allowed)

	// Nobody gets more than the quota by giving back what has come back.
	later := now.Add(time.Hour)
	bucket = limit.GiveBack(rules, bucket, later)
	for range 3 {
		bucket, d = limit.Take(rules, bucket, later)
		require.True(t, d[0].Allowed)
	}
	_, d = limit.Take(rules, bucket, later)
	require.False(t, d[0].Allowed)
	require.Equal(t, []int64{0}, limit.GiveBack(rules, []int64{0}, now), "an unused bucket stays one")
}

func TestInterval(t *testing.T) {
	require.Equal(t, time.Microsecond, limit.Rule{Quota: 10, Window: time.Microsecond}.Interval())
	require.Equal(t, time.Minute, limit.Rule{Quota: 0, Window: time.Minute}.Interval())
}

func TestTightest(t *testing.T) {
	_, ok := limit.Tightest(nil)
	require.False(t, ok)
	wide := limit.Decision{Rule: limit.Rule{Name: "wide", Quota: 100}, Allowed: true, Remaining: 50}
	narrow := limit.Decision{Rule: limit.Rule{Name: "narrow", Quota: 4}, Allowed: true, Remaining: 1}
	short := limit.Decision{Rule: limit.Rule{Name: "short"}, RetryAfter: time.Second}
	long := limit.Decision{Rule: limit.Rule{Name: "long"}, RetryAfter: time.Minute}
	for want, list := range map[string][]limit.Decision{
		"narrow": {wide, narrow}, "short": {narrow, short, wide}, "long": {short, long, narrow}, "wide": {wide},
	} {
		d, ok := limit.Tightest(list)
		require.True(t, ok)
		require.Equal(t, want, d.Rule.Name)
	}
	require.Equal(t, "address:10.0.0.1", limit.Subject{Kind: limit.Address, Key: "10.0.0.1"}.String())
}
