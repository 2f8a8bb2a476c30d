package app_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/app"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/idempotency"
	"github.com/plinto/plinto/core/limit"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
	"github.com/plinto/plinto/ports/porttest"
)

func (absent) IdempotencyKeys() outbound.IdempotencyKeys { return absentIdempotencyKeys{} }

type absentIdempotencyKeys struct{}

func (absentIdempotencyKeys) Claim(context.Context, outbound.IdempotencyClaim) error { return errAway }
func (absentIdempotencyKeys) Present(context.Context, tenant.ID, [32]byte, [32]byte) (idempotency.Record, error) {
	return idempotency.Record{}, errAway
}
func (absentIdempotencyKeys) Keep(context.Context, outbound.IdempotentAnswer) error { return errAway }
func (absentIdempotencyKeys) Release(context.Context, tenant.ID, [32]byte, [16]byte) error {
	return errAway
}

func (absentIdempotencyKeys) DeleteExpired(context.Context, tenant.ID, time.Time, int) (int, error) {
	return 0, errAway
}

func (s *countingStore) IdempotencyKeys() outbound.IdempotencyKeys { return s.ask().IdempotencyKeys() }

// repeatable is a request with a key, by nobody in particular.
func repeatable(key, body string) inbound.Repeatable {
	return inbound.Repeatable{Operation: "signUp", Key: key, Body: []byte(body)}
}

func (w *world) begin(s inbound.Services, r inbound.Repeatable) (string, inbound.Attempt, error) {
	w.t.Helper()
	answer, attempt, err := s.Idempotency.Begin(w.t.Context(), w.caller(), inbound.Principal{}, r)
	require.Equal(w.t, err == nil && answer == nil, attempt != nil, "an answer, an attempt or an error")
	return string(answer), attempt, err
}

// attempts begins a request that nobody made before.
func (w *world) attempts(r inbound.Repeatable) inbound.Attempt {
	w.t.Helper()
	answer, attempt, err := w.begin(w.Services, r)
	require.NoError(w.t, err)
	require.Empty(w.t, answer)
	return attempt
}

// replays wants the answer of an earlier request.
func (w *world) replays(want string, r inbound.Repeatable) {
	w.t.Helper()
	answer, _, err := w.begin(w.Services, r)
	require.NoError(w.t, err)
	require.Equal(w.t, want, answer)
}

func (w *world) refusesRepeat(code fault.Code, r inbound.Repeatable) {
	w.t.Helper()
	_, _, err := w.begin(w.Services, r)
	requireCode(w.t, code, err)
}

func done(answer string) inbound.Outcome { return inbound.Outcome{Answer: []byte(answer)} }

func TestARepetitionGetsTheFirstAnswer(t *testing.T) {
	w := newWorld(t)
	attempt := w.attempts(repeatable("key", "body"))
	_, _, err := w.begin(w.Services, repeatable("key", "body"))
	requireCode(t, fault.RequestInProgress, err)
	f, ok := errors.AsType[*fault.Error](err)
	require.True(t, ok)
	require.Equal(t, time.Second, f.RetryAfter)
	require.NoError(t, attempt.End(t.Context(), done("answer")))
	w.replays("answer", repeatable("key", "body"))
	w.replays("answer", repeatable("key", "body"))
	w.refusesRepeat(fault.IdempotencyKeyReused, repeatable("key", "another body"))
	answer, _, err := w.begin(w.instance(), repeatable("key", "body"))
	require.NoError(t, err)
	require.Equal(t, "answer", answer, "another instance gives it too")

	w.attempts(repeatable("another key", "body"))
	other := repeatable("key", "body")
	other.Operation = "createUser"
	w.attempts(other)
	_, attempt, err = w.Idempotency.Begin(t.Context(), w.caller(), inbound.Principal{Tenant: tenant.Default, User: user.ID{1}}, repeatable("key", "body"))
	require.NoError(t, err, "another caller's key is another key")
	require.NotNil(t, attempt)
	for _, bad := range []string{"", "tab\t"} {
		w.refusesRepeat(fault.ValidationError, repeatable(bad, "body"))
	}
}

