package httpapi_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/httpapi"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
)

const signUpPath = "/api/v1/auth/signup"

// attempts is an idempotency service that keeps what it is told, by key alone.
type attempts struct {
	begun []inbound.Repeatable
	ended []inbound.Outcome
	kept  map[string][]byte
	fail  error // of End
	ctx   error // of the context of the last End
}

func (a *attempts) begin(_ context.Context, _ inbound.Caller, _ inbound.Principal, r inbound.Repeatable) ([]byte, inbound.Attempt, error) {
	a.begun = append(a.begun, r)
	if answer := a.kept[r.Key]; answer != nil {
		return answer, nil, nil
	}
	return nil, oneAttempt{a, r.Key}, nil
}

type oneAttempt struct {
	*attempts
	key string
}

func (a oneAttempt) End(ctx context.Context, o inbound.Outcome) error {
	a.ended = append(a.ended, o)
	a.ctx = ctx.Err()
	if a.kept == nil {
		a.kept = map[string][]byte{}
	}
	a.kept[a.key] = o.Answer
	return a.fail
}

func withKey(key string) *http.Request {
	return ask("POST", signUpPath, signUpOK, "Idempotency-Key", key)
}

func TestAnAnswerIsGivenAgain(t *testing.T) {
	f, a := newFakes(), &attempts{}
	f.begin = a.begin
	s := start(t, f)
	first := s.do(withKey("key-1"))
	require.Equal(t, 201, first.Code)
	require.Empty(t, first.Header().Get("Idempotency-Replayed"))
	require.Equal(t, []inbound.Repeatable{{Operation: "signUp", Key: "key-1", Body: []byte(signUpOK)}}, a.begun)
	require.Len(t, a.ended, 1)
	require.Empty(t, a.ended[0].Refusal)
	require.Equal(t, user.ID{1}, a.ended[0].User)
	require.NoError(t, a.ctx)

	f.signUp = nil // it is not asked again
	again := s.do(ask("POST", "/api/v1/auth/register/", signUpOK, "Idempotency-Key", `"key-1"`, "X-Request-ID", "", "X-Request-ID", "another-request"))
	require.Equal(t, 201, again.Code)
	require.Equal(t, first.Body.String(), again.Body.String())
	require.Equal(t, "true", again.Header().Get("Idempotency-Replayed"))
	require.Equal(t, "another-request", again.Header().Get("X-Request-ID"), "it is an answer to this request")
	require.Equal(t, first.Header().Get("Content-Type"), again.Header().Get("Content-Type"))
	secure(t, again.Header())
	require.Equal(t, "no-store", again.Header().Get("Cache-Control"))
	require.Equal(t, "signUp", a.begun[1].Operation, "all paths of a route are one operation")
}

func TestARefusalIsToldToo(t *testing.T) {
	for code, err := range map[fault.Code]error{
		fault.EmailTaken: fault.New(fault.EmailTaken), fault.Overloaded: fault.New(fault.Overloaded), fault.Internal: errors.New("broken"),
	} {
		f, a := newFakes(), &attempts{}
		f.begin = a.begin
		f.signUp = func(context.Context, inbound.Caller, inbound.SignUp) (inbound.SignedIn, error) {
			return inbound.SignedIn{}, err
		}
		s := start(t, f)
		first := s.do(withKey("key"))
		refused(t, first, first.Code, code)
		require.Equal(t, code, a.ended[0].Refusal)
		require.True(t, a.ended[0].User.IsZero())
		again := s.do(withKey("key"))
		refused(t, again, first.Code, code)
		require.Equal(t, first.Body.String(), again.Body.String())
		require.Equal(t, "true", again.Header().Get("Idempotency-Replayed"))
	}
	f, a := newFakes(), &attempts{}
	f.begin = a.begin
	refused(t, start(t, f).do(ask("POST", signUpPath, `{}`, "Idempotency-Key", "key")), 422, fault.ValidationError)
	require.Equal(t, fault.ValidationError, a.ended[0].Refusal)
}

