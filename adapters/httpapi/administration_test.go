package httpapi_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
)

// somebody is the path of a user.
const somebody = "/api/v1/users/05000000-0000-0000-0000-000000000000"

// administrative is every request that asks for an administrator.
var administrative = [][3]string{
	{"GET", "/api/v1/users", ""},
	{"GET", "/api/v1/users?limit=0&cursor=x", ""},
	{"POST", "/api/v1/users", `{"email":"bob@example.com"}`},
	{"POST", "/api/v1/users", `{`},
	{"GET", somebody, ""},
	{"GET", "/api/v1/users/malformed", ""},
	{"PATCH", somebody, `{"first_name":"B"}`},
	{"PATCH", somebody, `{"administrator":true}`},
	{"DELETE", somebody, ""},
	{"POST", somebody + "/invitation", ""},
	{"POST", somebody + "/suspend", "{}"},
	{"POST", somebody + "/reactivate", ""},
	{"GET", somebody + "/sessions", ""},
	{"POST", somebody + "/sessions/revoke", ""},
}

func TestOnlyAnAdministratorAdministers(t *testing.T) {
	f := newFakes()
	f.updateUser, f.checkEdits, f.eraseUser, f.inviteUser = nil, nil, nil, nil
	f.find, f.getUser, f.createUser, f.checkUser, f.suspend, f.reactivate, f.userSessions, f.endSessions = nil, nil, nil, nil, nil, nil, nil, nil
	var judged inbound.Principal
	for code, status := range map[fault.Code]int{
		fault.InsufficientPermissions: 403, fault.InvalidToken: 401, fault.Unavailable: 503,
	} {
		f.administrator = func(_ context.Context, who inbound.Principal) error {
			judged = who
			return fault.New(code)
		}
		s := start(t, f)
		for _, r := range administrative {
			judged = inbound.Principal{}
			refused(t, s.do(asking(r[0], r[1], r[2])), status, code)
			require.Equal(t, user.ID{1}, judged.User, r)
		}
	}
	f.administrator = nil // nobody is judged who did not say who they are
	s := start(t, f)
	for _, r := range administrative {
		refused(t, s.do(ask(r[0], r[1], r[2])), 401, fault.NotAuthenticated)
		refused(t, s.do(ask(r[0], r[1], r[2], "Authorization", "Bearer bad")), 401, fault.InvalidToken)
	}
}

func TestNobodyElseIsAskedWhetherTheyAdminister(t *testing.T) {
	f := newFakes()
	f.administrator = nil
	s := start(t, f)
	for _, path := range []string{"/api/v1/users/me", "/api/v1/auth/me", "/api/v1/sessions"} {
		require.Equal(t, 200, s.do(asAnn("GET", path)).Code)
	}
}

