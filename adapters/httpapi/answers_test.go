package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/httpapi"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
)

// asking gives a request with Ann's token and a body.
func asking(method, target, body string) *http.Request {
	return ask(method, target, body, "Authorization", "Bearer "+goodToken)
}

func TestAnswers(t *testing.T) {
	id := session.ID{3}.String()
	for _, c := range []struct {
		golden, method, body string
		status               int
		paths                []string
	}{
		{"signup", "POST", signUpOK, 201, []string{"/api/v1/auth/signup", "/api/v1/auth/register"}},
		{"signin", "POST", signInOK, 200, []string{"/api/v1/auth/signin", "/api/v1/auth/login"}},
		{"refresh", "POST", refreshOK, 200, []string{"/api/v1/auth/refresh"}},
		{"empty", "POST", "", 204, []string{"/api/v1/auth/signout", "/api/v1/auth/logout"}},
		{"reauthenticated", "POST", proofOK, 200, []string{"/api/v1/auth/reauthenticate"}},
		{"empty", "POST", changeOK, 204, []string{"/api/v1/auth/password/change"}},
		{"empty", "PUT", changeOK, 204, []string{"/api/v1/auth/password/change"}},
		{"empty", "POST", forgotOK, 202, []string{"/api/v1/auth/password/forgot", "/api/v1/auth/forgot-password"}},
		{"empty", "POST", resetOK, 204, []string{"/api/v1/auth/password/reset", "/api/v1/auth/reset-password"}},
		{"empty", "POST", mailedOK, 204, []string{"/api/v1/auth/email/verify", "/api/v1/auth/verify-email", "/api/v1/auth/email/confirm"}},
		{"empty", "POST", "", 202, []string{"/api/v1/auth/email/resend-verification"}},
		{"empty", "POST", forgotOK, 202, []string{"/api/v1/auth/magic-link"}},
		{"magic_signin", "POST", mailedOK, 200, []string{"/api/v1/auth/magic-link/verify"}},
		{"signin", "POST", resetOK, 200, []string{"/api/v1/auth/invitation/accept"}},
		{"empty", "POST", newEmailOK, 202, []string{"/api/v1/users/me/email"}},
		{"me", "GET", "", 200, []string{"/api/v1/auth/me", "/api/v1/users/me"}},
		{"me", "PATCH", updateOK, 200, []string{"/api/v1/users/me"}},
		{"empty", "DELETE", proofOK, 204, []string{"/api/v1/users/me"}},
		{"export", "GET", "", 200, []string{"/api/v1/users/me/export"}},
		{"sessions", "GET", "", 200, []string{"/api/v1/sessions"}},
		{"session", "GET", "", 200, []string{"/api/v1/sessions/" + id}},
		{"session_current", "GET", "", 200, []string{"/api/v1/sessions/current"}},
		{"activity", "GET", "", 200, []string{"/api/v1/sessions/activity/recent"}},
		{"alerts", "GET", "", 200, []string{"/api/v1/sessions/security/alerts"}},
		{"empty", "DELETE", "", 204, []string{"/api/v1/sessions/" + id}},
		{"sessions_revoked", "DELETE", "", 200, []string{"/api/v1/sessions"}},
		{"users", "GET", "", 200, []string{"/api/v1/users"}},
		{"user", "GET", "", 200, []string{somebody}},
		{"user_created", "POST", `{"email":"ann@example.com"}`, 201, []string{"/api/v1/users"}},
		{"empty", "POST", "", 202, []string{somebody + "/invitation"}},
		{"user_suspended", "POST", "{}", 200, []string{somebody + "/suspend"}},
		{"user", "PATCH", `{"first_name":"Ann"}`, 200, []string{somebody}},
		{"empty", "DELETE", "", 204, []string{somebody}},
		{"user", "POST", "", 200, []string{somebody + "/reactivate"}},
		{"sessions", "GET", "", 200, []string{somebody + "/sessions"}},
		{"sessions_revoked", "POST", "", 200, []string{somebody + "/sessions/revoke"}},
		{"jwks", "GET", "", 200, []string{"/.well-known/jwks.json"}},
		{"health", "GET", "", 200, []string{"/health"}},
		{"ready", "GET", "", 200, []string{"/ready"}},
		{"status", "GET", "", 200, []string{"/api/status"}},
	} {
		for _, path := range c.paths {
			for _, slash := range []string{"", "/"} {
				t.Run(c.method+" "+path+slash, func(t *testing.T) {
					s := start(t, newFakes())
					w := s.do(asking(c.method, path+slash, c.body))
					require.Equal(t, c.status, w.Code, w.Body.String())
					secure(t, w.Header())
					require.Equal(t, requestID, w.Header().Get("X-Request-ID"))
					if path != "/.well-known/jwks.json" {
						require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
					}
					text := ""
					if c.golden != "empty" {
						var pretty bytes.Buffer
						require.NoError(t, json.Indent(&pretty, bytes.TrimSpace(w.Body.Bytes()), "", "  "))
						text = pretty.String() + "\n"
						if path != "/.well-known/jwks.json" {
							require.Equal(t, "application/json", w.Header().Get("Content-Type"))
						}
					}
					golden(t, "testdata/answers/"+c.golden+".json", text)
				})
			}
		}
	}
}

