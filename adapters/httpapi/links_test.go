package httpapi_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/httpapi"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
)

const (
	forgotOK   = `{"email":"ann@example.com"}`
	resetOK    = `{"token":"pmt_AQ","new_password":"another horse battery"}`
	mailedOK   = `{"token":"pmt_AQ"}`
	newEmailOK = `{"new_email":"ann@elsewhere.example"}`
)

type (
	recovery    struct{ *fakes }
	addresses   struct{ *fakes }
	magicLinks  struct{ *fakes }
	invitations struct{ *fakes }
)

func (recovery) CheckForgot(inbound.Forgot) []fault.Field { return nil }
func (recovery) CheckReset(inbound.Reset) []fault.Field   { return nil }

func (f recovery) Forgot(_ context.Context, c inbound.Caller, cmd inbound.Forgot) error {
	return f.linked("forgot", c, inbound.Principal{}, cmd.Email)
}

func (f recovery) Reset(_ context.Context, c inbound.Caller, cmd inbound.Reset) error {
	return f.linked("reset", c, inbound.Principal{}, cmd.Token, cmd.New.Reveal())
}

func (addresses) CheckToken(inbound.MailedToken) []fault.Field    { return nil }
func (addresses) CheckChange(inbound.AddressChange) []fault.Field { return nil }

func (f addresses) Verify(_ context.Context, c inbound.Caller, who inbound.Principal, cmd inbound.MailedToken) error {
	return f.linked("verify", c, who, cmd.Token)
}

func (f addresses) Confirm(_ context.Context, c inbound.Caller, who inbound.Principal, cmd inbound.MailedToken) error {
	return f.linked("confirm", c, who, cmd.Token)
}

func (f addresses) Resend(_ context.Context, c inbound.Caller, who inbound.Principal) error {
	return f.linked("resend", c, who)
}

func (f addresses) Change(_ context.Context, c inbound.Caller, who inbound.Principal, cmd inbound.AddressChange) error {
	return f.linked("change", c, who, cmd.NewEmail)
}

func (magicLinks) CheckRequest(inbound.MagicLink) []fault.Field  { return nil }
func (magicLinks) CheckSignIn(inbound.MailedToken) []fault.Field { return nil }

func (f magicLinks) Request(_ context.Context, c inbound.Caller, cmd inbound.MagicLink) error {
	return f.linked("magic", c, inbound.Principal{}, cmd.Email, cmd.Redirect)
}

func (f magicLinks) SignIn(ctx context.Context, c inbound.Caller, cmd inbound.MailedToken) (inbound.SignedIn, string, error) {
	if err := f.linked("enter", c, inbound.Principal{}, cmd.Token); err != nil {
		return inbound.SignedIn{}, "", err
	}
	in, err := f.signIn(ctx, c, inbound.SignIn{})
	return in, "https://app.example.com/welcome", err
}

func (invitations) CheckAccept(inbound.Acceptance) []fault.Field { return nil }

func (f invitations) Accept(ctx context.Context, c inbound.Caller, cmd inbound.Acceptance) (inbound.SignedIn, error) {
	if err := f.linked("accept", c, inbound.Principal{}, cmd.Token, cmd.New.Reveal()); err != nil {
		return inbound.SignedIn{}, err
	}
	return f.signIn(ctx, c, inbound.SignIn{})
}

// linking is every route of mailed links, what it gives to the core, and whether
// it says who asks.
var linking = []struct {
	path, body, what string
	given            []string
	principal        bool
}{
	{"/api/v1/auth/password/forgot", forgotOK, "forgot", []string{"ann@example.com"}, false},
	{"/api/v1/auth/password/reset", resetOK, "reset", []string{"pmt_AQ", "another horse battery"}, false},
	{"/api/v1/auth/email/verify", mailedOK, "verify", []string{"pmt_AQ"}, true},
	{"/api/v1/auth/email/confirm", mailedOK, "confirm", []string{"pmt_AQ"}, true},
	{"/api/v1/auth/email/resend-verification", "", "resend", nil, true},
	{"/api/v1/users/me/email", newEmailOK, "change", []string{"ann@elsewhere.example"}, true},
	{"/api/v1/auth/magic-link", `{"email":"ann@example.com","redirect_url":"https://a.example/"}`, "magic", []string{"ann@example.com", "https://a.example/"}, false},
	{"/api/v1/auth/magic-link/verify", mailedOK, "enter", []string{"pmt_AQ"}, false},
	{"/api/v1/auth/invitation/accept", resetOK, "accept", []string{"pmt_AQ", "another horse battery"}, false},
}

