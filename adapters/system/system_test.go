package system_test

import (
	"bytes"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/system"
)

func TestNowIsWhatAStoreCanKeep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(1234*time.Microsecond + 999)
		now := system.Clock{}.Now()
		require.Equal(t, time.UTC, now.Location())
		require.Equal(t, time.Date(2000, 1, 1, 0, 0, 0, 1234000, time.UTC), now, "the clock here begins in 2000; what is less than a microsecond is cut off")
		time.Sleep(time.Second)
		require.Equal(t, time.Second, system.Clock{}.Now().Sub(now))
	})
}

func TestSecretsDiffer(t *testing.T) {
	seen := map[[32]byte]bool{}
	var columns [32]map[byte]bool
	for range 1000 {
		secret := system.Random{}.Secret()
		require.False(t, seen[secret])
		seen[secret] = true
		for i, b := range secret {
			if columns[i] == nil {
				columns[i] = map[byte]bool{}
			}
			columns[i][b] = true
		}
	}
	for i := range columns {
		require.Greater(t, len(columns[i]), 200, "every byte is drawn")
	}
}

// The bounds are eight standard deviations wide: a sound source misses them
// less than once in 10^14 runs.
func TestFractionsAreEvenlyDrawn(t *testing.T) {
	const n = 20_000
	var sum, low float64
	for range n {
		f := system.Random{}.Fraction()
		require.GreaterOrEqual(t, f, 0.0)
		require.Less(t, f, 1.0)
		require.Equal(t, f*(1<<53), math.Trunc(f*(1<<53)))
		sum += f
		if f < 0.1 {
			low++
		}
	}
	require.InDelta(t, 0.5, sum/n, 8*math.Sqrt(1.0/12/n))
	require.InDelta(t, 0.1, low/n, 8*math.Sqrt(0.09/n))
}

func TestIdentifiersAscend(t *testing.T) {
	last := system.Identifiers{}.New()
	for range 50_000 {
		next := system.Identifiers{}.New()
		require.Equal(t, byte(7), next[6]>>4, "version")
		require.Equal(t, byte(2), next[8]>>6, "variant")
		require.Positive(t, bytes.Compare(next[:], last[:]))
		last = next
	}
}

// The instant of an identifier is the present, in milliseconds.
func TestIdentifiersTellWhenTheyWereMade(t *testing.T) {
	before := time.Now().UnixMilli()
	id := system.Identifiers{}.New()
	var at int64
	for _, b := range id[:6] {
		at = at<<8 | int64(b)
	}
	// Those made faster than the clock ticks run ahead of it.
	require.InDelta(t, before, at, 60_000)
}

// Each of those who make identifiers at once sees its own ascend, and none is
// made twice.
func TestIdentifiersAreMadeOnce(t *testing.T) {
	const makers, each = 8, 5000
	made := make([][][16]byte, makers)
	var all sync.WaitGroup
	for i := range makers {
		all.Go(func() {
			for range each {
				made[i] = append(made[i], system.Identifiers{}.New())
			}
		})
	}
	all.Wait()
	seen := map[[16]byte]bool{}
	for _, own := range made {
		for i, id := range own {
			require.False(t, seen[id])
			seen[id] = true
			require.True(t, i == 0 || bytes.Compare(own[i-1][:], id[:]) < 0)
		}
	}
}
