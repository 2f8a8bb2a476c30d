package main_test

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAdministration(t *testing.T) {
	t.Run("on nothing", func(t *testing.T) {
		one := start(t, t.TempDir(), fast...)
		administer(t, one, one)
	})
	t.Run("on PostgreSQL, over two instances", func(t *testing.T) {
		dir := t.TempDir()
		settings := append([]string{"DATABASE_URL=" + postgresURL(t)}, fast...)
		administer(t, start(t, dir, settings...), start(t, dir, settings...))
	})
}

// feed runs another command of the program and feeds it its input.
func (i *instance) feed(input string, args ...string) (string, error) {
	i.t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Dir, cmd.Env, cmd.Stdin = i.dir, i.env, strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

type listed struct {
	Data []struct {
		ID, Email, Status string
		Administrator     bool
	}
	NextCursor *string `json:"next_cursor"`
}

// administer looks after the users of one service through its instances a and b.
func administer(t *testing.T, a, b *instance) {
	signInAs := func(email string) (in signIn) {
		t.Helper()
		b.call("POST", "/api/v1/auth/signin", "", map[string]string{"email": email, "password": password}).want(200, &in)
		return in
	}
	provision := func(email string, flags ...string) signIn {
		t.Helper()
		out, err := a.feed(password+"\n", append([]string{"users", "create", "--email", email, "--password-stdin"}, flags...)...)
		require.NoError(t, err, out)
		in := signInAs(email)
		require.Contains(t, out, in.User.ID)
		return in
	}

	// Nobody is an administrator but who was made one.
	var bob, self signIn
	a.call("POST", "/api/v1/auth/signup", "", map[string]string{"email": "bob@example.com", "password": password}).want(201, &bob)
	a.call("POST", "/api/v1/auth/signup", "", map[string]any{"email": "eve@example.com", "password": password, "administrator": true}).fault(422, "validation_error")
	require.NotContains(t, a.run("users", "list"), "yes")
	root := provision("root@example.com", "--admin", "--first-name", "Ruth")
	demoted, suspended := provision("demoted@example.com", "--admin"), provision("suspended@example.com", "--admin")
	plain := provision("plain@example.com", "--username", "plain")
	a.run("users", "revoke-admin", "demoted@example.com")
	a.run("users", "suspend", "suspended@example.com")
	require.Equal(t, 2, strings.Count(a.run("users", "list"), "yes"), "root, and the one who is suspended")

	t.Run("every route wants an administrator, as the database has it now", func(t *testing.T) {
		user := "/api/v1/users/" + bob.User.ID
		for _, i := range []*instance{a, b} {
			for _, r := range []struct {
				method, path string
				body         any
			}{
				{"GET", "/api/v1/users", nil},
				{"POST", "/api/v1/users", map[string]string{"email": "new@example.com"}},
				{"GET", user, nil},
				{"POST", user + "/invitation", nil},
				{"POST", user + "/suspend", map[string]string{}},
				{"POST", user + "/reactivate", nil},
				{"GET", user + "/sessions", nil},
				{"POST", user + "/sessions/revoke", nil},
			} {
				i.call(r.method, r.path, "", r.body).fault(401, "not_authenticated")
				i.call(r.method, r.path, "x.y.z", r.body).fault(401, "invalid_token")
				i.call(r.method, r.path, plain.Tokens.Access, r.body).fault(403, "insufficient_permissions")
				i.call(r.method, r.path, demoted.Tokens.Access, r.body).fault(403, "insufficient_permissions")
				i.call(r.method, r.path, suspended.Tokens.Access, r.body).fault(401, "invalid_token")
			}
		}
		a.call("GET", "/api/v1/users/me", bob.Tokens.Access, nil).want(200)
		require.NotContains(t, a.run("users", "list"), "new@example.com")
	})

	t.Run("users are listed and looked for", func(t *testing.T) {
		var got []string
		for path := "/api/v1/users?limit=2"; ; {
			var page listed
			b.call("GET", path, root.Tokens.Access, nil).want(200, &page)
			for _, u := range page.Data {
				got = append(got, u.Email)
				require.Equal(t, u.Email == "root@example.com" || u.Email == "suspended@example.com", u.Administrator, u.Email)
			}
			if page.NextCursor == nil {
				break
			}
			path = "/api/v1/users?limit=2&cursor=" + *page.NextCursor
		}
		require.Equal(t, []string{"plain@example.com", "suspended@example.com", "demoted@example.com", "root@example.com", "bob@example.com"}, got)
		for search, want := range map[string][]string{
			"PLA": {"plain@example.com"}, "ruth": {"root@example.com"}, "%25": {}, "_": {}, "r&status=suspended": {}, "s&status=suspended": {"suspended@example.com"},
		} {
			var page listed
			a.call("GET", "/api/v1/users?search="+search, root.Tokens.Access, nil).want(200, &page)
			emails := []string{}
			for _, u := range page.Data {
				emails = append(emails, u.Email)
			}
			require.Equal(t, want, emails, search)
		}
		answer := a.call("GET", "/api/v1/users/"+root.User.ID, root.Tokens.Access, nil).want(200, &self.User)
		require.Equal(t, "root@example.com", self.User.Email)
		require.NotContains(t, strings.ToLower(string(answer.body)), "hash")
		require.NotContains(t, string(answer.body), "$2")
		a.call("GET", "/api/v1/users/"+bob.Session.ID, root.Tokens.Access, nil).fault(404, "not_found")
	})

	t.Run("nobody chooses the password of another's account", func(t *testing.T) {
		a.call("POST", "/api/v1/users", root.Tokens.Access, map[string]string{"email": "new@example.com", "password": password}).fault(422, "validation_error")
		require.NotContains(t, a.run("users", "list"), "new@example.com")
	})

	t.Run("a suspension is seen everywhere at once", func(t *testing.T) {
		user := "/api/v1/users/" + bob.User.ID
		again := signInAs("bob@example.com")
		var sessions struct{ Data []struct{ ID string } }
		a.call("GET", user+"/sessions", root.Tokens.Access, nil).want(200, &sessions)
		require.Len(t, sessions.Data, 2)
		require.Equal(t, again.Session.ID, sessions.Data[0].ID)

		var now signIn
		a.call("POST", user+"/suspend", root.Tokens.Access, map[string]string{"reason": "spam"}).want(200, &now.User)
		require.Equal(t, "suspended", now.User.Status)
		for _, in := range []signIn{bob, again} {
			for _, i := range []*instance{a, b} {
				eventually(t, 2*time.Second, "its access token is refused", func() bool {
					got, err := i.try("GET", "/api/v1/sessions", in.Tokens.Access, nil)
					return err == nil && got.status == 401
				})
			}
			b.call("POST", "/api/v1/auth/refresh", "", map[string]string{"refresh_token": in.Tokens.Refresh}).fault(401, "invalid_refresh_token")
		}
		b.call("POST", "/api/v1/auth/signin", "", map[string]string{"email": "bob@example.com", "password": password}).fault(401, "invalid_credentials")
		b.call("POST", user+"/suspend", root.Tokens.Access, map[string]string{}).fault(409, "conflict")
		b.call("POST", user+"/reactivate", root.Tokens.Access, nil).want(200, &now.User)
		require.Equal(t, "active", now.User.Status)
		signInAs("bob@example.com")
		var revoked struct {
			Count int `json:"revoked_count"`
		}
		b.call("POST", user+"/sessions/revoke", root.Tokens.Access, nil).want(200, &revoked)
		require.Equal(t, 1, revoked.Count)

		seen := map[string]string{}
		for line := range strings.Lines(a.run("events", "tail", "-n", "8")) {
			var e struct {
				Name, Actor string
				Payload     map[string]string
			}
			require.NoError(t, json.Unmarshal([]byte(line), &e))
			if e.Name != "session.created" && e.Name != "sign_in.failed" {
				require.Equal(t, "user:"+root.User.ID, e.Actor, line)
				seen[e.Name] = e.Payload["reason"]
			}
		}
		require.Equal(t, map[string]string{"user.suspended": "spam", "user.reactivated": "", "session.revoked": "administrator"}, seen)
	})

	t.Run("an administrator cannot do it to themselves", func(*testing.T) {
		for _, what := range []string{"/suspend", "/reactivate"} {
			var body any
			if what == "/suspend" {
				body = map[string]string{}
			}
			a.call("POST", "/api/v1/users/"+root.User.ID+what, root.Tokens.Access, body).fault(409, "own_account")
		}
		a.call("GET", "/api/v1/users/me", root.Tokens.Access, nil).want(200)
	})

	t.Run("the command refuses what it should not do", func(t *testing.T) {
		before := a.run("events", "tail", "-n", "1000")
		for _, c := range []struct {
			input, words string
			args         []string
		}{
			{"\n", "no password was given", []string{"users", "create", "--email", "x@example.com", "--password-stdin"}},
			{"short\n", "password: A password has at least 12 characters.", []string{"users", "create", "--email", "x@example.com", "--password-stdin"}},
			{password, "email: This is not an e-mail address", []string{"users", "create", "--email", "x", "--password-stdin"}},
			{password, "exists already", []string{"users", "create", "--email", "ROOT@example.com", "--password-stdin"}},
			{password, "user name exists already", []string{"users", "create", "--email", "x@example.com", "--username", "PLAIN", "--password-stdin"}},
			{password, "unknown flag", []string{"users", "create", "--email", "x@example.com", "--password", password}},
			{password, `unknown command`, []string{"users", "create", "--email", "x@example.com", password}},
			{"", "is an administrator already", []string{"users", "grant-admin", "root@example.com"}},
			{"", "is no administrator", []string{"users", "revoke-admin", "plain@example.com"}},
			{"", "There is no user", []string{"users", "grant-admin", "nobody@example.com"}},
		} {
			out, err := a.feed(c.input, c.args...)
			require.Error(t, err, out)
			require.Contains(t, out, c.words)
			if c.input != "" {
				require.False(t, c.args[len(c.args)-1] != password && bytes.Contains([]byte(out), []byte(password)), "no password is repeated")
			}
		}
		require.Equal(t, before, a.run("events", "tail", "-n", "1000"), "nothing was done")
		require.True(t, slices.Contains(strings.Fields(a.run("users", "show", "root@example.com")), "administrator"))
	})

	t.Run("a right that is given works at once with the token that is there", func(t *testing.T) {
		require.Contains(t, a.run("users", "grant-admin", "plain@example.com"), "is an administrator")
		b.call("GET", "/api/v1/users?limit=1", plain.Tokens.Access, nil).want(200)
		require.Contains(t, a.run("users", "revoke-admin", "plain@example.com"), "no administrator any more")
		b.call("GET", "/api/v1/users?limit=1", plain.Tokens.Access, nil).fault(403, "insufficient_permissions")
	})
}