func TestHeadIsGetWithoutABody(t *testing.T) {
	s := start(t, newFakes())
	w := s.do(asAnn("HEAD", "/api/v1/auth/me"))
	require.Equal(t, 200, w.Code)
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	require.Empty(t, w.Body.String())
	require.Equal(t, "HEAD", s.lines(t)[0]["method"])

	w = s.do(ask("HEAD", "/api/v1/auth/signin", ""))
	require.Equal(t, 405, w.Code)
	require.Empty(t, w.Body.String())
}

func TestOnlyJSONIsAnswered(t *testing.T) {
	for _, accept := range []string{"json", "text/html", "application/xml;q=0.5", "application/problem+json", "*/*"} {
		w := start(t, newFakes()).do(ask("GET", "/health", "", "Accept", accept))
		require.Equal(t, 200, w.Code)
		require.Equal(t, "application/json", w.Header().Get("Content-Type"), accept)
	}
}

func TestCommandsReachTheCore(t *testing.T) {
	f := newFakes()
	var who inbound.Caller
	var up inbound.SignUp
	f.signUp = func(_ context.Context, c inbound.Caller, cmd inbound.SignUp) (inbound.SignedIn, error) {
		who, up = c, cmd
		return inbound.SignedIn{User: ann()}, nil
	}
	s := start(t, f)
	r := ask("POST", "/api/v1/auth/signup",
		`{"email":"ann@example.com","password":"pass\u0077ord é","username":"ann","first_name":"A","last_name":null}`, "User-Agent", "curl/8")
	r.RemoteAddr = "192.0.2.7:1234"
	require.Equal(t, 201, s.do(r).Code)
	require.Equal(t, "password é", up.Password.Reveal())
	require.Equal(t, []string{"ann@example.com", "ann", "A", ""}, []string{up.Email, up.Username, up.FirstName, up.LastName})
	require.Equal(t, tenant.Default, who.Tenant)
	require.Equal(t, []string{requestID, "192.0.2.7", "curl/8"}, []string{who.RequestID, who.Address, who.UserAgent})

	var in inbound.SignIn
	f.signIn = func(_ context.Context, _ inbound.Caller, cmd inbound.SignIn) (inbound.SignedIn, error) {
		in = cmd
		return inbound.SignedIn{User: ann()}, nil
	}
	require.Equal(t, 200, s.do(ask("POST", "/api/v1/auth/login", `{"username":"ann","password":"x"}`)).Code)
	require.Equal(t, []string{"", "ann", "x"}, []string{in.Email, in.Username, in.Password.Reveal()})

	var presented, ended string
	f.refresh = func(_ context.Context, _ inbound.Caller, token string) (inbound.TokenPair, error) {
		presented = token
		return inbound.TokenPair{}, nil
	}
	f.signOut = func(_ context.Context, _ inbound.Caller, token string) error {
		ended = token
		return nil
	}
	f.authenticate = nil // sign-out is judged by its use case alone
	require.Equal(t, 200, s.do(ask("POST", "/api/v1/auth/refresh", refreshOK)).Code)
	require.Equal(t, 204, s.do(asAnn("POST", "/api/v1/auth/signout")).Code)
	require.Equal(t, []string{"prt_old", goodToken}, []string{presented, ended})
}

func TestSignInIsJudgedByShapeAndByTheCoreAtOnce(t *testing.T) {
	f := newFakes()
	f.signIn = nil
	f.checkSignIn = func(cmd inbound.SignIn) []fault.Field {
		require.Empty(t, cmd.Username, "null is absent")
		var faults []fault.Field
		if cmd.Email != "ann@example.com" {
			faults = append(faults, fault.Field{Name: "email", Type: "invalid_email", Message: "m"})
		}
		if cmd.Password.Reveal() == "" {
			faults = append(faults, fault.Field{Name: "password", Type: "missing", Message: "m"})
		}
		return faults
	}
	s := start(t, f)
	for body, want := range map[string][]string{
		`{"email":"bad","password":"","x":1}`:                         {"body.x unknown_field", "body.email invalid_email", "body.password missing"},
		`{"email":"ann@example.com","username":null,"password":5}`:    {"body.password wrong_type"},
		`{"email":5,"password":"x"}`:                                  {"body.email wrong_type"},
		`{"email":"ann@example.com","password":"x","Password":"xyz"}`: {"body.Password unknown_field"},
	} {
		_, faults := refused(t, s.do(ask("POST", "/api/v1/auth/signin", body)), 422, fault.ValidationError)
		require.ElementsMatch(t, want, faults, body)
	}
}