func TestWhichAnswersAreKept(t *testing.T) {
	w := newWorld(t)
	kept := map[fault.Code]bool{
		"": true, fault.EmailTaken: true, fault.UsernameTaken: true, fault.Conflict: true,
		fault.IdempotencyKeyReused: true, fault.RequestInProgress: true, fault.AlreadyVerified: true, // no handler that keeps them answers these
		fault.OwnAccount: true, fault.LastAdministrator: true,
	}
	for _, code := range append(fault.Codes(), "", "unknown") {
		r := repeatable("key of "+string(code), "body")
		require.NoError(t, w.attempts(r).End(t.Context(), inbound.Outcome{Refusal: code, Answer: []byte("answer")}))
		answer, attempt, err := w.begin(w.Services, r)
		require.NoError(t, err, code)
		if kept[code] {
			require.Equal(t, "answer", answer, code)
			continue
		}
		require.NotNil(t, attempt, code)
		require.NoError(t, attempt.End(t.Context(), inbound.Outcome{Refusal: code}))
		w.attempts(repeatable("key of "+string(code), "put right"))
	}
}

func TestAnAnswerIsKeptForADay(t *testing.T) {
	w := newWorld(t)
	r := repeatable("key", "body")
	require.NoError(t, w.attempts(r).End(t.Context(), done("answer")))
	w.clock.Advance(24*time.Hour - time.Microsecond)
	w.replays("answer", r)
	w.refusesRepeat(fault.IdempotencyKeyReused, repeatable("key", "another"))
	w.clock.Advance(time.Microsecond)
	w.attempts(repeatable("key", "another"))
}

func TestAKeyOutlivesTheProcessThatDiedWithIt(t *testing.T) {
	w := newWorld(t)
	r := repeatable("key", "body")
	slow := w.attempts(r)
	w.clock.Advance(time.Minute - time.Microsecond)
	w.refusesRepeat(fault.RequestInProgress, r)
	w.clock.Advance(time.Microsecond)
	w.refusesRepeat(fault.IdempotencyKeyReused, repeatable("key", "another"))
	second := w.attempts(r)
	require.NoError(t, slow.End(t.Context(), done("too late")))
	w.refusesRepeat(fault.RequestInProgress, r)
	require.NoError(t, slow.End(t.Context(), inbound.Outcome{Refusal: fault.Internal}))
	w.refusesRepeat(fault.RequestInProgress, r)
	require.NoError(t, second.End(t.Context(), done("answer")))
	w.replays("answer", r)
}

func TestNobodyGuessesAtABody(t *testing.T) {
	w := newWorld(t)
	r := repeatable("key", "body")
	require.NoError(t, w.attempts(r).End(t.Context(), done("answer")))
	for range idempotency.MaxMismatches - 1 {
		w.refusesRepeat(fault.IdempotencyKeyReused, repeatable("key", "guess"))
	}
	w.replays("answer", r)
	w.refusesRepeat(fault.IdempotencyKeyReused, repeatable("key", "guess"))
	w.refusesRepeat(fault.IdempotencyKeyReused, r)
}

func TestOfManyAtOnceOneIsDone(t *testing.T) {
	w := newWorld(t)
	var begun, waiting, replayed atomic.Int32
	var wg sync.WaitGroup
	start := make(chan struct{})
	for range 32 {
		wg.Go(func() {
			<-start
			answer, attempt, err := w.Idempotency.Begin(t.Context(), w.caller(), inbound.Principal{}, repeatable("key", "body"))
			switch {
			case attempt != nil:
				begun.Add(1)
				if err := attempt.End(t.Context(), done("answer")); err != nil {
					t.Errorf("end: %v", err)
				}
			case string(answer) == "answer":
				replayed.Add(1)
			case fault.CodeOf(err) == fault.RequestInProgress:
				waiting.Add(1)
			default:
				t.Errorf("begin: %q %v", answer, err)
			}
		})
	}
	close(start)
	wg.Wait()
	require.EqualValues(t, 1, begun.Load())
	require.EqualValues(t, 31, waiting.Load()+replayed.Load())
}

