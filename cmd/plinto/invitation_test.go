package main_test

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// linkTo waits until there are so many mails of a kind to an address, and gives
// the page and the token of the last one's link.
func (i *instance) linkTo(address, kind string, number int) (page, token string) {
	i.t.Helper()
	var text string
	eventually(i.t, 20*time.Second, "a mail of kind "+kind+" comes", func() bool {
		var mails kept
		i.call("GET", "/dev/mailbox?to="+address, "", nil).want(200, &mails)
		found := 0
		for _, m := range mails.Data {
			if m.Kind == kind {
				if found++; found == 1 {
					text = m.Text
				}
			}
		}
		return found == number
	})
	link, err := url.Parse(regexp.MustCompile(`https?://\S+`).FindString(text))
	require.NoError(i.t, err)
	return link.Path, link.Query().Get("token")
}

func TestAnInvitationFromTheFirstCommandToTheFirstSignIn(t *testing.T) {
	t.Run("on nothing", func(t *testing.T) { invite(t, start(t, t.TempDir(), fast...)) })
	t.Run("on PostgreSQL", func(t *testing.T) {
		invite(t, start(t, t.TempDir(), append([]string{"DATABASE_URL=" + postgresURL(t)}, fast...)...))
	})
}

func invite(t *testing.T, i *instance) {
	out, err := i.feed(password+"\n", "users", "create", "--email", "root@example.com", "--admin", "--password-stdin")
	require.NoError(t, err, out)
	var root, bob signIn
	i.call("POST", "/api/v1/auth/signin", "", map[string]string{"email": "root@example.com", "password": password}).want(200, &root)
	i.call("POST", "/api/v1/users", root.Tokens.Access, map[string]string{"email": "bob@example.com", "first_name": "Bob"}).want(201, &bob.User)
	user := "/api/v1/users/" + bob.User.ID
	page, first := i.linkTo("bob@example.com", "invitation", 1)
	require.Equal(t, "/accept-invitation", page)

	const accept, chosen = "/api/v1/auth/invitation/accept", "another horse, another stable"
	take := func(token string) map[string]string {
		return map[string]string{"token": token, "new_password": chosen}
	}
	i.call("POST", user+"/invitation", "", nil).fault(401, "not_authenticated")
	i.call("POST", user+"/invitation", root.Tokens.Access, nil).want(202)
	_, second := i.linkTo("bob@example.com", "invitation", 2)
	require.Contains(t, i.run("users", "invite", "bob@example.com"), bob.User.ID+" is invited")
	_, third := i.linkTo("bob@example.com", "invitation", 3)

	for _, old := range []string{first, second, "x"} {
		i.call("POST", accept, "", take(old)).fault(400, "invalid_or_expired_token")
	}
	i.call("POST", accept, "", map[string]string{"token": third, "new_password": "short"}).fault(422, "validation_error")
	i.call("POST", "/api/v1/auth/password/reset", "", take(third)).fault(400, "invalid_or_expired_token")
	i.call("POST", accept, "", take(third)).want(200, &bob)
	i.call("GET", "/api/v1/users/me", bob.Tokens.Access, nil).want(200)
	i.call("GET", "/api/v1/users", bob.Tokens.Access, nil).fault(403, "insufficient_permissions")
	i.call("POST", accept, "", take(third)).fault(400, "invalid_or_expired_token")
	i.call("POST", "/api/v1/auth/signin", "", map[string]string{"email": "bob@example.com", "password": chosen}).want(200)

	i.call("POST", user+"/invitation", root.Tokens.Access, nil).fault(409, "already_verified")
	out, err = i.feed("", "users", "invite", "bob@example.com")
	require.Error(t, err)
	require.Contains(t, out, "verified already")
	var actors []string
	for line := range strings.Lines(i.run("events", "tail", "-n", "20")) {
		var e struct {
			Name, Actor string
			Payload     map[string]string
		}
		require.NoError(t, json.Unmarshal([]byte(line), &e))
		require.NotContains(t, line, "pmt_")
		if e.Payload["action"] == "invitation.repeated" {
			actors = append(actors, e.Actor)
		}
	}
	require.Equal(t, []string{"user:" + root.User.ID, "operator"}, actors)
}