func TestPagesOfSessions(t *testing.T) {
	f := newFakes()
	var asked inbound.Page
	list := f.list
	f.list = func(ctx context.Context, who inbound.Principal, p inbound.Page) (inbound.SessionPage, error) {
		asked = p
		require.Equal(t, session.ID{2}, who.Session)
		return list(ctx, who, p)
	}
	s := start(t, f)
	var page struct {
		Next *string `json:"next_cursor"`
	}
	require.NoError(t, json.Unmarshal(s.do(asAnn("GET", "/api/v1/sessions")).Body.Bytes(), &page))
	require.Equal(t, inbound.Page{Limit: 20}, asked)
	require.Equal(t, 200, s.do(asAnn("GET", "/api/v1/sessions?limit=100&cursor="+*page.Next)).Code)
	require.Equal(t, inbound.Page{Limit: 100, After: session.ID{2}}, asked)

	f.list = func(context.Context, inbound.Principal, inbound.Page) (inbound.SessionPage, error) {
		return inbound.SessionPage{}, nil
	}
	require.JSONEq(t, `{"data":[],"next_cursor":null}`, s.do(asAnn("GET", "/api/v1/sessions/")).Body.String())

	f.list = nil
	for query, want := range map[string]string{
		"limit=0": "query.limit too_small", "limit=101": "query.limit too_large", "limit=secret": "query.limit wrong_type",
		"limit=-1": "query.limit too_small", "limit=99999999999999999999": "query.limit wrong_type",
		"cursor=secret": "query.cursor invalid_cursor", "cursor=" + *page.Next + "A": "query.cursor invalid_cursor",
		"cursor=" + (*page.Next)[:22] + "B": "query.cursor invalid_cursor", // bits behind the end
		"limit=0&cursor=zz":                 "query.limit too_small query.cursor invalid_cursor",
		"cursor=%00":                        "query.cursor invalid_cursor", "cursor=" + "Ag" + (*page.Next)[2:]: "query.cursor invalid_cursor",
	} {
		w := s.do(asAnn("GET", "/api/v1/sessions?"+query))
		_, faults := refused(t, w, 422, fault.ValidationError)
		require.Equal(t, want, strings.Join(faults, " "), query)
		require.NotContains(t, w.Body.String(), "secret")
	}
}

func TestMalformedIDsNameNothing(t *testing.T) {
	f := newFakes()
	f.get, f.revoke = nil, nil
	s := start(t, f)
	for _, id := range []string{
		"x", "5", "03000000-0000-0000-0000-00000000000", "03000000-0000-0000-0000-00000000000G",
		"0300000000000000000000000000000A", "A3000000-0000-0000-0000-000000000000", "%00", "..%2f..", "%ff", "urn:uuid:03000000-0000-0000-0000-000000000000", "%2e",
	} {
		for _, method := range []string{"GET", "DELETE"} {
			refused(t, s.do(asAnn(method, "/api/v1/sessions/"+id)), 404, fault.NotFound)
		}
	}
	w := s.do(asAnn("GET", "/api/v1/sessions//"))
	require.Less(t, w.Code, 500)
}

func TestReadiness(t *testing.T) {
	f := newFakes()
	s := start(t, f)
	for state, status := range map[inbound.ReadyState]int{inbound.Ready: 200, inbound.Degraded: 200, inbound.Unavailable: 503} {
		f.ready = func(context.Context) inbound.Readiness {
			return inbound.Readiness{State: state, Database: inbound.DatabaseHealth{Error: "no answer"}, Cache: inbound.CacheHealth{Error: "gone"}}
		}
		w := s.do(ask("GET", "/ready", ""))
		require.Equal(t, status, w.Code)
		secure(t, w.Header())
		var body map[string]any
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &body))
		require.Equal(t, string(state), body["status"])
		require.Equal(t, "no answer", body["database"].(map[string]any)["error"])
		require.Equal(t, "gone", body["redis"].(map[string]any)["error"])
	}
}

