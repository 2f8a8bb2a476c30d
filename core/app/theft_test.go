package app_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/app"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/ports/outbound"
)

// A thief holds a copy of a victim's refresh token, once, and both refresh
// when they do. (A thief who can steal again and again needs no refresh.)
//
// What is shown: as soon as both have refreshed and were further apart than the
// grace, the session is dead, whatever their schedules and whoever was first.
// What is also shown is what that leaves: a thief who meets the victim within
// the grace each time goes unnoticed for as long as it does, and so does one
// whose victim never comes back. Only a key that the thief does not have tells
// those.

const (
	period = 15 * time.Minute // the life of an access token, before its jitter
	grace  = 10 * time.Second
	lead   = 30 * time.Second // how long before its token expires a client gets another
)

// party refreshes by its schedule.
type party struct {
	name     string
	refresh  string
	expires  time.Time // of its access token
	next     time.Time // when it refreshes
	schedule func(me, other *party, now time.Time, r *rand.Rand) time.Time
	times    int
}

func never(_, _ *party, now time.Time, _ *rand.Rand) time.Time { return now.Add(365 * 24 * time.Hour) }

func every(d time.Duration) func(_, _ *party, now time.Time, _ *rand.Rand) time.Time {
	return func(_, _ *party, now time.Time, _ *rand.Rand) time.Time { return now.Add(d) }
}

func between(low, high time.Duration) func(_, _ *party, now time.Time, r *rand.Rand) time.Time {
	return func(_, _ *party, now time.Time, r *rand.Rand) time.Time {
		return now.Add(low + time.Duration(r.Int64N(int64(high-low))))
	}
}

// byExpiry refreshes when a client would that had this party's access token,
// or so much later.
func byExpiry(later time.Duration) func(me, _ *party, _ time.Time, _ *rand.Rand) time.Time {
	return func(me, _ *party, _ time.Time, _ *rand.Rand) time.Time { return me.expires.Add(later - lead) }
}

// with refreshes when the other does, or so much later: it knows what no thief
// is told.
func with(later time.Duration) func(_, other *party, now time.Time, _ *rand.Rand) time.Time {
	return func(_, other *party, now time.Time, _ *rand.Rand) time.Time {
		if next := other.next.Add(later); next.After(now) {
			return next
		}
		return now.Add(period / 2) // the other's next time is known by then
	}
}

// once refreshes one time and keeps still.
func once(when func(me, other *party, now time.Time, r *rand.Rand) time.Time) func(me, other *party, now time.Time, r *rand.Rand) time.Time {
	return func(me, other *party, now time.Time, r *rand.Rand) time.Time {
		if me.times > 0 {
			return never(me, other, now, r)
		}
		return when(me, other, now, r)
	}
}

// found is how a theft came out.
type found struct {
	dead      bool
	by        string        // whose refresh was refused
	after     time.Duration // since the theft
	met       int           // how often the two came within the grace of each other
	presented int           // refreshes of both, the refused one included
}

// drawn is a Random that a seed decides.
type drawn struct{ *rand.Rand }

func (d drawn) Secret() (secret [32]byte) {
	for i := range 4 {
		binary.BigEndian.PutUint64(secret[8*i:], d.Uint64())
	}
	return secret
}
func (d drawn) Fraction() float64 { return d.Float64() }

// crimeScene is a world with a user in it, and with jitter.
func crimeScene(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, func(o *outbound.World, p *app.Policy) {
		o.Random = drawn{rand.New(rand.NewPCG(1, 1))}
		require.Equal(t, period, p.Access.Lifetime)
		require.Equal(t, grace, p.RefreshGrace)
	})
	w.signUp("ann@example.com")
	return w
}