// A key that is given back between the two looks at it is had by the second.
func TestAKeyThatIsGivenBackMeanwhile(t *testing.T) {
	w := newWorld(t)
	r := repeatable("key", "body")
	first := w.attempts(r)
	presented := 0
	world := w.world
	world.Store = &presentingStore{Store: w.store, before: func() {
		presented++
		require.NoError(t, first.End(t.Context(), inbound.Outcome{Refusal: fault.Overloaded}))
	}}
	s := w.instance(func(o *outbound.World, _ *app.Policy) { o.Store = world.Store })
	_, attempt, err := w.begin(s, r)
	require.NoError(t, err)
	require.NotNil(t, attempt)
	require.Equal(t, 1, presented)

	// One that is taken and given back each time is waited for.
	next := attempt
	world.Store = &presentingStore{
		Store:  w.store,
		before: func() { require.NoError(t, next.End(t.Context(), inbound.Outcome{Refusal: fault.Overloaded})) },
		after:  func() { next = w.attempts(r) },
	}
	s = w.instance(func(o *outbound.World, _ *app.Policy) { o.Store = world.Store })
	_, _, err = w.begin(s, r)
	requireCode(t, fault.RequestInProgress, err)
}

// presentingStore tells before and after a key is presented.
type presentingStore struct {
	outbound.Store
	before, after func()
}

func (s *presentingStore) IdempotencyKeys() outbound.IdempotencyKeys {
	return presentingKeys{s.Store.IdempotencyKeys(), s}
}

type presentingKeys struct {
	outbound.IdempotencyKeys
	store *presentingStore
}

func (k presentingKeys) Present(ctx context.Context, t tenant.ID, hash, fingerprint [32]byte) (idempotency.Record, error) {
	k.store.before()
	r, err := k.IdempotencyKeys.Present(ctx, t, hash, fingerprint)
	if k.store.after != nil {
		k.store.after()
	}
	return r, err
}

func TestKeysSurviveANewApplicationKey(t *testing.T) {
	w := newWorld(t)
	r, working := repeatable("key", "body"), repeatable("under way", "body")
	require.NoError(t, w.attempts(r).End(t.Context(), done("answer")))
	w.attempts(working)
	next := w.instance(func(_ *outbound.World, p *app.Policy) {
		p.ApplicationKeys = append([][]byte{[]byte("the next key of this application")}, p.ApplicationKeys...)
	})
	answer, _, err := w.begin(next, r)
	require.NoError(t, err)
	require.Equal(t, "answer", answer)
	_, _, err = w.begin(next, repeatable("key", "another"))
	requireCode(t, fault.IdempotencyKeyReused, err)
	_, _, err = w.begin(next, working)
	requireCode(t, fault.RequestInProgress, err)
	w.clock.Advance(time.Minute)
	_, attempt, err := w.begin(next, working)
	require.NoError(t, err)
	require.NoError(t, attempt.End(t.Context(), done("second")))
	answer, _, err = w.begin(next, working)
	require.NoError(t, err)
	require.Equal(t, "second", answer)
}

func TestARepetitionIsProvenByTheSameKey(t *testing.T) {
	w := newWorld(t)
	mine, theirs := porttest.NewProver(t, "ES256"), porttest.NewProver(t, "ES256")
	r := repeatable("key", "body")
	begin := func(h *porttest.Prover, change ...func(*inbound.Caller)) ([]byte, inbound.Attempt, error) {
		caller := w.holding(h, "POST", signInURI, "", nil)
		for _, c := range change {
			c(&caller)
		}
		return w.Idempotency.Begin(t.Context(), caller, inbound.Principal{}, r)
	}
	_, attempt, err := begin(mine)
	require.NoError(t, err)
	require.NoError(t, attempt.End(t.Context(), done("answer")))

	_, _, err = begin(theirs)
	requireCode(t, fault.IdempotencyKeyReused, err)
	w.refusesRepeat(fault.IdempotencyKeyReused, r)
	_, _, err = begin(mine, func(c *inbound.Caller) { c.Proof.Text += "x" })
	requireCode(t, fault.InvalidProof, err)
	answer, _, err := begin(mine)
	require.NoError(t, err)
	require.Equal(t, "answer", string(answer))

	caller := w.holding(mine, "POST", signInURI, "", nil)
	for n, want := range []string{"answer", ""} {
		answer, _, err = w.Idempotency.Begin(t.Context(), caller, inbound.Principal{}, r)
		require.Equal(t, want, string(answer), n)
	}
	requireCode(t, fault.InvalidProof, err)
}

