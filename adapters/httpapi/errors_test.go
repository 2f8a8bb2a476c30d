package httpapi_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/httpapi"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/ports/inbound"
)

const secretCause = "dial tcp 10.0.0.9:5432: password=hunter2"

// failing answers every sign-in with err.
func failing(err error) *fakes {
	f := newFakes()
	f.signIn = func(context.Context, inbound.Caller, inbound.SignIn) (inbound.SignedIn, error) {
		return inbound.SignedIn{}, err
	}
	return f
}

func signIn() *http.Request { return ask("POST", "/api/v1/auth/signin", signInOK) }

func TestEveryCodeHasItsStatus(t *testing.T) {
	want := map[fault.Code]int{
		fault.Internal:                 500,
		fault.MalformedRequest:         400,
		fault.ValidationError:          422,
		fault.NotAuthenticated:         401,
		fault.InvalidToken:             401,
		fault.InvalidCredentials:       401,
		fault.InvalidRefreshToken:      401,
		fault.ReauthenticationRequired: 401,
		fault.WrongPassword:            400,
		fault.SignupsDisabled:          403,
		fault.InvalidOrExpiredToken:    400,
		fault.MailDisabled:             403,
		fault.MagicLinksDisabled:       403,
		fault.AlreadyVerified:          409,
		fault.NotFound:                 404,
		fault.MethodNotAllowed:         405,
		fault.EmailTaken:               409,
		fault.UsernameTaken:            409,
		fault.PreconditionFailed:       412,
		fault.Conflict:                 409,
		fault.InvalidClient:            401,
		fault.InsufficientScope:        403,
		fault.InsufficientPermissions:  403,
		fault.OwnAccount:               409,
		fault.LastAdministrator:        409,
		fault.IdempotencyKeyReused:     409,
		fault.RequestInProgress:        409,
		fault.BodyTooLarge:             413,
		fault.UnsupportedMediaType:     415,
		fault.RateLimited:              429,
		fault.Overloaded:               429,
		fault.Unavailable:              503,
		fault.Timeout:                  503,
		fault.InvalidProof:             400,
		fault.ProofNonceNeeded:         400,
	}
	for _, code := range fault.Codes() {
		require.Contains(t, want, code)
		s := start(t, failing(fmt.Errorf("signing in: %w", fault.New(code).Because(errors.New(secretCause)))))
		w := s.do(signIn())
		e, _ := refused(t, w, want[code], code)
		require.Equal(t, code.Message(), e.Error.Message)
		require.NotContains(t, w.Body.String(), "10.0.0.9")
		require.NotContains(t, w.Header().Get("WWW-Authenticate"), "Bearer", "no bearer route")
		require.Equal(t, code.Kind() == fault.KindUnproven, w.Header().Get("WWW-Authenticate") != "", code)
	}
}

func TestOurFaultsHaveNoWordsOfTheirOwn(t *testing.T) {
	for _, code := range []fault.Code{fault.Internal, fault.Unavailable, fault.Timeout, "unheard_of"} {
		w := start(t, failing(&fault.Error{Code: code, Message: secretCause})).do(signIn())
		require.GreaterOrEqual(t, w.Code, 500)
		require.NotContains(t, w.Body.String(), "hunter2")
		require.NotContains(t, w.Body.String(), "unheard_of")
	}
	for message, told := range map[string]string{"Wait a day.": "Wait a day.", "": fault.Conflict.Message()} {
		e, _ := refused(t, start(t, failing(&fault.Error{Code: fault.Conflict, Message: message})).do(signIn()), 409, fault.Conflict)
		require.Equal(t, told, e.Error.Message)
	}
}

func TestTheShapesOfErrors(t *testing.T) {
	err := fault.New(fault.ValidationError)
	err.Fields = []fault.Field{{Name: "email", Type: "invalid_email", Message: "No such address."}}
	s := start(t, failing(err))
	w := s.do(signIn())
	golden(t, "testdata/errors/validation.json", w.Body.String())
	require.Equal(t, []string{"Accept"}, w.Header().Values("Vary"))

	w = s.do(ask("POST", "/api/v1/auth/signin?secret=1", signInOK, "Accept", "application/problem+json"))
	require.Equal(t, 422, w.Code)
	require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
	golden(t, "testdata/errors/validation_problem.json", w.Body.String())

	w = s.do(ask("GET", "/nowhere", "", "Accept", "text/html, application/problem+json;q=0.5"))
	require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
	golden(t, "testdata/errors/not_found_problem.json", w.Body.String())
	golden(t, "testdata/errors/not_found.json", s.do(ask("GET", "/nowhere", "")).Body.String())
}