// steal lets a thief copy the token of a session, and both refresh by their
// schedules until one is refused, or until the horizon.
func (w *world) steal(seed uint64, victim, thief party, horizon time.Duration) found {
	t := w.t
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 2))
	in := w.signIn("ann@example.com")
	theft := w.clock.Now()
	for _, p := range []*party{&victim, &thief} {
		p.refresh, p.expires = in.Tokens.Refresh, theft.Add(in.Tokens.ExpiresIn)
	}
	victim.next = victim.schedule(&victim, &thief, theft, r)
	thief.next = thief.schedule(&thief, &victim, theft, r)

	var out found
	rotatedAt := theft
	for {
		me, other := &victim, &thief
		if thief.next.Before(victim.next) {
			me, other = other, me
		}
		if me.next.Sub(theft) > horizon {
			return out
		}
		w.clock.Set(me.next)
		now := w.clock.Now()
		before := w.stored(in.Session.ID)
		pair, err := w.refresh(me.refresh)
		me.times++
		out.presented++
		out.after = now.Sub(theft)
		if !before.Live(now, w.policy.Sessions) {
			requireCode(t, fault.InvalidRefreshToken, err)
			require.Nil(t, before.EndedAt, "it expired")
			return out
		}
		if err != nil {
			requireCode(t, fault.InvalidRefreshToken, err)
			require.Equal(t, session.ReuseDetected, w.stored(in.Session.ID).EndReason)
			for _, p := range []*party{&victim, &thief} {
				_, err := w.refresh(p.refresh)
				requireCode(t, fault.InvalidRefreshToken, err)
			}
			out.dead, out.by = true, me.name
			return out
		}
		after := w.stored(in.Session.ID)
		if after.Rotation.Generation > before.Rotation.Generation {
			rotatedAt = now
		} else {
			// It held the last token: only within the grace is that let by, and
			// then the two hold the same one again.
			require.Less(t, now.Sub(rotatedAt), grace, "a copy that comes later than the grace")
			require.Equal(t, other.refresh, pair.Refresh)
			out.met++
		}
		me.refresh, me.expires = pair.Refresh, now.Add(pair.ExpiresIn)
		me.next = me.schedule(me, other, now, r)
	}
}

func TestTheftIsFoundWhenBothHaveRefreshed(t *testing.T) {
	const runs = 12
	w := crimeScene(t)
	busy := between(time.Minute, 30*time.Minute)
	var table strings.Builder
	rows := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(rows, "victim\tthief\tfound\tmean periods\tmost periods\tmost met\trefused first")
	for _, c := range []struct {
		victim, thief          string
		victimDoes, thiefDoes  func(me, other *party, now time.Time, r *rand.Rand) time.Time
		longest                time.Duration // between two refreshes of either
		mostMet, mostPresented int
	}{
		{"each period", "each period, a minute before", every(period), offset(every(period), -time.Minute), period, 0, 2},
		{"each period", "each period, half way", every(period), offset(every(period), -period/2), period, 0, 2},
		{"each period", "the grace before", every(period), offset(every(period), -grace), period, 0, 2},
		{"each period", "the grace behind", every(period), with(grace), period, 0, 2},
		{"each period", "once, at any time", every(period), once(busy), 30 * time.Minute, 1, 5},
		{"each period", "at random", every(period), busy, 30 * time.Minute, 2, 20},
		{"at random", "at random", busy, busy, 30 * time.Minute, 2, 40},
		{"by its exp", "at random", byExpiry(0), busy, 30 * time.Minute, 2, 40},
		{"by its exp", "by its own exp", byExpiry(0), byExpiry(0), 16 * time.Minute, 4, 12},
		{"by its exp", "by its own exp, just before", byExpiry(0), byExpiry(-2 * time.Second), 16 * time.Minute, 4, 12},
		{"by its exp", "by its own exp, just behind", byExpiry(0), byExpiry(2 * time.Second), 16 * time.Minute, 4, 12},
		{"each period", "as often as it is let", every(period), every(16 * time.Second), period, 0, 60},
	} {
		var sum, most time.Duration
		var met int
		by := map[string]int{}
		for seed := range uint64(runs) {
			got := w.steal(seed, party{name: "victim", schedule: c.victimDoes}, party{name: "thief", schedule: c.thiefDoes}, 7*24*time.Hour)
			name := fmt.Sprintf("%s / %s, seed %d: %+v", c.victim, c.thief, seed, got)
			require.True(t, got.dead, name)
			// The bound: each time that both have refreshed they either met
			// within the grace, or it is over.
			require.LessOrEqual(t, got.after, time.Duration(got.met+1)*c.longest+grace, name)
			require.LessOrEqual(t, got.met, c.mostMet, name)
			require.LessOrEqual(t, got.presented, c.mostPresented, name)
			sum, most, met = sum+got.after, max(most, got.after), max(met, got.met)
			by[got.by]++
		}
		fmt.Fprintf(rows, "%s\t%s\t%d of %d\t%.2f\t%.2f\t%d\tvictim %d, thief %d\n", c.victim, c.thief, runs, runs,
			sum.Minutes()/runs/period.Minutes(), most.Minutes()/period.Minutes(), met, by["victim"], by["thief"])
	}
	require.NoError(t, rows.Flush())
	t.Log("\n" + table.String())
}