func TestKeySetIsCached(t *testing.T) {
	f := newFakes()
	s := start(t, f)
	w := s.do(ask("GET", "/.well-known/jwks.json", ""))
	require.Equal(t, "public, max-age=300", w.Header().Get("Cache-Control"))
	require.Equal(t, "application/jwk-set+json", w.Header().Get("Content-Type"))
	tag := w.Header().Get("ETag")
	require.Regexp(t, `^"[A-Za-z0-9_-]+"$`, tag)
	for _, seen := range []string{tag, "W/" + tag, `"other", ` + tag, "*"} {
		w = s.do(ask("GET", "/.well-known/jwks.json", "", "If-None-Match", seen))
		require.Equal(t, 304, w.Code, seen)
		require.Equal(t, tag, w.Header().Get("ETag"))
		require.Equal(t, "public, max-age=300", w.Header().Get("Cache-Control"))
		require.Empty(t, w.Body.String())
		secure(t, w.Header())
	}
	f.published = func() (inbound.JWKS, error) { return inbound.JWKS{Body: []byte(`{"keys":[{}]}`)}, nil }
	w = s.do(ask("GET", "/.well-known/jwks.json", "", "If-None-Match", tag))
	require.Equal(t, 200, w.Code)
	require.NotEqual(t, tag, w.Header().Get("ETag"))

	f.published = func() (inbound.JWKS, error) { return inbound.JWKS{}, fault.New(fault.Unavailable) }
	refused(t, s.do(ask("GET", "/.well-known/jwks.json", "")), 503, fault.Unavailable)
}

func TestMetricsAndDocumentsOnlyWhenAsked(t *testing.T) {
	on := start(t, newFakes())
	require.Equal(t, "up 1\n", on.do(ask("GET", "/metrics", "")).Body.String())
	off := start(t, newFakes(), func(o *httpapi.Options) { o.Docs, o.Metrics = false, nil })
	for _, path := range []string{"/metrics", "/openapi.json", "/docs"} {
		require.Equal(t, 200, on.do(ask("GET", path, "")).Code, path)
		refused(t, off.do(ask("GET", path, "")), 404, fault.NotFound)
	}
	for _, path := range []string{"/openapi.yaml", "/openapi-3.0.json", "/schemas/User.json"} {
		refused(t, on.do(ask("GET", path, "")), 404, fault.NotFound)
	}
}

func TestIncompleteServicesAndBadOptionsAreRefused(t *testing.T) {
	_, err := httpapi.New(inbound.Services{}, httpapi.Options{})
	require.ErrorContains(t, err, "Accounts")
	for _, origin := range []string{"*", "https://*.example.com", "app.example.com", "https://app.example.com/", "https://", "null"} {
		_, err = httpapi.New(newFakes().services(), httpapi.Options{CORSOrigins: []string{origin}})
		require.ErrorContains(t, err, "origin", origin)
	}
	s, err := httpapi.New(newFakes().services(), httpapi.Options{})
	require.NoError(t, err)
	w := server{s, nil}.do(ask("GET", "/health", "", "X-Request-ID", ""))
	require.Equal(t, 200, w.Code)
	require.GreaterOrEqual(t, len(w.Header().Get("X-Request-ID")), 8)
}

func TestBrokenMetadataIsADefectAndNotHalfAnAnswer(t *testing.T) {
	f := newFakes()
	f.me = func(context.Context, inbound.Principal) (user.User, error) {
		u := ann()
		u.Metadata = []byte(`{"half":`)
		return u, nil
	}
	refused(t, start(t, f).do(asAnn("GET", "/api/v1/auth/me")), 500, fault.Internal)
}

func TestTimesAreUTCToTheMicrosecond(t *testing.T) {
	f := newFakes()
	f.get = func(_ context.Context, who inbound.Principal, wanted session.ID) (inbound.SessionDetail, error) {
		require.Equal(t, session.ID{2}, wanted)
		require.Equal(t, session.ID{2}, who.Session)
		s := sessionOf(1)
		s.CreatedAt = time.Date(2026, 1, 1, 1, 0, 0, 999, time.FixedZone("x", 3600))
		return inbound.SessionDetail{Session: s}, nil
	}
	w := start(t, f).do(asAnn("GET", "/api/v1/sessions/current"))
	require.Contains(t, w.Body.String(), `"created_at":"2026-01-01T00:00:00Z"`)
}

func TestTheStatusTellsHowUsersMaySignIn(t *testing.T) {
	for offered, want := range map[bool]string{false: `["password"]`, true: `["password","magic_link"]`} {
		s := start(t, newFakes(), func(o *httpapi.Options) { o.Features = map[string]bool{"magic_links": offered} })
		require.Contains(t, s.do(ask("GET", "/api/status", "")).Body.String(), `"methods":`+want)
	}
}