func TestWhatBeginRefusesIsAnswered(t *testing.T) {
	f := newFakes()
	f.signUp = nil
	for code, status := range map[fault.Code]int{fault.IdempotencyKeyReused: 409, fault.Unavailable: 503, fault.RateLimited: 429, fault.InvalidProof: 400} {
		f.begin = func(context.Context, inbound.Caller, inbound.Principal, inbound.Repeatable) ([]byte, inbound.Attempt, error) {
			return nil, nil, fault.New(code)
		}
		refused(t, start(t, f).do(withKey("key")), status, code)
	}
	f.begin = func(context.Context, inbound.Caller, inbound.Principal, inbound.Repeatable) ([]byte, inbound.Attempt, error) {
		return nil, nil, fault.New(fault.RequestInProgress).After(1)
	}
	w := start(t, f).do(withKey("key"))
	refused(t, w, 409, fault.RequestInProgress)
	require.Equal(t, "1", w.Header().Get("Retry-After"))
	f.begin = func(context.Context, inbound.Caller, inbound.Principal, inbound.Repeatable) ([]byte, inbound.Attempt, error) {
		return []byte("not what was kept"), nil, nil
	}
	refused(t, start(t, f).do(withKey("key")), 500, fault.Internal)
}

func TestSpellingsOfAKey(t *testing.T) {
	for sent, want := range map[string]string{
		"8e03978e-40d5-43e8-bc93-6894a57f9324":   "8e03978e-40d5-43e8-bc93-6894a57f9324",
		`"8e03978e-40d5-43e8-bc93-6894a57f9324"`: "8e03978e-40d5-43e8-bc93-6894a57f9324",
		`"with \"quotes\" and \\"`:               `with "quotes" and \`,
		`inner"quote`:                            `inner"quote`,
		`back\slash`:                             `back\slash`,
		`""`:                                     "",
		"":                                       "",
	} {
		f, a := newFakes(), &attempts{}
		f.begin = a.begin
		r := ask("POST", signUpPath, signUpOK)
		r.Header["Idempotency-Key"] = []string{sent}
		start(t, f).do(r)
		require.Len(t, a.begun, 1, sent)
		require.Equal(t, want, a.begun[0].Key, sent)
	}
	for _, bad := range [][]string{{`"open`}, {`"`}, {`"a"b"`}, {`"a";p=1`}, {`"a\"`}, {`"a\b"`}, {"a", "a"}, {"a", "b"}} {
		f, a := newFakes(), &attempts{}
		f.begin = a.begin
		counted := 0
		f.admit = func(context.Context, inbound.Caller) error { counted++; return nil }
		r := ask("POST", signUpPath, signUpOK)
		r.Header["Idempotency-Key"] = bad
		_, faults := refused(t, start(t, f).do(r), 422, fault.ValidationError)
		require.Equal(t, []string{"header.Idempotency-Key malformed"}, faults)
		require.Empty(t, a.begun)
		require.Equal(t, 1, counted, "it costs what a request costs")
	}
}

func TestAKeyMeansNothingWhereNothingIsMade(t *testing.T) {
	f := newFakes() // whose begin would panic
	s := start(t, f)
	for _, path := range []string{"/api/v1/auth/signin", "/api/v1/auth/refresh"} {
		require.NotEqual(t, 500, s.do(ask("POST", path, signInOK, "Idempotency-Key", "key")).Code, path)
	}
	require.Equal(t, 201, s.do(ask("POST", signUpPath, signUpOK)).Code, "and nobody has to send one")
	require.Equal(t, 404, s.do(ask("POST", "/nowhere", signUpOK, "Idempotency-Key", "key")).Code)
}

func TestAPanicGivesTheKeyBack(t *testing.T) {
	f, a := newFakes(), &attempts{}
	f.begin = a.begin
	f.signUp = func(context.Context, inbound.Caller, inbound.SignUp) (inbound.SignedIn, error) { panic("midway") }
	refused(t, start(t, f).do(withKey("key")), 500, fault.Internal)
	require.Equal(t, []inbound.Outcome{{Refusal: fault.Internal}}, a.ended)
}