func TestAdministrationReachesTheCore(t *testing.T) {
	f := newFakes()
	whom := user.ID{5}
	var query inbound.UserQuery
	f.find = func(_ context.Context, who inbound.Principal, q inbound.UserQuery) (inbound.UserPage, error) {
		require.Equal(t, user.ID{1}, who.User)
		query = q
		return inbound.UserPage{Next: user.ID{7}}, nil
	}
	s := start(t, f)
	w := s.do(asAnn("GET", "/api/v1/users?status=suspended&limit=3&search="+url.QueryEscape(`a%_\ `)))
	require.Equal(t, 200, w.Code)
	require.Equal(t, inbound.UserQuery{Search: `a%_\ `, Status: user.Suspended, Limit: 3}, query)
	_, cursor, _ := strings.Cut(w.Body.String(), `"next_cursor":"`)
	cursor, _, _ = strings.Cut(cursor, `"`)
	require.Equal(t, 200, s.do(asAnn("GET", "/api/v1/users?cursor="+cursor)).Code)
	require.Equal(t, inbound.UserQuery{Limit: 20, After: user.ID{7}}, query)

	var made inbound.NewUser
	f.createUser = func(_ context.Context, c inbound.Caller, who inbound.Principal, cmd inbound.NewUser) (user.User, error) {
		require.Equal(t, []any{requestID, user.ID{1}}, []any{c.RequestID, who.User})
		made = cmd
		return ann(), nil
	}
	w = s.do(asking("POST", "/api/v1/users", `{"email":"Bob@example.com","username":"bob","first_name":"B","last_name":null}`))
	require.Equal(t, 201, w.Code)
	require.Equal(t, inbound.NewUser{Email: "Bob@example.com", Edits: user.Edits{
		Username: user.Set("bob"), FirstName: user.Set("B"), LastName: user.Remove(),
	}}, made)
	require.Equal(t, annTag, w.Header().Get("ETag"))
	require.Equal(t, "/api/v1/users/"+ann().ID.String(), w.Header().Get("Location"))

	var reason string
	f.suspend = func(_ context.Context, c inbound.Caller, who inbound.Principal, on user.ID, why string) (user.User, error) {
		require.Equal(t, []any{requestID, user.ID{1}, whom}, []any{c.RequestID, who.User, on})
		reason = why
		return ann(), nil
	}
	require.Equal(t, 200, s.do(asking("POST", somebody+"/suspend", `{"reason":"spam"}`)).Code)
	require.Equal(t, "spam", reason)
	require.Equal(t, 200, s.do(asking("POST", somebody+"/suspend", `{"reason":null}`)).Code)
	require.Empty(t, reason)

	var page inbound.Page
	f.userSessions = func(_ context.Context, _ inbound.Principal, on user.ID, p inbound.Page) (inbound.SessionPage, error) {
		require.Equal(t, whom, on)
		page = p
		return inbound.SessionPage{Next: session.ID{8}}, nil
	}
	w = s.do(asAnn("GET", somebody+"/sessions?limit=2"))
	_, cursor, _ = strings.Cut(w.Body.String(), `"next_cursor":"`)
	cursor, _, _ = strings.Cut(cursor, `"`)
	require.Equal(t, 200, s.do(asAnn("GET", somebody+"/sessions?cursor="+cursor)).Code)
	require.Equal(t, inbound.Page{Limit: 20, After: session.ID{8}}, page)

	var invited user.ID
	f.inviteUser = func(_ context.Context, c inbound.Caller, who inbound.Principal, on user.ID) error {
		require.Equal(t, []any{requestID, user.ID{1}}, []any{c.RequestID, who.User})
		invited = on
		return nil
	}
	require.Equal(t, 202, s.do(asAnn("POST", somebody+"/invitation")).Code)
	require.Equal(t, whom, invited)
	for code, status := range map[fault.Code]int{
		fault.NotFound: 404, fault.AlreadyVerified: 409, fault.Conflict: 409, fault.MailDisabled: 403, fault.RateLimited: 429,
	} {
		f.inviteUser = func(context.Context, inbound.Caller, inbound.Principal, user.ID) error { return fault.New(code) }
		refused(t, s.do(asAnn("POST", somebody+"/invitation")), status, code)
	}

	for _, called := range []*user.ID{new(user.ID), new(user.ID), new(user.ID)} {
		f.getUser = func(_ context.Context, _ inbound.Principal, on user.ID) (user.User, error) {
			*called = on
			return ann(), nil
		}
		f.reactivate = func(_ context.Context, _ inbound.Caller, _ inbound.Principal, on user.ID) (user.User, error) {
			*called = on
			return ann(), nil
		}
		f.endSessions = func(_ context.Context, _ inbound.Caller, _ inbound.Principal, on user.ID) (int, error) {
			*called = on
			return 0, nil
		}
		for _, r := range []*http.Request{asAnn("GET", somebody), asAnn("POST", somebody+"/reactivate"), asAnn("POST", somebody+"/sessions/revoke")} {
			*called = user.ID{}
			require.Equal(t, 200, s.do(r).Code)
			require.Equal(t, whom, *called)
		}
	}
}

func TestAnAdministratorChangesAndErasesOneRevision(t *testing.T) {
	f := newFakes()
	whom := user.ID{5}
	var match user.Match
	var edits user.Edits
	f.updateUser = func(_ context.Context, c inbound.Caller, who inbound.Principal, on user.ID, cmd inbound.ProfileUpdate) (user.User, error) {
		require.Equal(t, []any{requestID, user.ID{1}, whom}, []any{c.RequestID, who.User, on})
		match, edits = cmd.Match, cmd.Edits
		return ann(), nil
	}
	f.eraseUser = func(_ context.Context, c inbound.Caller, who inbound.Principal, on user.ID, m user.Match) error {
		require.Equal(t, []any{requestID, user.ID{1}, whom}, []any{c.RequestID, who.User, on})
		match = m
		return nil
	}
	s := start(t, f)
	as := func(method, body string, headers ...string) *http.Request {
		return ask(method, somebody, body, append([]string{"Authorization", "Bearer " + goodToken}, headers...)...)
	}
	const tag = `"05000000-0000-0000-0000-000000000000.7"`
	for _, c := range []struct {
		headers []string
		admits  []int64 // of 6 and 7
	}{
		{nil, []int64{6, 7}},
		{[]string{"If-Match", tag}, []int64{7}},
		{[]string{"If-Match", annTag}, nil}, // the tag of another account
		{[]string{"If-Match", "*"}, []int64{6, 7}},
	} {
		for method, body := range map[string]string{"PATCH": `{"first_name":null,"timezone":"Europe/Vienna"}`, "DELETE": ""} {
			w := s.do(as(method, body, c.headers...))
			require.Less(t, w.Code, 300)
			if method == "PATCH" {
				require.Equal(t, annTag, w.Header().Get("ETag"))
				require.Equal(t, user.Edits{FirstName: user.Remove(), Timezone: user.Set("Europe/Vienna")}, edits)
			}
			var admits []int64
			for _, revision := range []int64{6, 7} {
				if match.Admits(revision) {
					admits = append(admits, revision)
				}
			}
			require.Equal(t, c.admits, admits, c.headers)
		}
	}
	require.Equal(t, annTag, s.do(as("GET", "")).Header().Get("ETag"))
	require.Equal(t, 304, s.do(as("GET", "", "If-None-Match", annTag)).Code)
	for code, status := range map[fault.Code]int{fault.PreconditionFailed: 412, fault.OwnAccount: 409, fault.ReauthenticationRequired: 401, fault.NotFound: 404} {
		f.eraseUser = func(context.Context, inbound.Caller, inbound.Principal, user.ID, user.Match) error {
			return fault.New(code)
		}
		refused(t, s.do(as("DELETE", "")), status, code)
	}
}

