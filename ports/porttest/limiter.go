package porttest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plinto/plinto/core/limit"
	"github.com/plinto/plinto/ports/outbound"
)

// Limiter is the contract of outbound.Limiter. Open gives a limiter without
// buckets that reads this clock, and closes it when the test ends.
func Limiter(t *testing.T, open func(t *testing.T, clock *Clock) outbound.Limiter) {
	for name, test := range map[string]func(t *testing.T, l limiterUnderTest){
		"Quota":         testLimiterQuota,
		"AllOrNothing":  testLimiterAllOrNothing,
		"Charges":       testLimiterCharges,
		"GiveBack":      testLimiterGiveBack,
		"Independence":  testLimiterIndependence,
		"ClockStepBack": testLimiterClockStepBack,
		"Callers":       testLimiterCallers,
		"Concurrency":   testLimiterConcurrency,
		"Keys":          testLimiterKeys,
		"Health":        testLimiterHealth,
		"Model":         testLimiterModel,
	} {
		t.Run(name, func(t *testing.T) {
			clock := NewClock()
			test(t, limiterUnderTest{open(t, clock), clock})
		})
	}
}

type limiterUnderTest struct {
	outbound.Limiter
	clock *Clock
}

// take charges one subject.
func (l limiterUnderTest) take(t *testing.T, s limit.Subject, rules ...limit.Rule) []limit.Decision {
	t.Helper()
	d, err := l.Take(t.Context(), []limit.Charge{{Subject: s, Rules: rules}})
	require.NoError(t, err)
	require.Len(t, d, 1)
	require.Len(t, d[0], len(rules))
	return d[0]
}

var (
	anAddress  = limit.Subject{Kind: limit.Address, Key: "192.0.2.1"}
	perMinute  = limit.Rule{Name: "minute", Quota: 3, Window: time.Minute}
	perHour    = limit.Rule{Name: "hour", Quota: 5, Window: time.Hour}
	oncePerDay = limit.Rule{Name: "once", Quota: 1, Window: 24 * time.Hour}
)

func testLimiterQuota(t *testing.T, l limiterUnderTest) {
	for left := 2; left >= 0; left-- {
		want := limit.Decision{Rule: perMinute, Allowed: true, Remaining: left, ResetAfter: time.Duration(3-left) * 20 * time.Second}
		require.Equal(t, []limit.Decision{want}, l.take(t, anAddress, perMinute))
	}
	refusal := limit.Decision{Rule: perMinute, ResetAfter: time.Minute, RetryAfter: 20 * time.Second}
	for range 3 {
		require.Equal(t, []limit.Decision{refusal}, l.take(t, anAddress, perMinute), "a refusal costs nothing")
	}
	for range 4 {
		l.clock.Advance(20*time.Second - time.Microsecond)
		require.False(t, l.take(t, anAddress, perMinute)[0].Allowed, "not a microsecond early")
		l.clock.Advance(time.Microsecond)
		require.True(t, l.take(t, anAddress, perMinute)[0].Allowed)
		require.False(t, l.take(t, anAddress, perMinute)[0].Allowed, "one comes back at a time")
	}
	l.clock.Advance(time.Hour)
	require.Equal(t, 2, l.take(t, anAddress, perMinute)[0].Remaining, "no more than the quota comes back")

	never := limit.Rule{Name: "never", Quota: 0, Window: time.Minute}
	require.False(t, l.take(t, anAddress, never)[0].Allowed)
}

func testLimiterAllOrNothing(t *testing.T, l limiterUnderTest) {
	for range 3 {
		require.True(t, limit.Allowed(l.take(t, anAddress, perMinute, perHour)))
	}
	for range 5 {
		d := l.take(t, anAddress, perMinute, perHour)
		require.False(t, d[0].Allowed)
		require.True(t, d[1].Allowed)
		require.Equal(t, 2, d[1].Remaining, "the rule that allows loses nothing to the one that refuses")
	}
	for range 2 {
		l.clock.Advance(time.Minute)
		require.True(t, limit.Allowed(l.take(t, anAddress, perMinute, perHour)))
	}
	d := l.take(t, anAddress, perMinute, perHour)
	require.True(t, d[0].Allowed)
	require.False(t, d[1].Allowed)
	require.Equal(t, 2, d[0].Remaining)
}

func testLimiterCharges(t *testing.T, l limiterUnderTest) {
	account := limit.Subject{Kind: limit.Account, Key: "018f"}
	charges := []limit.Charge{
		{Subject: anAddress, Rules: []limit.Rule{perMinute, perHour}},
		{Subject: account, Rules: []limit.Rule{oncePerDay}},
		{Subject: limit.Subject{Kind: limit.Session, Key: "018f"}},
		{Subject: anAddress, Rules: []limit.Rule{perMinute}},
	}
	d, err := l.Take(t.Context(), charges)
	require.NoError(t, err)
	require.Len(t, d, 4)
	require.Equal(t, []int{2, 4, 0, 1}, []int{d[0][0].Remaining, d[0][1].Remaining, d[1][0].Remaining, d[3][0].Remaining})
	require.Equal(t, perHour, d[0][1].Rule)
	require.Empty(t, d[2], "no rule, no decision")

	d, err = l.Take(t.Context(), charges)
	require.NoError(t, err)
	require.True(t, limit.Allowed(d[0]), "one charge's refusal does not undo another")
	require.False(t, limit.Allowed(d[1]))
	require.False(t, limit.Allowed(d[3]), "charges of one call are taken in order")

	d, err = l.Take(t.Context(), nil)
	require.NoError(t, err)
	require.Empty(t, d)
}

