package hashing_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/hashing"
	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/ports/outbound"
)

// held is a hasher whose work waits to be let go, so that a test can say who
// works and who waits at every step. Inside synctest time passes only where a
// test lets it.
type held struct {
	*hashing.Hasher
	began chan string   // the password whose hash was begun
	let   chan struct{} // one for each that may end
}

func hold(t *testing.T, o hashing.Options) held {
	t.Helper()
	o.Cost = 4
	h, err := hashing.New(o)
	require.NoError(t, err)
	it := held{h, make(chan string, 100), make(chan struct{})}
	h.Watch(func(_ string, key []byte) {
		it.began <- string(key)
		<-it.let
	})
	return it
}

// start begins to hash, and waits until that works, waits or is refused.
func (h held) start(ctx context.Context, password string) <-chan error {
	done := make(chan error, 1)
	go func() {
		_, err := h.Hash(ctx, credential.NewPassword(password))
		done <- err
	}()
	synctest.Wait()
	return done
}

func (h held) finish() {
	h.let <- struct{}{}
	synctest.Wait()
}

func retryAfter(t *testing.T, err error) time.Duration {
	t.Helper()
	var busy *outbound.BusyError
	require.ErrorAs(t, err, &busy)
	return busy.RetryAfter
}

func TestMoreThanTheQueueHoldsIsRefusedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hold(t, hashing.Options{Workers: 2, Queue: 3})
		var kept []<-chan error
		for i := range 5 {
			kept = append(kept, h.start(t.Context(), fmt.Sprint(i)))
		}
		require.Equal(t, hashing.Stats{Working: 2, Waiting: 3}, h.Stats())
		begin := time.Now()
		_, err := h.Hash(t.Context(), credential.NewPassword("one too many"))
		require.Equal(t, time.Second, retryAfter(t, err), "nothing was measured yet")
		_, err = h.Verify(t.Context(), credential.NewPassword("one too many"), "")
		retryAfter(t, err)
		require.Zero(t, time.Since(begin))
		require.Equal(t, hashing.Stats{Working: 2, Waiting: 3, Refused: 2}, h.Stats())

		h.finish()
		late := h.start(t.Context(), "late")
		require.Equal(t, hashing.Stats{Working: 2, Waiting: 3, Refused: 2}, h.Stats(), "a place was free again")
		for range 5 {
			h.finish()
		}
		for _, done := range append(kept, late) {
			require.NoError(t, <-done)
		}
		require.Equal(t, hashing.Stats{Refused: 2}, h.Stats())
	})
}

func TestThoseWhoWaitAreServedInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hold(t, hashing.Options{Workers: 1, Queue: 10})
		for i := range 6 {
			h.start(t.Context(), fmt.Sprint(i))
		}
		for i := range 6 {
			require.Equal(t, fmt.Sprint(i), <-h.began)
			if i == 2 {
				h.start(t.Context(), "6")
			}
			h.finish()
		}
		require.Equal(t, "6", <-h.began, "the last to come is the last")
		h.finish()
	})
}

func TestRefusalsSayHowLongTheQueueTakes(t *testing.T) {
	for _, c := range []struct {
		workers, queue int
		took, want     time.Duration
	}{
		{1, 4, 300 * time.Millisecond, 2 * time.Second}, // 1.2 s, upward
		{2, 4, 300 * time.Millisecond, time.Second},     // 0.6 s
		{1, 10, 300 * time.Millisecond, 3 * time.Second},
		{1, 0, 5 * time.Second, time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			h := hold(t, hashing.Options{Workers: c.workers, Queue: c.queue})
			measured := h.start(t.Context(), "measured")
			time.Sleep(c.took)
			h.finish()
			require.NoError(t, <-measured)
			for range c.workers + c.queue {
				h.start(t.Context(), "x")
			}
			require.Equal(t, c.want, retryAfter(t, <-h.start(t.Context(), "one too many")))
			for range c.workers + c.queue {
				h.finish()
			}
		})
	}
}

func TestTheAverageFollowsTheMachine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hold(t, hashing.Options{Workers: 1, Queue: 8})
		for range 40 {
			h.start(t.Context(), "slow")
			time.Sleep(time.Second)
			h.finish()
		}
		h.start(t.Context(), "quick")
		h.finish()
		for range 9 {
			h.start(t.Context(), "x")
		}
		require.Equal(t, 7*time.Second, retryAfter(t, <-h.start(t.Context(), "one too many")), "seven eighths of a second, eight times")
		for range 9 {
			h.finish()
		}
	})
}

func TestWaitingEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hold(t, hashing.Options{Workers: 1, Queue: 10, Timeout: 5 * time.Second})
		first := h.start(t.Context(), "first")
		cause := errors.New("the client went away")
		ctx, cancel := context.WithCancelCause(t.Context())
		gone := h.start(ctx, "gone")
		short, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		hurried := h.start(short, "hurried")
		patient := h.start(t.Context(), "patient")
		require.Equal(t, hashing.Stats{Working: 1, Waiting: 3}, h.Stats())

		cancel(cause)
		require.ErrorIs(t, <-gone, context.Canceled)
		time.Sleep(time.Second)
		require.ErrorIs(t, <-hurried, context.DeadlineExceeded)
		time.Sleep(3 * time.Second)
		late := h.start(t.Context(), "late")
		require.Equal(t, hashing.Stats{Working: 1, Waiting: 2}, h.Stats())
		time.Sleep(time.Second)
		require.Equal(t, time.Second, retryAfter(t, <-patient))
		require.Equal(t, hashing.Stats{Working: 1, Waiting: 1, Refused: 1}, h.Stats())

		h.finish()
		require.NoError(t, <-first, "work that has begun is not hurried")
		time.Sleep(time.Minute)
		h.finish()
		require.NoError(t, <-late, "the timeout is for waiting alone")
		require.Equal(t, []string{"first", "late"}, []string{<-h.began, <-h.began}, "who gave up is not worked for")
		require.Equal(t, hashing.Stats{Refused: 1}, h.Stats())
	})
}

// A panic in the work must not lose a worker.
func TestAPanicFreesTheWorker(t *testing.T) {
	h, err := hashing.New(hashing.Options{Cost: 4, Workers: 1})
	require.NoError(t, err)
	failing := true
	h.Watch(func(string, []byte) {
		if failing {
			panic("broken")
		}
	})
	require.Panics(t, func() { _, _ = h.Hash(t.Context(), credential.NewPassword("x")) })
	require.Equal(t, hashing.Stats{}, h.Stats())
	failing = false
	_, err = h.Hash(t.Context(), credential.NewPassword("x"))
	require.NoError(t, err)
}

func TestTheLaneLeavesAProcessorToOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hold(t, hashing.Options{})
		want := max(1, runtime.GOMAXPROCS(0)-1)
		for range want + 1 {
			h.start(t.Context(), "x")
		}
		require.Equal(t, hashing.Stats{Working: want, Refused: 1}, h.Stats())
		for range want {
			h.finish()
		}
	})
}
