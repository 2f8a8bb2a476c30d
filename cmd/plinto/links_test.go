package main_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/ports/porttest"
)

// onEachEngine runs a test on one instance on SQLite, and on one on PostgreSQL:
// each instance keeps the mails that it sends.
func onEachEngine(t *testing.T, test func(t *testing.T, i *instance), more ...string) {
	settings := append(append([]string{"RATE_LIMIT_MAIL_PER_ADDRESS_PER_HOUR=1000"}, more...), fast...)
	t.Run("on nothing", func(t *testing.T) { test(t, start(t, t.TempDir(), settings...)) })
	t.Run("on PostgreSQL", func(t *testing.T) {
		test(t, start(t, t.TempDir(), append(settings, "DATABASE_URL="+postgresURL(t))...))
	})
}

// letter is a mail that was kept.
type letter struct{ ID, Kind, To, Subject, Link, Text string }

// token is what stands in its link.
func (l letter) token(t *testing.T) string {
	t.Helper()
	u, err := url.Parse(l.Link)
	require.NoError(t, err)
	require.NotEmpty(t, u.Query().Get("token"), l.Text)
	return u.Query().Get("token")
}

// letters gives the mails to an address, as soon as there are so many.
func (i *instance) letters(to string, n int) []letter {
	i.t.Helper()
	var list []letter
	require.Eventually(i.t, func() bool {
		var box struct{ Data []letter }
		i.call("GET", "/dev/mailbox?to="+to, "", nil).want(200, &box)
		list = box.Data
		return len(list) >= n
	}, time.Minute, 50*time.Millisecond, "mail to %s", to)
	require.Len(i.t, list, n)
	return list
}