func testLimiterGiveBack(t *testing.T, l limiterUnderTest) {
	giveBack := func(charges ...limit.Charge) { require.NoError(t, l.GiveBack(t.Context(), charges)) }
	other := limit.Subject{Kind: limit.Account, Key: "someone"}
	both := []limit.Charge{{Subject: anAddress, Rules: []limit.Rule{perMinute, perHour}}, {Subject: other, Rules: []limit.Rule{perMinute}}}
	_, err := l.Take(t.Context(), both)
	require.NoError(t, err)
	l.take(t, anAddress, perMinute)

	giveBack(both...)
	d := l.take(t, anAddress, perMinute, perHour)
	require.Equal(t, perMinute.Quota-2, d[0].Remaining, "one of two is left, and one is new")
	require.Equal(t, perHour.Quota-1, d[1].Remaining)
	require.Equal(t, perMinute.Quota-1, l.take(t, other, perMinute)[0].Remaining)

	// What is back already, and what was never taken, makes no more of it.
	l.clock.Advance(2 * perMinute.Window)
	giveBack(both...)
	giveBack(limit.Charge{Subject: limit.Subject{Kind: limit.Session, Key: "new"}, Rules: []limit.Rule{perMinute}})
	giveBack(limit.Charge{Subject: anAddress})
	giveBack()
	require.Equal(t, perMinute.Quota-1, l.take(t, other, perMinute)[0].Remaining)
	require.Equal(t, perMinute.Quota-1, l.take(t, limit.Subject{Kind: limit.Session, Key: "new"}, perMinute)[0].Remaining)
}

func testLimiterIndependence(t *testing.T, l limiterUnderTest) {
	fresh := func(s limit.Subject, r limit.Rule) {
		t.Helper()
		require.Equal(t, r.Quota-1, l.take(t, s, r)[0].Remaining)
	}
	fresh(anAddress, perMinute)
	fresh(anAddress, perHour)
	fresh(limit.Subject{Kind: limit.Address, Key: "192.0.2.2"}, perMinute)
	fresh(limit.Subject{Kind: limit.Account, Key: anAddress.Key}, perMinute)
	fresh(limit.Subject{Kind: limit.Session, Key: anAddress.Key}, perMinute)

	t.Run("rules that share a name and nothing else", func(t *testing.T) {
		quota, window := perMinute, perMinute
		quota.Quota, window.Window = 30, 10*time.Minute
		fresh(anAddress, quota)
		fresh(anAddress, window)
		require.Equal(t, 1, l.take(t, anAddress, perMinute)[0].Remaining)
	})
	t.Run("names and keys that could run into each other", func(*testing.T) {
		fresh(limit.Subject{Kind: "k", Key: "a"}, limit.Rule{Name: "b:1:60000000", Quota: 2, Window: time.Minute})
		fresh(limit.Subject{Kind: "k", Key: "a:b"}, limit.Rule{Name: "1:60000000", Quota: 2, Window: time.Minute})
		fresh(limit.Subject{Kind: "k", Key: "a}:b"}, limit.Rule{Name: "c", Quota: 2, Window: time.Minute})
		fresh(limit.Subject{Kind: "k", Key: "a"}, limit.Rule{Name: "b}:c", Quota: 2, Window: time.Minute})
		fresh(limit.Subject{Kind: "k", Key: "{"}, limit.Rule{Name: "c", Quota: 2, Window: time.Minute})
		fresh(limit.Subject{Kind: "k", Key: "%7B"}, limit.Rule{Name: "c", Quota: 2, Window: time.Minute})
	})
}

func testLimiterClockStepBack(t *testing.T, l limiterUnderTest) {
	once := limit.Rule{Name: "r", Quota: 2, Window: time.Minute}
	l.clock.Advance(time.Hour)
	require.True(t, l.take(t, anAddress, once)[0].Allowed)
	l.clock.Advance(-time.Hour)
	want := limit.Decision{Rule: once, ResetAfter: time.Minute, RetryAfter: 30 * time.Second}
	require.Equal(t, want, l.take(t, anAddress, once)[0], "no longer than the window")
	l.clock.Advance(-time.Second)
	require.Equal(t, want, l.take(t, anAddress, once)[0])
}