func TestProblemsAreForThoseWhoAsk(t *testing.T) {
	s := start(t, newFakes())
	for accept, problem := range map[string]bool{
		"": false, "*/*": false, "application/json": false, "application/problem+json": true, "Application/Problem+JSON": true,
		"application/json, application/problem+json": true, "application/json, application/problem+json;q=0.9": false,
		"application/problem+json;q=0": false, "application/problem+json;q=x": false, "application/problem+xml": false,
		"application/json;q=0.2, application/problem+json; q=0.3": true,
	} {
		w := s.do(ask("GET", "/nowhere", "", "Accept", accept))
		require.Equal(t, problem, w.Header().Get("Content-Type") == "application/problem+json", accept)
	}
}

func TestUnknownErrorsSayNothingAndAreLoggedOnce(t *testing.T) {
	s := start(t, failing(errors.New(secretCause)))
	w := s.do(signIn())
	refused(t, w, 500, fault.Internal)
	require.NotContains(t, w.Body.String(), "hunter2")
	require.Equal(t, 1, strings.Count(s.log.String(), "hunter2"))
	lines := s.lines(t)
	require.Len(t, lines, 2)
	require.Equal(t, "ERROR", lines[0]["level"])
	require.Equal(t, requestID, lines[0]["request_id"])
	require.Equal(t, "/api/v1/auth/signin", lines[0]["route"])
	require.Equal(t, "WARN", lines[1]["level"])
}

func TestUnavailableIsLoggedWithItsCause(t *testing.T) {
	s := start(t, failing(fault.New(fault.Unavailable).Because(errors.New(secretCause))))
	w := s.do(signIn())
	refused(t, w, 503, fault.Unavailable)
	require.Equal(t, "1", w.Header().Get("Retry-After"))
	require.Equal(t, "WARN", s.lines(t)[0]["level"])
	require.Contains(t, s.lines(t)[0]["error"], "hunter2")

	w = start(t, failing(fault.New(fault.Unavailable).After(2500*time.Millisecond))).do(signIn())
	require.Equal(t, "3", w.Header().Get("Retry-After"))
}

func TestAClientsFaultIsNotLoggedAsOurs(t *testing.T) {
	s := start(t, failing(fault.New(fault.InvalidCredentials).Because(errors.New(secretCause))))
	refused(t, s.do(signIn()), 401, fault.InvalidCredentials)
	require.Len(t, s.lines(t), 1)
	require.Equal(t, "INFO", s.lines(t)[0]["level"])
}

func TestPanicsAreInternalErrorsWithAStack(t *testing.T) {
	f := newFakes()
	f.signIn = func(context.Context, inbound.Caller, inbound.SignIn) (inbound.SignedIn, error) { panic(secretCause) }
	s := start(t, f)
	w := s.do(signIn())
	refused(t, w, 500, fault.Internal)
	require.NotContains(t, w.Body.String(), "hunter2")
	lines := s.lines(t)
	require.Len(t, lines, 2)
	require.Contains(t, lines[0]["error"], "hunter2")
	require.Contains(t, lines[0]["stack"], "errors_test.go")
	require.EqualValues(t, 500, lines[1]["status"])

	for name, panics := range map[string]func(*fakes){
		"in the limiter": func(f *fakes) { f.admit = func(context.Context, inbound.Caller) error { panic("x") } },
		"in authentication": func(f *fakes) {
			f.authenticate = func(context.Context, inbound.Caller, string) (inbound.Principal, error) { panic("x") }
		},
		"with an error": func(f *fakes) { f.admit = func(context.Context, inbound.Caller) error { panic(fmt.Errorf("x")) } },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakes()
			panics(f)
			refused(t, start(t, f).do(asAnn("GET", "/api/v1/auth/me")), 500, fault.Internal)
		})
	}

	f = newFakes()
	f.admit = func(context.Context, inbound.Caller) error { panic("x") }
	refused(t, start(t, f).do(ask("POST", "/api/v1/auth/signin", "{")), 500, fault.Internal)
}

func TestAPanicBehindTheFirstByteCutsTheConnection(t *testing.T) {
	s := start(t, newFakes(), func(o *httpapi.Options) {
		o.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("half"))
			panic("midway")
		})
	})
	require.PanicsWithError(t, http.ErrAbortHandler.Error(), func() { s.do(ask("GET", "/metrics", "")) })
	require.Len(t, s.lines(t), 2)
	require.Contains(t, s.lines(t)[0]["error"], "midway")
}

func TestAnErrorIsNeverCached(t *testing.T) {
	s := start(t, newFakes(), func(o *httpapi.Options) {
		o.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Cache-Control", "public, max-age=300")
			panic("before the first byte")
		})
	})
	refused(t, s.do(ask("GET", "/metrics", "")), 500, fault.Internal)
}

