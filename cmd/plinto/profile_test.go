package main_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestProfiles(t *testing.T) {
	t.Run("on nothing", func(t *testing.T) {
		one := start(t, t.TempDir(), fast...)
		profiles(t, one, one)
		stored := everyFile(t, one.dir)
		require.Contains(t, stored, "bob@example.com")
		for _, told := range []string{"Unmistakable", "unmistakable", "exmple-cua", "351987654321", "leaving@example.com"} {
			require.NotContains(t, stored, told)
		}
	})
	t.Run("on PostgreSQL, over two instances", func(t *testing.T) {
		dir := t.TempDir()
		settings := append([]string{"DATABASE_URL=" + postgresURL(t)}, fast...)
		profiles(t, start(t, dir, settings...), start(t, dir, settings...))
	})
}

// everyFile gives all that stands in the files of a folder.
func everyFile(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	require.NoError(t, fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, name))
		all.Write(text)
		return err
	}))
	return all.String()
}

// profiles lives the life of an account on the instances a and b.
func profiles(t *testing.T, a, b *instance) {
	ask := func(i *instance, method, path, token, match string, body any) answer {
		t.Helper()
		text, err := json.Marshal(body)
		require.NoError(t, err)
		r, err := http.NewRequest(method, i.url+path, bytes.NewReader(text))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/merge-patch+json")
		if method == "DELETE" {
			r.Header.Set("Content-Type", "application/json")
		}
		r.Header.Set("Authorization", "Bearer "+token)
		if match != "" {
			r.Header.Set("If-Match", match)
		}
		got, err := i.ask(r)
		require.NoError(t, err)
		return got
	}
	const me = "/api/v1/users/me"
	credentials := func(email string) map[string]string { return map[string]string{"email": email, "password": password} }
	var ann, again, bob signIn
	a.call("POST", "/api/v1/auth/signup", "", credentials("Ann.Unmistakable@exämple.com")).want(201, &ann)
	a.call("POST", "/api/v1/auth/signup", "", credentials("bob@example.com")).want(201, &bob)
	b.call("POST", "/api/v1/auth/signup", "", credentials("ann.unmistakable@XN--EXMPLE-CUA.com")).fault(409, "email_taken")
	b.call("POST", "/api/v1/auth/signin", "", credentials("ann.unmistakable@EXÄMPLE.com")).want(200, &again)

	tag := a.call("GET", me, ann.Tokens.Access, nil).want(200).header.Get("ETag")
	next := ask(a, "PATCH", me, ann.Tokens.Access, tag, map[string]any{
		"username": "unmistakable", "phone_number": "+351987654321", "timezone": "Europe/Lisbon", "user_metadata": map[string]any{"theme": "dark"},
	}).want(200).header.Get("ETag")
	require.NotEqual(t, tag, next)
	ask(b, "PATCH", me, again.Tokens.Access, tag, map[string]any{"timezone": nil}).fault(412, "precondition_failed")
	ask(b, "PATCH", me, again.Tokens.Access, "", map[string]any{"timezone": nil, "user_metadata": map[string]any{"size": 1}}).want(200)
	ask(b, "PATCH", me, bob.Tokens.Access, "", map[string]any{"username": "UNMISTAKABLE"}).fault(409, "username_taken")
	var user struct {
		Email    string
		Username string
		Timezone *string
		Metadata map[string]any `json:"user_metadata"`
	}
	got := a.call("GET", me, ann.Tokens.Access, nil).want(200, &user)
	require.NotEqual(t, next, got.header.Get("ETag"))
	require.Equal(t, "Ann.Unmistakable@exämple.com", user.Email)
	require.Nil(t, user.Timezone)
	require.Equal(t, map[string]any{"theme": "dark", "size": 1.0}, user.Metadata)

	settle(t)
	var export struct {
		User     struct{ Username string }
		Devices  []any
		Sessions []any
		Events   []struct{ Name string }
	}
	file := b.call("GET", me+"/export", again.Tokens.Access, nil).want(200, &export)
	require.Contains(t, file.header.Get("Content-Disposition"), "attachment")
	require.Equal(t, "unmistakable", export.User.Username)
	require.Len(t, export.Sessions, 2)
	require.NotEmpty(t, export.Devices)
	require.Equal(t, "user.exported", export.Events[0].Name)
	require.NotContains(t, string(file.body), "$2a$", "no hash of a password")

	// The end.
	ask(a, "DELETE", me, ann.Tokens.Access, "", map[string]any{"password": "another horse, another stable"}).fault(400, "wrong_password")
	ask(a, "DELETE", me, ann.Tokens.Access, "", map[string]any{}).fault(422, "validation_error")
	ask(a, "DELETE", me, ann.Tokens.Access, tag, map[string]any{"password": password}).fault(412, "precondition_failed")
	ask(a, "DELETE", me, ann.Tokens.Access, got.header.Get("ETag"), map[string]any{"password": password}).want(204)
	for _, i := range []*instance{a, b} {
		for _, in := range []signIn{ann, again} {
			eventually(t, 2*time.Second, "its access tokens are refused", func() bool {
				got, err := i.try("GET", "/api/v1/sessions", in.Tokens.Access, nil)
				return err == nil && got.status == 401
			})
			i.call("POST", "/api/v1/auth/refresh", "", map[string]string{"refresh_token": in.Tokens.Refresh}).fault(401, "invalid_refresh_token")
		}
		i.call("POST", "/api/v1/auth/signin", "", credentials("ann.unmistakable@exämple.com")).fault(401, "invalid_credentials")
		i.call("GET", me, bob.Tokens.Access, nil).want(200)
	}

	// By an operator, beside the instances.
	var leaving signIn
	a.call("POST", "/api/v1/auth/signup", "", credentials("leaving@example.com")).want(201, &leaving)
	out, err := command(a.dir, a.env, "users", "delete", "leaving@example.com")
	require.Error(t, err, "without an answer nothing is done")
	require.Contains(t, out, "for good")
	b.call("GET", me, leaving.Tokens.Access, nil).want(200)
	require.Contains(t, a.run("users", "delete", "leaving@example.com", "--yes"), "1 session was ended")
	eventually(t, 2*time.Second, "its access token is refused", func() bool {
		got, err := b.try("GET", "/api/v1/sessions", leaving.Tokens.Access, nil)
		return err == nil && got.status == 401
	})
	deleted := a.run("users", "list", "--status", "deleted")
	require.Contains(t, deleted, leaving.User.ID)
	require.Contains(t, deleted, ann.User.ID)
	for _, order := range [][]string{{"users", "reactivate", ann.User.ID}, {"users", "delete", ann.User.ID, "--yes"}, {"users", "suspend", ann.User.ID}} {
		out, err := command(a.dir, a.env, order...)
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit)
		require.Contains(t, out, "the user is deleted")
	}
	a.call("POST", "/api/v1/auth/signup", "", credentials("leaving@example.com")).want(201, &leaving)
	require.Contains(t, a.run("users", "delete", leaving.User.ID, "--yes"), "is deleted")
}