func testLimiterCallers(t *testing.T, l limiterUnderTest) {
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	d, err := l.Take(gone, []limit.Charge{{Subject: anAddress, Rules: []limit.Rule{oncePerDay}}})
	require.NoError(t, err)
	require.True(t, limit.Allowed(d[0]))
	require.False(t, l.take(t, anAddress, oncePerDay)[0].Allowed, "who hangs up is counted all the same")
}

func testLimiterConcurrency(t *testing.T, l limiterUnderTest) {
	ten := limit.Rule{Name: "ten", Quota: 10, Window: time.Hour}
	for round := range 5 {
		charge := []limit.Charge{{Subject: limit.Subject{Kind: limit.Account, Key: fmt.Sprint(round)}, Rules: []limit.Rule{perDay(1000), ten}}}
		var allowed atomic.Int64
		var group sync.WaitGroup
		start := make(chan struct{})
		errs := make([]error, 32)
		for i := range errs {
			group.Go(func() {
				<-start
				d, err := l.Take(t.Context(), charge)
				errs[i] = err
				if err == nil && limit.Allowed(d[0]) {
					allowed.Add(1)
				}
			})
		}
		close(start)
		group.Wait()
		for _, err := range errs {
			require.NoError(t, err)
		}
		require.EqualValues(t, 10, allowed.Load())
	}
}

func perDay(quota int) limit.Rule {
	return limit.Rule{Name: "day", Quota: quota, Window: 24 * time.Hour}
}

func testLimiterKeys(t *testing.T, l limiterUnderTest) {
	keys := []string{
		"", " ", "a b", "2001:db8::1", "2001:db8::/64", "fe80::1%eth0", "{", "}", "{}", "}{", "{a}", "a}b{c", "%7B", "%", "%%7B",
		"\x00", "a\x00", "a\x00b", "\r\n", "*", "$1\r\nx", strings.Repeat("k", 200), strings.Repeat("k", 199) + "l",
		"汉字🦊", "e\u0301", "é", "\xff\xfe", "'", `"`, `\`, "]]", "--",
	}
	for _, taken := range []bool{false, true} {
		for _, key := range keys {
			for _, kind := range []limit.SubjectKind{limit.Address, limit.Account} {
				s := limit.Subject{Kind: kind, Key: key}
				d := l.take(t, s, oncePerDay, limit.Rule{Name: "a {rule}:\x00%", Quota: 1, Window: time.Hour})
				require.Equal(t, !taken, limit.Allowed(d), "%q", s)
			}
		}
	}
}

func testLimiterHealth(t *testing.T, l limiterUnderTest) {
	h := l.Health(t.Context())
	require.NoError(t, h.Err)
	if h.Shared {
		require.Positive(t, h.ResponseTime)
	} else {
		require.Zero(t, h.ResponseTime, "there is no server to answer")
	}
}

// testLimiterModel compares with limit.Take over a plain map, on random
// charges at random instants. Time goes forward: a bucket whose arrival is past
// may be forgotten, so one that steps back may find it empty or not.
func testLimiterModel(t *testing.T, l limiterUnderTest) {
	type bucket struct {
		subject limit.Subject
		rule    limit.Rule
	}
	run := 0
	rapid.Check(t, func(r *rapid.T) {
		run++
		window := rapid.OneOf(rapid.Int64Range(1, 50), rapid.Int64Range(1, 2_000_000), rapid.Int64Range(1, 7_200_000_000))
		rules := make([]limit.Rule, rapid.IntRange(1, 4).Draw(r, "rules"))
		for i := range rules {
			rules[i] = limit.Rule{
				Name:   rapid.SampledFrom([]string{"a", "b"}).Draw(r, "name"),
				Quota:  rapid.IntRange(0, 6).Draw(r, "quota"),
				Window: time.Duration(window.Draw(r, "window in microseconds")) * time.Microsecond,
			}
		}
		arrivals := map[bucket]int64{}
		for range rapid.IntRange(1, 30).Draw(r, "calls") {
			l.clock.Advance(time.Duration(rapid.OneOf(rapid.Just(int64(0)), window).Draw(r, "microseconds between calls")) * time.Microsecond)
			charges := make([]limit.Charge, rapid.IntRange(1, 3).Draw(r, "charges"))
			want := make([][]limit.Decision, len(charges))
			for i := range charges {
				s := limit.Subject{Kind: limit.Account, Key: fmt.Sprintf("%d/%d", run, rapid.IntRange(0, 2).Draw(r, "subject"))}
				chosen := rapid.Permutation(rules).Draw(r, "order")[:rapid.IntRange(0, len(rules)).Draw(r, "count")]
				charges[i] = limit.Charge{Subject: s, Rules: chosen}

				before := make([]int64, len(chosen))
				for j, rule := range chosen {
					before[j] = arrivals[bucket{s, rule}]
				}
				var after []int64
				after, want[i] = limit.Take(chosen, before, l.clock.Now())
				for j, rule := range chosen {
					arrivals[bucket{s, rule}] = after[j]
				}
			}
			got, err := l.Take(t.Context(), charges)
			require.NoError(r, err)
			require.Equal(r, want, got)
		}
	})
}