func TestAnAnswerThatCannotBeKeptIsGivenAllTheSame(t *testing.T) {
	f, a := newFakes(), &attempts{fail: errors.New("the store is away")}
	f.begin = a.begin
	s := start(t, f)
	require.Equal(t, 201, s.do(withKey("key")).Code)
	require.Len(t, s.lines(t), 2)
	require.Equal(t, "the store is away", s.lines(t)[0]["error"])
	require.Equal(t, "WARN", s.lines(t)[0]["level"])
}

// A client that goes away while its request is worked on has lost the answer,
// and the request is not undone halfway.
func TestARequestWithAKeyOutlivesItsClient(t *testing.T) {
	for _, keyed := range []bool{true, false} {
		f, a := newFakes(), &attempts{}
		f.begin = a.begin
		ctx, leave := context.WithCancel(t.Context())
		in, err := f.signUp(ctx, inbound.Caller{}, inbound.SignUp{})
		require.NoError(t, err)
		f.signUp = func(ctx context.Context, _ inbound.Caller, _ inbound.SignUp) (inbound.SignedIn, error) {
			leave()
			_, timed := ctx.Deadline()
			require.True(t, timed)
			return in, ctx.Err()
		}
		r := ask("POST", signUpPath, signUpOK)
		if keyed {
			r = withKey("key")
		}
		s := start(t, f)
		w := s.do(r.WithContext(ctx))
		if !keyed {
			require.Equal(t, 499, w.Code)
			continue
		}
		require.Empty(t, a.ended[0].Refusal)
		require.NoError(t, a.ctx)
		require.Equal(t, 201, s.do(withKey("key")).Code)
	}
}

func TestABodyThatCannotBeReadTakesNoKey(t *testing.T) {
	f, a := newFakes(), &attempts{}
	f.begin = a.begin
	r := ask("POST", signUpPath, strings.Repeat("x", 65<<10), "Idempotency-Key", "key")
	r.ContentLength = -1
	refused(t, start(t, f).do(r), 413, fault.BodyTooLarge)
	require.Empty(t, a.begun)
}

func TestTheDocumentTellsWhereKeysAreTaken(t *testing.T) {
	s := start(t, newFakes())
	doc, raw := document(t, s)
	for _, path := range []string{signUpPath, "/api/v1/auth/register", "/api/v1/users"} {
		require.Contains(t, string(doc.Paths[path]["post"].Responses["201"]), "Idempotency-Replayed")
		require.Contains(t, string(doc.Paths[path]["post"].Responses["409"]), "Retry-After")
		require.Contains(t, string(doc.Paths[path]["post"].Responses["409"]), "idempotency_key_reused")
	}
	require.NotContains(t, string(doc.Paths["/api/v1/auth/signin"]["post"].Responses["200"]), "Idempotency")
	require.Equal(t, 3, strings.Count(string(raw), `"name":"Idempotency-Key"`))
}

func TestPagesOfOtherOriginsMaySendKeys(t *testing.T) {
	s := start(t, newFakes(), func(o *httpapi.Options) { o.CORSOrigins = []string{"https://app.example.com"} })
	w := s.do(ask("OPTIONS", signUpPath, "", "Origin", "https://app.example.com", "Access-Control-Request-Method", "POST"))
	require.Contains(t, w.Header().Get("Access-Control-Allow-Headers"), "Idempotency-Key")
	w = s.do(ask("POST", signUpPath, signUpOK, "Origin", "https://app.example.com"))
	require.Contains(t, w.Header().Get("Access-Control-Expose-Headers"), "Idempotency-Replayed")
}

// A request that took too long gives its key back all the same.
func TestTheEndOfAnAttemptHasATimeOfItsOwn(t *testing.T) {
	f, a := newFakes(), &attempts{}
	f.begin = a.begin
	f.signUp = func(ctx context.Context, _ inbound.Caller, _ inbound.SignUp) (inbound.SignedIn, error) {
		<-ctx.Done()
		return inbound.SignedIn{}, ctx.Err()
	}
	s := start(t, f, func(o *httpapi.Options) { o.RequestTimeout = time.Millisecond })
	refused(t, s.do(withKey("key")), 503, fault.Timeout)
	require.Equal(t, fault.Timeout, a.ended[0].Refusal)
	require.NoError(t, a.ctx)
}