func TestMailedLinksReachTheCore(t *testing.T) {
	for _, l := range linking {
		f := newFakes()
		asked := false
		f.linked = func(what string, c inbound.Caller, who inbound.Principal, given ...string) error {
			asked = true
			require.Equal(t, l.what, what)
			require.Equal(t, l.given, given)
			require.Equal(t, requestID, c.RequestID)
			require.Equal(t, l.principal, who.User == user.ID{1})
			return nil
		}
		s := start(t, f)
		w := s.do(asking("POST", l.path, l.body))
		require.Less(t, w.Code, 300, w.Body.String())
		require.True(t, asked, l.path)
		require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
		require.NotContains(t, s.log.String(), "pmt_")
		require.NotContains(t, s.log.String(), "horse")
		require.NotContains(t, s.log.String(), "@")
	}
}

// The link that verifies an address may be opened by anybody; a token that comes
// along is good, or refused.
func TestAnAddressIsVerifiedWithOrWithoutASession(t *testing.T) {
	for _, path := range []string{"/api/v1/auth/email/verify", "/api/v1/auth/verify-email", "/api/v1/auth/email/confirm"} {
		f := newFakes()
		var by []user.ID
		f.linked = func(_ string, _ inbound.Caller, who inbound.Principal, _ ...string) error {
			by = append(by, who.User)
			return nil
		}
		s := start(t, f)
		require.Equal(t, 204, s.do(ask("POST", path, mailedOK)).Code)
		require.Equal(t, 204, s.do(asking("POST", path, mailedOK)).Code)
		require.Equal(t, []user.ID{{}, {1}}, by)
		w := s.do(ask("POST", path, mailedOK, "Authorization", "Bearer x.y.z"))
		refused(t, w, 401, fault.InvalidToken)
		require.Equal(t, []string{`Bearer error="invalid_token"`}, w.Header().Values("WWW-Authenticate"))
		refused(t, s.do(ask("POST", path, mailedOK, "Authorization", "Basic eA==")), 401, fault.NotAuthenticated)
		require.Len(t, by, 2)
	}
}

func TestRefusalsOfMailedLinks(t *testing.T) {
	for code, status := range map[fault.Code]int{
		fault.InvalidOrExpiredToken: 400, fault.MailDisabled: 403, fault.MagicLinksDisabled: 403, fault.AlreadyVerified: 409, fault.EmailTaken: 409, fault.RateLimited: 429,
	} {
		for _, l := range linking {
			f := newFakes()
			f.linked = func(string, inbound.Caller, inbound.Principal, ...string) error {
				return fault.New(code).Because(errors.New("the reason is for the log"))
			}
			w := start(t, f).do(asking("POST", l.path, l.body))
			refused(t, w, status, code)
			require.NotContains(t, w.Body.String(), "the reason")
		}
	}
}

// Whether there was an account cannot be seen of a hidden sign-up.
func TestAHiddenSignUpSaysNothing(t *testing.T) {
	f := newFakes()
	f.signUp = func(context.Context, inbound.Caller, inbound.SignUp) (inbound.SignedIn, error) {
		return inbound.SignedIn{}, nil
	}
	s := start(t, f, func(o *httpapi.Options) { o.HiddenSignUps = true })
	for _, path := range []string{"/api/v1/auth/signup", "/api/v1/auth/register"} {
		w := s.do(ask("POST", path, signUpOK))
		require.Equal(t, 202, w.Code)
		require.Empty(t, w.Body.String())
		require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	}
	f.signUp = func(context.Context, inbound.Caller, inbound.SignUp) (inbound.SignedIn, error) {
		return inbound.SignedIn{}, fault.New(fault.UsernameTaken)
	}
	refused(t, s.do(ask("POST", "/api/v1/auth/signup", signUpOK)), 409, fault.UsernameTaken)
	refused(t, s.do(ask("POST", "/api/v1/auth/signup", `{}`)), 422, fault.ValidationError)
	doc, _ := document(t, s)
	require.Contains(t, doc.Paths["/api/v1/auth/signup"]["post"].Responses, "202")
	require.NotContains(t, doc.Paths["/api/v1/auth/signup"]["post"].Responses, "201")
}

func TestAChangeOfAddressWantsAToken(t *testing.T) {
	f := newFakes()
	f.linked = nil
	s := start(t, f)
	refused(t, s.do(ask("POST", "/api/v1/users/me/email", newEmailOK)), 401, fault.NotAuthenticated)
	refused(t, s.do(ask("POST", "/api/v1/users/me/email", newEmailOK, "Authorization", "Bearer x.y.z")), 401, fault.InvalidToken)
}