// proving sends a request with a DPoP proof, and the access token that it is of.
func (i *instance) proving(p *porttest.Prover, path, access string, body any, besides map[string]any) answer {
	i.t.Helper()
	text, err := json.Marshal(body)
	require.NoError(i.t, err)
	method := http.MethodPost
	if body == nil {
		method, text = http.MethodGet, nil
	}
	r, err := http.NewRequest(method, i.url+path, bytes.NewReader(text))
	require.NoError(i.t, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("DPoP", p.Proof(method, i.url+path, access, time.Now(), besides))
	if access != "" {
		r.Header.Set("Authorization", "DPoP "+access)
	}
	a, err := i.send(r)
	require.NoError(i.t, err)
	return a
}

// A link signs in as a password does: the session is bound to a key where there
// is one, is one of as many as there may be, and makes the device known.
func TestALinkSignsInAsAPasswordDoes(t *testing.T) {
	const welcome = "https://app.example.com/welcome"
	onEachEngine(t, func(t *testing.T, i *instance) {
		const ann = "ann@example.com"
		up := i.signUp("ann")
		// By whoever signed up, so that nothing has to be taken from a stranger later.
		i.call("POST", "/api/v1/auth/email/verify", up.Tokens.Access, map[string]string{"token": i.letters(ann, 1)[0].token(t)}).want(204)
		i.call("DELETE", "/dev/mailbox", "", nil).want(204)

		i.call("POST", "/api/v1/auth/magic-link", "", map[string]string{"email": ann, "redirect_url": welcome + "/"}).fault(422, "validation_error")
		i.call("POST", "/api/v1/auth/magic-link", "", map[string]string{"email": ann, "redirect_url": welcome}).want(202)
		link := map[string]string{"token": i.letters(ann, 1)[0].token(t)}

		const path = "/api/v1/auth/magic-link/verify"
		prover := porttest.NewProver(t, "ES256")
		i.proving(prover, path, "", link, map[string]any{"htu": i.url + "/elsewhere"}).fault(400, "invalid_dpop_proof")
		var in struct {
			signIn
			DeviceToken string `json:"device_token"`
			RedirectURL string `json:"redirect_url"`
		}
		i.proving(prover, path, "", link, nil).want(200, &in)
		require.Equal(t, up.User.ID, in.User.ID)
		require.Equal(t, welcome, in.RedirectURL)
		require.Equal(t, "DPoP", in.Tokens.Type)
		claims, ok := verify(t, i, in.Tokens.Access).Claims.(jwt.MapClaims)
		require.True(t, ok)
		require.Equal(t, map[string]any{"jkt": prover.Thumbprint()}, claims["cnf"])
		require.Equal(t, []any{"email"}, claims["amr"])
		i.proving(prover, path, "", link, nil).fault(400, "invalid_or_expired_token")

		// Bound to the key.
		i.call("GET", "/api/v1/auth/me", in.Tokens.Access, nil).fault(401, "invalid_token")
		i.proving(prover, "/api/v1/auth/me", in.Tokens.Access, nil, nil).want(200)
		again := map[string]string{"refresh_token": in.Tokens.Refresh}
		i.call("POST", "/api/v1/auth/refresh", "", again).fault(401, "invalid_refresh_token")
		i.proving(prover, "/api/v1/auth/refresh", "", again, nil).want(200, &in.Tokens)

		// The only one.
		i.call("POST", "/api/v1/auth/refresh", "", map[string]string{"refresh_token": up.Tokens.Refresh}).fault(401, "invalid_refresh_token")
		require.Eventually(t, func() bool { return i.call("GET", "/api/v1/auth/me", up.Tokens.Access, nil).status == 401 }, 10*time.Second, 20*time.Millisecond)
		var list sessionPage
		i.proving(prover, "/api/v1/sessions", in.Tokens.Access, nil, nil).want(200, &list)
		require.Len(t, list.Data, 1)
		require.Equal(t, in.Session.ID, list.Data[0].ID)
		require.Contains(t, i.run("events", "tail", "-n", "20"), "displaced")

		// On a device that is known from then on: nobody else keeps it waiting.
		guess := map[string]string{"email": ann, "password": "not the right password"}
		for range 5 {
			i.call("POST", "/api/v1/auth/signin", "", guess).fault(401, "invalid_credentials")
		}
		i.call("POST", "/api/v1/auth/signin", "", map[string]string{"email": ann, "password": password}).fault(429, "rate_limited")
		i.call("POST", "/api/v1/auth/signin", "", map[string]string{"email": ann, "password": password, "device_token": in.DeviceToken}).want(200)
	}, "ENABLE_MAGIC_LINKS=true", "MAX_SESSIONS_PER_USER=1", "MAGIC_LINK_REDIRECT_URLS="+welcome, "RATE_LIMIT_SIGNIN_PER_ACCOUNT_PER_MINUTE=1000")
}

// A hidden sign-up says by mail alone whether the address was taken.
func TestAHiddenSignUpIsAnsweredByMail(t *testing.T) {
	onEachEngine(t, func(t *testing.T, i *instance) {
		const ann = "ann@example.com"
		up := func(address, password string) answer {
			return i.call("POST", "/api/v1/auth/signup", "", map[string]string{"email": address, "password": password}).want(202)
		}
		fresh := up(ann, password)
		first := i.letters(ann, 1)[0]
		require.Equal(t, "verify_email", first.Kind)
		taken := up("ANN@example.com", anotherPassword)
		second := i.letters(ann, 2)
		require.Equal(t, "account_exists", second[0].Kind)
		require.Empty(t, second[0].Link)
		require.Equal(t, first, second[1])

		for _, a := range []answer{fresh, taken} {
			require.Empty(t, a.body)
			for name := range a.header {
				switch name {
				case "Date", "X-Request-Id", "Ratelimit", "X-Ratelimit-Remaining", "X-Ratelimit-Reset": // of the request, and not of the account
					a.header.Set(name, "…")
				}
			}
		}
		require.Equal(t, fresh.header, taken.header)

		signIn := func(password string) answer {
			return i.call("POST", "/api/v1/auth/signin", "", map[string]string{"email": ann, "password": password})
		}
		signIn(anotherPassword).fault(401, "invalid_credentials")
		i.call("POST", "/api/v1/auth/email/verify", "", map[string]string{"token": first.token(t)}).want(204)
		signIn(password).want(200)
	}, "SIGNUP_ENUMERATION=hidden")
}
