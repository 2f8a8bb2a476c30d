package app_test

import (
	"cmp"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// comparison is what the Mann–Whitney U test says of two samples (H. B. Mann,
// D. R. Whitney, 1947).
type comparison struct {
	U float64 // how many pairs have the first above the second; a tie is half
	Z float64 // U in standard deviations from even, corrected for ties
	P float64 // of a Z as far away, by the normal approximation, two-sided
	A float64 // U of all pairs: the probability that the first is above (Vargha and Delaney's A)
}

// effect is how far the samples are from even, 0 to 0.5.
func (c comparison) effect() float64 { return math.Abs(c.A - 0.5) }

func mannWhitney(a, b []float64) comparison {
	type value struct {
		of    float64
		first bool
	}
	all := make([]value, 0, len(a)+len(b))
	for _, v := range a {
		all = append(all, value{v, true})
	}
	for _, v := range b {
		all = append(all, value{v, false})
	}
	slices.SortFunc(all, func(x, y value) int { return cmp.Compare(x.of, y.of) })
	var ranks, ties float64
	for i := 0; i < len(all); {
		end := i
		for end < len(all) && all[end].of == all[i].of {
			end++
		}
		rank, tied := float64(i+1+end)/2, float64(end-i) // the middle of those that are equal
		for ; i < end; i++ {
			if all[i].first {
				ranks += rank
			}
		}
		ties += tied*tied*tied - tied
	}
	n, m := float64(len(a)), float64(len(b))
	c := comparison{U: ranks - n*(n+1)/2}
	c.A = c.U / (n * m)
	deviation := math.Sqrt(n * m / 12 * (n + m + 1 - ties/((n+m)*(n+m-1))))
	if deviation > 0 {
		c.Z = (c.U - n*m/2) / deviation
	}
	c.P = math.Erfc(math.Abs(c.Z) / math.Sqrt2)
	return c
}

func TestMannWhitney(t *testing.T) {
	c := mannWhitney([]float64{19, 22, 16, 29, 24}, []float64{20, 11, 17, 12})
	require.InDelta(t, 17, c.U, 1e-9)
	require.InDelta(t, 0.85, c.A, 1e-9)
	require.InDelta(t, 7/math.Sqrt(50.0/3), c.Z, 1e-9)
	require.InDelta(t, 0.0864, c.P, 1e-4)
	// The sums of ranks are 3.5+3.5+6 and 1+3.5+3.5; three of a rank shorten the
	// deviation to the root of 9/12·(7-60/30).
	c = mannWhitney([]float64{2, 2, 3}, []float64{1, 2, 2})
	require.InDelta(t, 7, c.U, 1e-9)
	require.InDelta(t, 2.5/math.Sqrt(9.0/12*(7-60.0/30)), c.Z, 1e-9)
	c = mannWhitney([]float64{5, 5}, []float64{5, 5})
	require.InDelta(t, 0.5, c.A, 1e-9)
	require.InDelta(t, 1, c.P, 1e-9)
	apart := mannWhitney([]float64{1, 2, 3}, []float64{4, 5, 6})
	require.Zero(t, apart.A)
	require.InDelta(t, 0.5, apart.effect(), 1e-9)
}