func TestARepetitionIsCountedOnce(t *testing.T) {
	w := newWorld(t, limits)
	r := repeatable("key", "body")
	var met []limit.Decision
	caller := w.caller()
	caller.Limits = &met
	_, attempt, err := w.Idempotency.Begin(t.Context(), caller, inbound.Principal{}, r)
	require.NoError(t, err)
	require.Len(t, met, 1)
	require.Equal(t, 59, met[0].Remaining)
	_, err = w.Accounts.SignUp(t.Context(), caller, inbound.SignUp{Email: "ann"})
	requireCode(t, fault.ValidationError, err)
	require.Len(t, met, 2, "the sign-up counts what is not counted yet")
	require.Equal(t, "signup", met[1].Rule.Name)
	require.Equal(t, 2, met[1].Remaining)
	require.NoError(t, attempt.End(t.Context(), done("answer")))
	for range 59 {
		w.replays("answer", r)
	}
	asked := w.store.asked.Load()
	w.refusesRepeat(fault.RateLimited, r)
	w.refusesRepeat(fault.RateLimited, repeatable("new", "body"))
	require.Equal(t, asked, w.store.asked.Load(), "nothing is looked up for whoever asks too often")
}

func TestKeysOfAnAbsentStore(t *testing.T) {
	w := newWorld(t)
	r := repeatable("key", "body")
	attempt := w.attempts(r)
	w.store.away.Store(true)
	w.refusesRepeat(fault.Unavailable, r)
	requireCode(t, fault.Unavailable, attempt.End(t.Context(), done("answer")))
	requireCode(t, fault.Unavailable, attempt.End(t.Context(), inbound.Outcome{Refusal: fault.Timeout}))
	next := w.instance(func(_ *outbound.World, p *app.Policy) {
		p.ApplicationKeys = append([][]byte{[]byte("the next key of this application")}, p.ApplicationKeys...)
	})
	_, _, err := w.begin(next, r)
	requireCode(t, fault.Unavailable, err)
	w.store.away.Store(false)
	w.refusesRepeat(fault.RequestInProgress, r)
}

func TestAnAnswerThatCannotBeOpenedIsADefect(t *testing.T) {
	w := newWorld(t)
	r := repeatable("key", "body")
	require.NoError(t, w.attempts(r).End(t.Context(), done("answer")))
	w.exec("UPDATE idempotency_keys SET answer = x'00'")
	_, _, err := w.begin(w.Services, r)
	require.ErrorIs(t, err, idempotency.ErrSealed)
	requireCode(t, fault.Internal, err)
}

func TestKeysWhoseTimeIsOverAreRemoved(t *testing.T) {
	w := newWorld(t)
	for _, key := range []string{"1", "2", "3", "4"} {
		require.NoError(t, w.attempts(repeatable(key, "body")).End(t.Context(), done("answer")))
	}
	c := w.cleaner(nil)
	w.clock.Advance(24*time.Hour - time.Microsecond)
	require.NoError(t, c.Sweep(t.Context()))
	require.Zero(t, c.Removed()["idempotency_keys"])
	w.clock.Advance(time.Microsecond)
	require.NoError(t, c.Sweep(t.Context()))
	require.EqualValues(t, 4, c.Removed()["idempotency_keys"])
}