// offset moves the first refresh, and with it all that follow.
func offset(schedule func(me, other *party, now time.Time, r *rand.Rand) time.Time, by time.Duration) func(me, other *party, now time.Time, r *rand.Rand) time.Time {
	return func(me, other *party, now time.Time, r *rand.Rand) time.Time {
		next := schedule(me, other, now, r)
		if me.times == 0 {
			next = next.Add(by)
		}
		return next
	}
}

// What rotation does not find, and what each needs: to be with the victim every
// time, to the second, or never to be met at all.
func TestWhatRotationCannotTell(t *testing.T) {
	const periods = 100
	w := crimeScene(t)
	for name, later := range map[string]time.Duration{
		"right before": -time.Second, "at the end of the grace before": -grace + time.Microsecond,
		"right behind": time.Second, "at the end of the grace": grace - time.Microsecond,
	} {
		victim, thief := party{name: "victim", schedule: every(period)}, party{name: "thief", schedule: with(later)}
		if later < 0 {
			victim.schedule, thief.schedule = withBehind(-later), every(period)
		}
		got := w.steal(1, victim, thief, periods*period+time.Minute)
		t.Logf("a thief who is there %s each time: unfound after %d periods, %d refreshes", name, got.met, got.presented)
		require.False(t, got.dead, name)
		require.Equal(t, periods, got.met, name)
		require.Equal(t, 2*periods, got.presented, name)
	}

	slips := 0
	got := w.steal(1, party{name: "victim", schedule: every(period)}, party{name: "thief", schedule: func(me, other *party, now time.Time, r *rand.Rand) time.Time {
		if slips++; slips > 50 {
			return with(grace)(me, other, now, r)
		}
		return with(time.Second)(me, other, now, r)
	}}, periods*period)
	t.Logf("a thief who is there each time and then is late once: found in period %.2f", got.after.Minutes()/period.Minutes())
	require.True(t, got.dead, "its first slip")
	require.Equal(t, "thief", got.by)

	got = w.steal(1, party{name: "victim", schedule: never}, party{name: "thief", schedule: every(24 * time.Hour)}, 365*24*time.Hour)
	t.Logf("a thief whose victim never comes back: unfound until the session ends after %.0f days", got.after.Hours()/24)
	require.False(t, got.dead)
	require.Equal(t, 30*24*time.Hour, got.after, "the absolute end of the session")

	// A single use within the grace leaves a copy that is dead with the next
	// rotation of the victim, and that finds the theft if it is ever used.
	got = w.steal(1, party{name: "victim", schedule: every(period)}, party{name: "thief", schedule: once(with(time.Second))}, 10*period)
	require.False(t, got.dead)
	require.Equal(t, 1, got.met)
}

// withBehind is a victim that refreshes so long behind the thief.
func withBehind(later time.Duration) func(me, other *party, now time.Time, r *rand.Rand) time.Time {
	return func(me, _ *party, now time.Time, _ *rand.Rand) time.Time {
		if me.times == 0 {
			return now.Add(period + later)
		}
		return now.Add(period)
	}
}