func TestAnAbortedHandlerStaysAborted(t *testing.T) {
	s := start(t, newFakes(), func(o *httpapi.Options) {
		o.Metrics = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	})
	require.PanicsWithError(t, http.ErrAbortHandler.Error(), func() { s.do(ask("GET", "/metrics", "")) })
	require.Len(t, s.lines(t), 1)
}

func TestTheDeadlineIsATimeout(t *testing.T) {
	f := newFakes()
	for name, answer := range map[string]func(context.Context) error{
		"as it is": context.Cause,
		"wrapped":  func(ctx context.Context) error { return fmt.Errorf("reading: %w", ctx.Err()) },
		"unsaid":   func(context.Context) error { return errors.New(secretCause) },
	} {
		f.signIn = func(ctx context.Context, _ inbound.Caller, _ inbound.SignIn) (inbound.SignedIn, error) {
			<-ctx.Done()
			return inbound.SignedIn{}, answer(ctx)
		}
		s := start(t, f, func(o *httpapi.Options) { o.RequestTimeout = time.Millisecond })
		w := s.do(signIn())
		refused(t, w, 503, fault.Timeout)
		require.Equal(t, "1", w.Header().Get("Retry-After"), name)
	}
	f.authenticate = func(ctx context.Context, _ inbound.Caller, _ string) (inbound.Principal, error) {
		<-ctx.Done()
		return inbound.Principal{}, ctx.Err()
	}
	s := start(t, f, func(o *httpapi.Options) { o.RequestTimeout = time.Millisecond })
	refused(t, s.do(asAnn("GET", "/api/v1/auth/me")), 503, fault.Timeout)
}

func TestAClientThatHasGoneIsNoFailure(t *testing.T) {
	for _, err := range []error{context.Canceled, errors.New("connection reset"), fault.New(fault.Unavailable).Because(context.Canceled)} {
		f := newFakes()
		ctx, cancel := context.WithCancel(t.Context())
		f.signIn = func(context.Context, inbound.Caller, inbound.SignIn) (inbound.SignedIn, error) {
			cancel()
			return inbound.SignedIn{}, err
		}
		s := start(t, f)
		s.do(signIn().WithContext(ctx))
		lines := s.lines(t)
		require.Len(t, lines, 1, "no failure logged")
		require.Equal(t, "INFO", lines[0]["level"])
		require.EqualValues(t, 499, lines[0]["status"])
	}
	// Somebody else's cancellation is a defect.
	refused(t, start(t, failing(context.Canceled)).do(signIn()), 500, fault.Internal)
}

func TestUnknownPathsAndMethods(t *testing.T) {
	s := start(t, newFakes())
	for _, path := range []string{
		"/", "/nowhere", "/api/v1/auth", "/api/v1/auth/signin/x", "//", "/api//v1/auth/me", "/%00", "/%2e%2e/health",
		"/API/v1/auth/me", "/health%2f", "/.well-known/../health", "/%2f",
	} {
		w := s.do(ask("GET", path, ""))
		refused(t, w, 404, fault.NotFound)
		require.Equal(t, "none", s.lines(t)[len(s.lines(t))-1]["route"], path)
	}
	for path, allow := range map[string]string{
		"/api/v1/auth/signin": "OPTIONS, POST", "/api/v1/auth/me/": "OPTIONS, GET, HEAD",
		"/health": "OPTIONS, GET, HEAD", "/api/v1/sessions": "OPTIONS, DELETE, GET, HEAD",
	} {
		for _, method := range []string{"PUT", "PATCH", "BREW"} {
			w := s.do(ask(method, path, "{}"))
			refused(t, w, 405, fault.MethodNotAllowed)
			require.Equal(t, allow, w.Header().Get("Allow"))
		}
	}
	w := s.do(ask("OPTIONS", "/api/v1/auth/signin", ""))
	require.Equal(t, 204, w.Code)
	require.Equal(t, "OPTIONS, POST", w.Header().Get("Allow"))
	require.Equal(t, "OPTIONS, GET, HEAD", s.do(ask("OPTIONS", "/health", "")).Header().Get("Allow"))
	secure(t, w.Header())
}

func TestNoRedirects(t *testing.T) {
	s := start(t, newFakes())
	require.Equal(t, 200, s.do(ask("POST", "/api/v1/auth/signin/?x=1", signInOK)).Code)
	require.Equal(t, 200, s.do(ask("GET", "/health/", "")).Code)
}

func TestErrorsOverARealConnection(t *testing.T) {
	srv := httptest.NewServer(start(t, newFakes()))
	defer srv.Close()
	res, err := http.Head(srv.URL + "/nowhere")
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, 404, res.StatusCode)
	secure(t, res.Header)
	res, err = http.Get(srv.URL + "/health/")
	require.NoError(t, err)
	line, err := bufio.NewReader(res.Body).ReadString('\n')
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.JSONEq(t, `{"status":"healthy","version":"1.2.3","environment":"test"}`, line)
}
