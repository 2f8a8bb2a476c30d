package app_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/httpapi"
	"github.com/plinto/plinto/core/app"
	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/ports/outbound"
)

// stranger asks the API as somebody does who must not be able to tell accounts
// apart.
type stranger struct {
	t     *testing.T
	api   *httpapi.Server
	asked int // each request comes from an address of its own
}

func (w *world) stranger() *stranger {
	w.t.Helper()
	api, err := httpapi.New(w.Services, httpapi.Options{Environment: "test", Now: w.clock.Now})
	require.NoError(w.t, err)
	return &stranger{t: w.t, api: api}
}

// question is a request that is about an account, or about none.
type question struct{ path, body, bearer string }

func (s *stranger) ask(q question) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(s.t.Context(), http.MethodPost, q.path, strings.NewReader(q.body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Request-ID", "request-0001")
	if q.bearer != "" {
		r.Header.Set("Authorization", "Bearer "+q.bearer)
	}
	r.RemoteAddr = strange(s.asked) + ":1"
	s.asked++
	w := httptest.NewRecorder()
	s.api.ServeHTTP(w, r)
	return w
}

// The kinds of account that must not be told apart, by what is asked about them.
// The first two are of one kind: what differs between them is noise.
func (w *world) kinds() []string {
	w.t.Helper()
	for _, name := range []string{"wrong", "control", "verified", "suspended", "inactive", "nopassword"} {
		w.signUp(name + "@example.com")
		w.clock.Advance(time.Minute) // sign-ups of an address are limited
	}
	w.exec("UPDATE users SET email_verified = 1 WHERE email_key = 'verified@example.com'")
	w.exec("UPDATE users SET status = 'suspended' WHERE email_key = 'suspended@example.com'")
	w.exec("UPDATE users SET status = 'inactive' WHERE email_key = 'inactive@example.com'")
	w.exec("DELETE FROM passwords WHERE user_id = (SELECT id FROM users WHERE email_key = 'nopassword@example.com')")
	return []string{"wrong", "control", "verified", "suspended", "inactive", "nopassword", "unknown"}
}

// signInTo asks to sign in: to an account that may not act by its password.
func signInTo(kind string) question {
	given := wrongPassword
	if kind == "suspended" || kind == "inactive" {
		given = password
	}
	return question{path: "/api/v1/auth/signin", body: `{"email":"` + kind + `@example.com","password":"` + given + `"}`}
}

func TestAccountsLookAlikeToStrangers(t *testing.T) {
	w := newWorld(t, guesses, limits)
	kinds := w.kinds()
	s := w.stranger()
	// With the waits that grow, and the answers while they last.
	for round := range 12 {
		var first *httptest.ResponseRecorder
		for _, kind := range kinds {
			got := s.ask(signInTo(kind))
			if first == nil {
				first = got
				want := http.StatusUnauthorized
				if round >= 5 && round%2 == 1 {
					want = http.StatusTooManyRequests
				}
				require.Equal(t, want, got.Code, "round %d: %s", round, got.Body)
			}
			require.Equal(t, first.Code, got.Code, kind)
			require.Equal(t, first.Body.String(), got.Body.String(), kind)
			require.Equal(t, first.Header(), got.Header(), kind)
		}
		if round >= 5 && round%2 == 1 {
			w.clock.Advance(2 * time.Hour)
		}
	}
}

// How far apart two kinds of account may be in time. The verdict is relative,
// since a machine may be busy: by rank and not by nanoseconds, beyond what two
// accounts of one kind are apart, and only if it comes again and again.
const (
	attempts = 4
	// apart is the least effect that is one: a stranger who asks once is then
	// right in seven cases of ten.
	apart = 0.2
	rare  = 1e-4
)

// tell measures what is asked about every kind, interleaved, and gives those of
// them that can be told from the first by time. The second is the control.
func (s *stranger) tell(kinds []string, about func(kind string) question) []string {
	random := rand.New(rand.NewPCG(3, 5))
	took := map[string][]float64{}
	rounds := 120
	if raced {
		rounds = 60
	}
	for n := range rounds + 5 {
		order := slices.Clone(kinds)
		random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		if n%20 == 0 {
			runtime.GC()
		}
		codes := map[int]bool{}
		for _, kind := range order {
			q := about(kind)
			begun := time.Now()
			codes[s.ask(q).Code] = true
			if n >= 5 { // the first ones warm up
				took[kind] = append(took[kind], float64(time.Since(begun)))
			}
		}
		require.Len(s.t, codes, 1)
	}
	noise := mannWhitney(took[kinds[1]], took[kinds[0]]).effect()
	var told []string
	for _, kind := range kinds[1:] {
		c := mannWhitney(took[kind], took[kinds[0]])
		s.t.Logf("%-12s A=%.3f z=%+.2f p=%.4f", kind, c.A, c.Z, c.P)
		if c.P < rare && c.effect() > apart+noise {
			told = append(told, kind)
		}
	}
	return told
}

// alike fails when a kind can be told from the first: by every attempt.
func (s *stranger) alike(kinds []string, about func(kind string) question) {
	s.t.Helper()
	told := s.tell(kinds, about)
	for n := 1; n < attempts && len(told) > 0; n++ {
		again := s.tell(kinds, about)
		told = slices.DeleteFunc(told, func(kind string) bool { return !slices.Contains(again, kind) })
	}
	require.Empty(s.t, told, "can be told from an account of another kind")
}

// different fails when no attempt tells just these kinds from the first.
func (s *stranger) different(kinds, want []string, about func(kind string) question) {
	s.t.Helper()
	var told []string
	for range attempts {
		if told = s.tell(kinds, about); slices.Equal(want, told) {
			return
		}
	}
	require.Equal(s.t, want, told)
}

// slow hashes more than once, so that a hash stands out from the rest. Watched
// for races one comparison is slow enough; a new hash stands beside the writing
// of an account.
type slow struct{ outbound.Hasher }

func (h slow) Verify(ctx context.Context, p credential.Password, hash string) (match bool, err error) {
	times := 4
	if raced {
		times = 1
	}
	for range times {
		if match, err = h.Hasher.Verify(ctx, p, hash); err != nil {
			return false, err
		}
	}
	return match, nil
}

func (h slow) Hash(ctx context.Context, p credential.Password) (hash string, err error) {
	for range 4 {
		if hash, err = h.Hasher.Hash(ctx, p); err != nil {
			return "", err
		}
	}
	return hash, nil
}

func TestAccountsTakeTheSameTime(t *testing.T) {
	w := newWorld(t, func(o *outbound.World, _ *app.Policy) { o.Hasher = slow{o.Hasher} })
	w.stranger().alike(w.kinds(), signInTo)
}

// What the test would say if a password that is nobody's were not hashed.
func TestAnAccountThatIsNotHashedIsToldByTime(t *testing.T) {
	w := newWorld(t, func(o *outbound.World, _ *app.Policy) { o.Hasher = hasty{slow{o.Hasher}} })
	w.stranger().different(w.kinds(), []string{"nopassword", "unknown"}, signInTo)
}

// hasty looks at no password where there is none to compare with.
type hasty struct{ outbound.Hasher }

func (h hasty) Verify(ctx context.Context, p credential.Password, hash string) (bool, error) {
	if hash == "" {
		return false, nil
	}
	return h.Hasher.Verify(ctx, p, hash)
}
