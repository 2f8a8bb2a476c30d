package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// impatient is how an instance waits for sign-ins under way no longer than a
// test can.
var impatient = append([]string{"DATABASE_POOL_TIMEOUT=1", "DATABASE_STATEMENT_TIMEOUT=1s"}, fast...)

func TestOperators(t *testing.T) {
	t.Run("on nothing", func(t *testing.T) {
		one := start(t, t.TempDir(), impatient...)
		operate(t, one, one)
	})
	t.Run("on PostgreSQL, over two instances", func(t *testing.T) {
		dir := t.TempDir()
		settings := append([]string{"DATABASE_URL=" + postgresURL(t)}, impatient...)
		operate(t, start(t, dir, settings...), start(t, dir, settings...))
	})
}

// operate runs the operator's commands beside the instances a and b of one
// service.
func operate(t *testing.T, a, b *instance) {
	credentials := func(email string) map[string]string { return map[string]string{"email": email, "password": password} }
	signUp := func(email string) (in signIn) {
		a.call("POST", "/api/v1/auth/signup", "", credentials(email)).want(201, &in)
		return in
	}
	again := func(email string) (in signIn) {
		b.call("POST", "/api/v1/auth/signin", "", credentials(email)).want(200, &in)
		return in
	}
	lives := func(in signIn) {
		t.Helper()
		for _, i := range []*instance{a, b} {
			i.call("GET", "/api/v1/auth/me", in.Tokens.Access, nil).want(200)
		}
	}
	over := func(in signIn) {
		t.Helper()
		for _, i := range []*instance{a, b} {
			eventually(t, 2*time.Second, "its access token is refused", func() bool {
				got, err := i.try("GET", "/api/v1/sessions", in.Tokens.Access, nil)
				return err == nil && got.status == 401
			})
			i.call("POST", "/api/v1/auth/refresh", "", map[string]string{"refresh_token": in.Tokens.Refresh}).fault(401, "invalid_refresh_token")
		}
	}
	refuses := func(words string, args ...string) {
		t.Helper()
		before := a.run("events", "tail", "-n", "1000")
		out, err := command(a.dir, a.env, args...)
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit)
		require.Equal(t, 1, exit.ExitCode())
		require.Contains(t, out, words)
		require.Equal(t, before, a.run("events", "tail", "-n", "1000"), "nothing was done")
	}
	happened := func(n int) (list []map[string]any) {
		t.Helper()
		for line := range strings.Lines(a.run("events", "tail", "-n", fmt.Sprint(n))) {
			var e map[string]any
			require.NoError(t, json.Unmarshal([]byte(line), &e))
			require.Equal(t, "operator", e["actor"])
			list = append(list, e)
		}
		return list
	}
	ann, bob := signUp("ann@example.com"), signUp("bob@example.com")
	second := again("ann@example.com")

	// Looking.
	users := a.run("users", "list")
	require.Less(t, strings.Index(users, "bob@example.com"), strings.Index(users, "ann@example.com"), "the newest first")
	require.Equal(t, 3, strings.Count(users, "\n"))
	require.Equal(t, 2, strings.Count(a.run("users", "list", "-n", "1"), "\n"))
	require.Equal(t, 1, strings.Count(a.run("users", "list", "--status", "suspended"), "\n"))
	for _, name := range []string{ann.User.ID, "ANN@example.com"} {
		shown := a.run("users", "show", name)
		require.Contains(t, shown, ann.User.ID)
		require.Contains(t, shown, "active")
	}
	sessions := a.run("sessions", "list", "--user", "ann@example.com")
	require.Less(t, strings.Index(sessions, second.Session.ID), strings.Index(sessions, ann.Session.ID))
	require.NotContains(t, sessions, bob.Session.ID)

	// What cannot be done, in plain words.
	refuses("by an id, in lower case, or by an e-mail address", "users", "show", "ann")
	refuses("There is no user", "users", "suspend", "nobody@example.com")
	refuses("There is no user", "sessions", "revoke", "--user", ann.Session.ID)
	refuses("the user is active", "users", "reactivate", "ann@example.com")
	refuses("at most 200 characters", "users", "suspend", "ann@example.com", "--reason", strings.Repeat("x", 201))
	refuses("must be active, inactive, suspended or deleted", "users", "list", "--status", "gone")
	refuses("must not be negative", "users", "list", "-n", "-1")
	refuses("user", "sessions", "list")
	refuses("user all", "sessions", "revoke")
	refuses("user all", "sessions", "revoke", "--all", "--user", "ann@example.com")
	refuses("accepts 1 arg", "users", "suspend")
	refuses("nothing was revoked", "sessions", "revoke", "--all")
	refuses("must be a time like", "sessions", "revoke", "--all", "--yes", "--before", "yesterday")
	refuses("after 1970", "sessions", "revoke", "--all", "--yes", "--before", "1969-12-31T23:59:59Z")
	refuses("year 1", "sessions", "revoke", "--all", "--yes", "--before", "0001-01-01T00:00:00Z")
	refuses("give an instant that has passed", "sessions", "revoke", "--all", "--yes", "--before", time.Now().Add(time.Hour).Format(time.RFC3339))
	lives(ann)

	// One user's sessions.
	require.Contains(t, a.run("sessions", "revoke", "--user", "Ann@example.com"), "2 sessions were ended")
	for _, e := range happened(2) {
		require.Equal(t, "session.revoked", e["name"])
		require.Equal(t, map[string]any{"reason": "operator", "user_id": ann.User.ID}, e["payload"])
	}
	over(ann)
	over(second)
	lives(bob)
	require.Contains(t, a.run("sessions", "revoke", "--user", "ann@example.com"), "no session was live")

	// A suspension, and its end.
	third := again("ann@example.com")
	require.Contains(t, a.run("users", "suspend", ann.User.ID, "--reason", "spam"), "1 session was ended")
	events := happened(2)
	require.Equal(t, "user.suspended", events[0]["name"])
	require.Equal(t, map[string]any{"reason": "spam"}, events[0]["payload"])
	require.Equal(t, map[string]any{"reason": "user_suspended", "user_id": ann.User.ID}, events[1]["payload"])
	over(third)
	a.call("POST", "/api/v1/auth/signin", "", credentials("ann@example.com")).fault(401, "invalid_credentials")
	refuses("the user is suspended", "users", "suspend", "ann@example.com")
	require.Contains(t, a.run("users", "list", "--status", "suspended"), "ann@example.com")
	require.Contains(t, a.run("users", "reactivate", "ann@example.com"), "is active")
	require.Equal(t, "user.reactivated", happened(1)[0]["name"])
	over(third)
	fourth := again("ann@example.com")
	lives(fourth)

	// Everybody's, but those that are opened after it was ordered.
	cutoff := time.Now().UTC()
	time.Sleep(2 * time.Millisecond) // ids tell milliseconds
	fifth := again("bob@example.com")
	require.Contains(t, a.run("sessions", "revoke", "--all", "--yes", "--before", cutoff.Format(time.RFC3339Nano)), "2 sessions were ended")
	events = happened(3)
	require.Equal(t, "session.all_revoked", events[0]["name"])
	require.Equal(t, map[string]any{"before": cutoff.Format(time.RFC3339Nano)}, events[0]["payload"])
	over(bob)
	over(fourth)
	lives(fifth)

	sure := exec.Command(binary, "sessions", "revoke", "--all")
	sure.Dir, sure.Env, sure.Stdin = a.dir, a.env, strings.NewReader("yes\n")
	out, err := sure.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "This signs everybody out")
	require.Contains(t, string(out), "1 session was ended")
	over(fifth)
	lives(again("ann@example.com"))
}