func TestAdministrationRefusesWhatItCannotRead(t *testing.T) {
	f := newFakes()
	f.find, f.createUser, f.suspend = nil, nil, nil
	s := start(t, f)
	for target, want := range map[string][]string{
		"/api/v1/users?limit=101&status=gone&cursor=x":     {"query.limit too_large", "query.status not_allowed", "query.cursor invalid_cursor"},
		"/api/v1/users?search=" + strings.Repeat("x", 255): {"query.search too_long"},
		"/api/v1/users?search=a%00b":                       {"query.search invalid_characters"},
		"/api/v1/users?search=%ff":                         {"query.search invalid_characters"},
		somebody + "/sessions?limit=0&cursor=x":            {"query.limit too_small", "query.cursor invalid_cursor"},
	} {
		_, faults := refused(t, s.do(asAnn("GET", target)), 422, fault.ValidationError)
		require.ElementsMatch(t, want, faults, target)
	}
	_, faults := refused(t, s.do(asking("POST", somebody+"/suspend", `{"reason":"bad","until":1}`)), 422, fault.ValidationError)
	require.ElementsMatch(t, []string{"body.reason invalid_characters", "body.until unknown_field"}, faults)
	refused(t, s.do(asking("POST", "/api/v1/users/x/suspend", `{}`)), 404, fault.NotFound)
	refused(t, s.do(asAnn("POST", somebody+"/suspend")), 415, fault.UnsupportedMediaType)
	for _, path := range []string{"/api/v1/users/x", "/api/v1/users/05000000-0000-0000-0000-00000000000G"} {
		refused(t, s.do(asAnn("GET", path)), 404, fault.NotFound)
		refused(t, s.do(asAnn("GET", path+"/sessions")), 404, fault.NotFound)
		refused(t, s.do(asAnn("POST", path+"/reactivate")), 404, fault.NotFound)
		refused(t, s.do(asAnn("POST", path+"/invitation")), 404, fault.NotFound)
		refused(t, s.do(asAnn("POST", path+"/sessions/revoke")), 404, fault.NotFound)
	}
}

// An administrator sets what is theirs to set: every other field is refused,
// and nothing is made.
func TestWhatAnAdministratorMayNotSetIsRefused(t *testing.T) {
	f := newFakes()
	f.createUser, f.updateUser = nil, nil
	s := start(t, f)
	refused(t, s.do(asking("PATCH", somebody, `{"email":"x@example.com"}`)), 422, fault.ValidationError)
	for _, field := range []string{
		"id", "password", "password_hash", "hash", "administrator", "is_admin", "role", "roles", "status", "email_verified",
		"tenant_id", "created_at", "updated_at", "last_sign_in_at", "Email", "EMAIL", "email_key", "__proto__", "actor",
	} {
		for _, v := range []string{"true", `"x"`, "null", "{}"} {
			for _, r := range []*http.Request{
				asking("POST", "/api/v1/users", `{"email":"bob@example.com","`+field+`":`+v+`}`),
				asking("PATCH", somebody, `{"first_name":"B","`+field+`":`+v+`}`),
			} {
				_, faults := refused(t, s.do(r), 422, fault.ValidationError)
				require.Len(t, faults, 1)
				require.Regexp(t, "^body."+field+" (unknown_field|not_allowed)$", faults[0])
			}
		}
	}
}
