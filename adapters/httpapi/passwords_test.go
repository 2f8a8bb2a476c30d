package httpapi_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/httpapi"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
)

// proving is every route by which a signed-in user gives a password.
var proving = []struct{ method, path, body string }{
	{"POST", "/api/v1/auth/reauthenticate", proofOK},
	{"POST", "/api/v1/auth/password/change", changeOK},
	{"PUT", "/api/v1/auth/password/change", changeOK},
	{"PUT", "/api/v1/auth/password/change/", changeOK},
}

// refusing answers every password that a signed-in user gives with err.
func refusing(err error) *fakes {
	f := newFakes()
	f.proveAgain = func(context.Context, inbound.Caller, inbound.Principal, inbound.Reauthentication) (inbound.AccessToken, error) {
		return inbound.AccessToken{}, err
	}
	f.change = func(context.Context, inbound.Caller, inbound.Principal, inbound.PasswordChange) error { return err }
	return f
}

func TestPasswordsAreOfThePrincipal(t *testing.T) {
	f := newFakes()
	var given []string
	f.proveAgain = func(_ context.Context, c inbound.Caller, who inbound.Principal, cmd inbound.Reauthentication) (inbound.AccessToken, error) {
		require.Equal(t, requestID, c.RequestID)
		require.Equal(t, user.ID{1}, who.User)
		require.Equal(t, session.ID{2}, who.Session)
		given = append(given, cmd.Password.Reveal())
		return inbound.AccessToken{}, nil
	}
	f.change = func(_ context.Context, c inbound.Caller, who inbound.Principal, cmd inbound.PasswordChange) error {
		require.Equal(t, requestID, c.RequestID)
		require.Equal(t, user.ID{1}, who.User)
		require.Equal(t, session.ID{2}, who.Session)
		given = append(given, cmd.Current.Reveal(), cmd.New.Reveal())
		return nil
	}
	s := start(t, f)
	for _, r := range proving {
		require.Less(t, s.do(asking(r.method, r.path, r.body)).Code, 300)
	}
	require.Equal(t, []string{
		"correct horse battery", "correct horse battery", "another horse battery", "correct horse battery", "another horse battery",
		"correct horse battery", "another horse battery",
	}, given)
	require.NotContains(t, s.log.String(), "horse")
}

func TestPasswordsWantAToken(t *testing.T) {
	f := newFakes()
	f.proveAgain, f.change, f.checkChange, f.checkProof = nil, nil, nil, nil
	s := start(t, f)
	for _, r := range proving {
		refused(t, s.do(ask(r.method, r.path, r.body)), 401, fault.NotAuthenticated)
		refused(t, s.do(ask(r.method, r.path, r.body, "Authorization", "Bearer x.y.z")), 401, fault.InvalidToken)
	}
}

// A proof that is too old is told as RFC 9470 section 3 says, with the limit.
func TestStepUpIsAChallenge(t *testing.T) {
	s := start(t, refusing(fault.New(fault.ReauthenticationRequired).Within(10*time.Minute)), func(o *httpapi.Options) {
		o.CORSOrigins = []string{"https://app.example.com"}
	})
	for _, r := range proving {
		asked := asking(r.method, r.path, r.body)
		asked.Header.Set("Origin", "https://app.example.com")
		w := s.do(asked)
		refused(t, w, 401, fault.ReauthenticationRequired)
		require.Equal(t, []string{`Bearer error="insufficient_user_authentication", max_age=600`}, w.Header().Values("WWW-Authenticate"))

		asked = asking(r.method, r.path, r.body)
		asked.Header.Set("Authorization", "DPoP "+goodToken)
		asked.Header.Set("DPoP", "a.b.c")
		require.Equal(t, []string{`DPoP error="insufficient_user_authentication", max_age=600, algs="ES256 EdDSA"`}, s.do(asked).Header().Values("WWW-Authenticate"))
		require.Contains(t, w.Header().Get("Access-Control-Expose-Headers"), "WWW-Authenticate", "a page can read it")
	}
}

func TestATokenOfABoundSessionSaysSo(t *testing.T) {
	f := newFakes()
	f.proveAgain = func(context.Context, inbound.Caller, inbound.Principal, inbound.Reauthentication) (inbound.AccessToken, error) {
		return inbound.AccessToken{Text: "d.e.f", KeyBound: true}, nil
	}
	require.JSONEq(t, `{"access_token":"d.e.f","token_type":"DPoP","expires_in":0}`,
		start(t, f).do(asking("POST", "/api/v1/auth/reauthenticate", proofOK)).Body.String())
}

func TestAPasswordThatIsNotProvedIsNoBadToken(t *testing.T) {
	for code, status := range map[fault.Code]int{fault.WrongPassword: 400, fault.InvalidCredentials: 401} {
		s := start(t, refusing(fault.New(code)))
		for _, r := range proving {
			w := s.do(asking(r.method, r.path, r.body))
			refused(t, w, status, code)
			require.Empty(t, w.Header().Values("WWW-Authenticate"), "the token was good")
			require.NotContains(t, w.Body.String()+s.log.String(), "horse")
		}
	}
}

func TestPasswordsAreJudgedByShapeAndByTheCoreAtOnce(t *testing.T) {
	f := newFakes()
	f.change, f.proveAgain = nil, nil
	f.checkChange = func(cmd inbound.PasswordChange) []fault.Field {
		if cmd.New.Reveal() == "short" {
			return []fault.Field{{Name: "new_password", Type: "too_short", Message: "m"}}
		}
		return []fault.Field{{Name: "new_password", Type: "missing", Message: "m"}}
	}
	f.checkProof = func(inbound.Reauthentication) []fault.Field {
		return []fault.Field{{Name: "password", Type: "missing", Message: "m"}}
	}
	s := start(t, f)
	for body, want := range map[string][]string{
		`{"current_password":5,"new_password":"short","x":1}`: {"body.current_password wrong_type", "body.new_password too_short", "body.x unknown_field"},
		`{"current_password":null}`:                           {"body.current_password wrong_type", "body.new_password missing"},
	} {
		for _, method := range []string{"POST", "PUT"} {
			_, faults := refused(t, s.do(asking(method, "/api/v1/auth/password/change", body)), 422, fault.ValidationError)
			require.ElementsMatch(t, want, faults, body)
		}
	}
	_, faults := refused(t, s.do(asking("POST", "/api/v1/auth/reauthenticate", `{"password":""}`)), 422, fault.ValidationError)
	require.Equal(t, []string{"body.password missing"}, faults)
	refused(t, s.do(asking("GET", "/api/v1/auth/password/change", "")), 405, fault.MethodNotAllowed)
}

// The use cases count what they see; what they never saw is counted here.
func TestRefusedPasswordsAreCounted(t *testing.T) {
	f := refusing(fault.New(fault.ReauthenticationRequired).Within(time.Minute))
	admitted := 0
	f.admit = func(context.Context, inbound.Caller) error { admitted++; return nil }
	s := start(t, f)
	for n, r := range proving {
		refused(t, s.do(asking(r.method, r.path, r.body)), 401, fault.ReauthenticationRequired)
		require.Equal(t, n+1, admitted)
	}
}
