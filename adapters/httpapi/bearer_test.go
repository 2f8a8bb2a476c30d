package httpapi_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
)

// protected is every route that wants a token.
var protected = [][2]string{
	{"GET", "/api/v1/auth/me"},
	{"GET", "/api/v1/users/me"},
	{"GET", "/api/v1/users/me/export"},
	{"POST", "/api/v1/auth/signout"},
	{"POST", "/api/v1/auth/logout"},
	{"POST", "/api/v1/auth/email/resend-verification"},
	{"GET", "/api/v1/sessions"},
	{"DELETE", "/api/v1/sessions"},
	{"GET", "/api/v1/sessions/current"},
	{"GET", "/api/v1/sessions/03000000-0000-0000-0000-000000000000"},
	{"DELETE", "/api/v1/sessions/03000000-0000-0000-0000-000000000000"},
	{"GET", "/api/v1/sessions/malformed"},
	{"GET", "/api/v1/sessions/activity/recent"},
	{"GET", "/api/v1/sessions/security/alerts"},
	{"GET", "/api/v1/sessions?limit=0"},
	{"GET", "/api/v1/users"},
	{"GET", "/api/v1/users?limit=0"},
	{"GET", somebody},
	{"DELETE", somebody},
	{"GET", "/api/v1/users/malformed"},
	{"POST", somebody + "/reactivate"},
	{"GET", somebody + "/sessions"},
	{"POST", somebody + "/sessions/revoke"},
	{"HEAD", "/api/v1/auth/me"},
}

// guarded gives fakes whose protected use cases must not be reached.
func guarded() *fakes {
	f := newFakes()
	f.authenticate, f.list, f.get, f.revoke, f.revokeOthers, f.signOut = nil, nil, nil, nil, nil, nil
	f.recent, f.alerts = nil, nil
	f.administrator, f.find, f.getUser, f.reactivate, f.userSessions, f.endSessions, f.eraseUser = nil, nil, nil, nil, nil, nil, nil
	return f
}

func TestProtectedRoutesWantAToken(t *testing.T) {
	s := start(t, guarded())
	for _, r := range protected {
		for _, scheme := range []string{"", "Basic YW5uOng=", "Digest x", "Token x", goodToken} {
			w := s.do(ask(r[0], r[1], "", "Authorization", scheme))
			require.Equal(t, 401, w.Code, r)
			require.Equal(t, []string{"Bearer", `DPoP algs="ES256 EdDSA"`}, w.Header().Values("WWW-Authenticate"))
			if r[0] != "HEAD" {
				refused(t, w, 401, fault.NotAuthenticated)
			}
		}
	}
}

func TestTokensThatCannotBeOneAreNotAskedAbout(t *testing.T) {
	s := start(t, guarded())
	for _, field := range []string{
		"Bearer", "Bearer ", "bearer  ", "Bearer a b", "Bearer a,b", "Bearer a\tb", "Bearer =", "Bearer é",
		`Bearer "x"`, "Bearer a=b", "Bearer " + strings.Repeat("x", 9000),
	} {
		w := s.do(ask("GET", "/api/v1/auth/me", "", "Authorization", field))
		refused(t, w, 401, fault.InvalidToken)
		require.Equal(t, `Bearer error="invalid_token"`, w.Header().Get("WWW-Authenticate"))
	}
	w := s.do(ask("GET", "/api/v1/auth/me", "", "Authorization", "Bearer "+goodToken, "Authorization", "Bearer "+goodToken))
	refused(t, w, 401, fault.InvalidToken)
}

func TestTheSchemeIsCaseInsensitive(t *testing.T) {
	s := start(t, newFakes())
	for _, scheme := range []string{"Bearer ", "bearer ", "BEARER ", "bEARER  "} {
		require.Equal(t, 200, s.do(ask("GET", "/api/v1/auth/me", "", "Authorization", scheme+goodToken)).Code, scheme)
	}
}

func TestABadTokenIsAChallenge(t *testing.T) {
	f := newFakes()
	f.signOut = func(context.Context, inbound.Caller, string) error { return fault.New(fault.InvalidToken) }
	s := start(t, f)
	for _, r := range protected[:len(protected)-1] {
		w := s.do(ask(r[0], r[1], "", "Authorization", "Bearer x.y.z"))
		refused(t, w, 401, fault.InvalidToken)
		require.Equal(t, `Bearer error="invalid_token"`, w.Header().Get("WWW-Authenticate"))
		require.NotContains(t, w.Body.String()+s.log.String(), "x.y.z")
	}
}

func TestThePrincipalIsPassedOn(t *testing.T) {
	f := newFakes()
	var asked inbound.Caller
	authenticate := f.authenticate
	f.authenticate = func(ctx context.Context, c inbound.Caller, token string) (inbound.Principal, error) {
		asked = c
		return authenticate(ctx, c, token)
	}
	f.revokeOthers = func(_ context.Context, c inbound.Caller, who inbound.Principal) (int, error) {
		require.Equal(t, asked, c)
		require.Equal(t, user.ID{1}, who.User)
		return 0, nil
	}
	w := start(t, f).do(asAnn("DELETE", "/api/v1/sessions"))
	require.JSONEq(t, `{"revoked_count":0}`, w.Body.String())
	require.Equal(t, requestID, asked.RequestID)
}