// An order that is interrupted tells how to go on with it.
func TestAnInterruptedOrderSaysHowToGoOn(t *testing.T) {
	i := start(t, t.TempDir(), fast...)
	var in signIn
	i.call("POST", "/api/v1/auth/signup", "", map[string]string{"email": "ann@example.com", "password": password}).want(201, &in)
	said := &output{}
	order := exec.Command(binary, "sessions", "revoke", "--all", "--yes")
	order.Dir, order.Env, order.Stdout, order.Stderr = i.dir, i.env, said, said
	require.NoError(t, order.Start())
	exited := make(chan struct{})
	go func() {
		_ = order.Wait()
		close(exited)
	}()
	said.wait(t, "1 so far", exited)
	require.NoError(t, order.Process.Signal(os.Interrupt))
	<-exited
	require.Equal(t, 1, order.ProcessState.ExitCode())
	how := said.wait(t, `1 session was ended before that; to go on: plinto (sessions revoke --all --yes --before \S+)`, exited)
	args := append(strings.Fields(how[1]), "--yes")
	i.env = append(i.env, impatient...)
	require.Contains(t, i.run(args...), "no session was live")
}

// Sessions that were over for long are gone after a start; the metrics tell.
func TestSessionsThatWereOverForLongAreRemoved(t *testing.T) {
	address := postgresURL(t)
	dir, settings := t.TempDir(), append([]string{"DATABASE_URL=" + address, "ENABLE_METRICS=true", "SESSION_RETENTION_DAYS=2"}, fast...)
	i := start(t, dir, settings...)
	var ann, out signIn
	body := map[string]string{"email": "ann@example.com", "password": password}
	i.call("POST", "/api/v1/auth/signup", "", body).want(201, &ann)
	i.call("POST", "/api/v1/auth/signin", "", body).want(200, &out)
	i.call("POST", "/api/v1/auth/signout", out.Tokens.Access, nil).want(204)
	require.Contains(t, string(i.call("GET", "/metrics", "", nil).want(200).body), `plinto_cleanup_removed_total{what="sessions"} 0`)
	i.call("GET", "/api/v1/sessions/"+out.Session.ID, ann.Tokens.Access, nil).want(200)
	require.Zero(t, i.stop())
	execute(t, address, "UPDATE sessions SET ended_at = ended_at - interval '2 days' WHERE ended_at IS NOT NULL")

	i = start(t, dir, settings...)
	eventually(t, 5*time.Second, "it is counted", func() bool {
		return strings.Contains(string(i.call("GET", "/metrics", "", nil).want(200).body), `plinto_cleanup_removed_total{what="sessions"} 1`)
	})
	i.call("GET", "/api/v1/sessions/"+out.Session.ID, ann.Tokens.Access, nil).fault(404, "not_found")
	i.call("GET", "/api/v1/auth/me", ann.Tokens.Access, nil).want(200)
}

// An order that is mistyped is not done, and the exit code says so.
func TestACommandThatThereIsNot(t *testing.T) {
	for _, group := range []string{"keys", "users", "sessions", "clients", "events", "migrate"} {
		out, err := command(t.TempDir(), nil, group, "revok", "somebody")
		require.Error(t, err)
		require.Contains(t, out, `unknown command "revok"`)
		_, err = command(t.TempDir(), nil, group)
		require.NoError(t, err)
	}
}
