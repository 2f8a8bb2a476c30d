package main_test

import (
	"encoding/json"
	"net/http"
	"sync"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"
)

// onBothSetUps runs a test on SQLite with one instance, and on PostgreSQL with
// two.
func onBothSetUps(t *testing.T, test func(t *testing.T, a, b *instance), more ...string) {
	settings := append([]string{"RATE_LIMIT_SIGNIN_PER_ACCOUNT_PER_MINUTE=1000", "GUESSES_FREE=20"}, append(more, fast...)...)
	t.Run("on nothing", func(t *testing.T) {
		one := start(t, t.TempDir(), settings...)
		test(t, one, one)
	})
	t.Run("on PostgreSQL, over two instances", func(t *testing.T) {
		dir, settings := t.TempDir(), append(settings, "DATABASE_URL="+postgresURL(t))
		test(t, start(t, dir, settings...), start(t, dir, settings...))
	})
}

const anotherPassword = "another horse, another stable"

func TestStepUpAndPasswordChange(t *testing.T) {
	onBothSetUps(t, func(t *testing.T, a, b *instance) {
		var up, in signIn
		a.call("POST", "/api/v1/auth/signup", "", map[string]string{"email": "ann@example.com", "password": password}).want(201, &up)
		b.call("POST", "/api/v1/auth/signin", "", map[string]string{"email": "ann@example.com", "password": password}).want(200, &in)
		authTime := func(text string) int64 {
			claims, ok := verify(t, a, text).Claims.(jwt.MapClaims)
			require.True(t, ok)
			require.Equal(t, []any{"pwd"}, claims["amr"])
			return int64(claims["auth_time"].(float64))
		}

		// Prove the password again: a token that says so, and so do later ones.
		var proved tokens
		a.call("POST", "/api/v1/auth/reauthenticate", up.Tokens.Access, map[string]string{"password": "not the right one"}).fault(401, "invalid_credentials")
		b.call("POST", "/api/v1/auth/reauthenticate/", up.Tokens.Access, map[string]string{"password": password}).want(200, &proved)
		require.Equal(t, "bearer", proved.Type)
		require.Empty(t, proved.Refresh)
		require.GreaterOrEqual(t, authTime(proved.Access), authTime(up.Tokens.Access))
		var next tokens
		a.call("POST", "/api/v1/auth/refresh", "", map[string]string{"refresh_token": up.Tokens.Refresh}).want(200, &next)
		require.Equal(t, authTime(proved.Access), authTime(next.Access))

		// Change the password.
		change := func(i *instance, method, token, current, next string) answer {
			return i.call(method, "/api/v1/auth/password/change", token, map[string]string{"current_password": current, "new_password": next})
		}
		change(a, "POST", "", password, anotherPassword).fault(401, "not_authenticated")
		change(a, "POST", proved.Access, password, "short").fault(422, "validation_error")
		change(a, "PUT", proved.Access, "not the right one", anotherPassword).fault(400, "wrong_password")
		change(b, "PUT", proved.Access, password, anotherPassword).want(204)
		b.call("GET", "/api/v1/auth/me", in.Tokens.Access, nil).fault(401, "invalid_token")
		a.call("POST", "/api/v1/auth/refresh", "", map[string]string{"refresh_token": in.Tokens.Refresh}).fault(401, "invalid_refresh_token")
		a.call("GET", "/api/v1/auth/me", proved.Access, nil).want(200)
		b.call("POST", "/api/v1/auth/refresh", "", map[string]string{"refresh_token": next.Refresh}).want(200, &next)
		a.call("POST", "/api/v1/auth/signin", "", map[string]string{"email": "ann@example.com", "password": password}).fault(401, "invalid_credentials")
		a.call("POST", "/api/v1/auth/signin", "", map[string]string{"email": "ann@example.com", "password": anotherPassword}).want(200, &in)

		// Of changes at once, from two sessions, one wins.
		answers := make([]int, 8)
		var wg sync.WaitGroup
		for n := range answers {
			i, token := a, next.Access
			if n%2 == 1 {
				i, token = b, in.Tokens.Access
			}
			wg.Go(func() {
				body, _ := json.Marshal(map[string]string{"current_password": anotherPassword, "new_password": password + string(rune('a'+n))})
				got, err := i.try("POST", "/api/v1/auth/password/change", token, body)
				if err != nil {
					t.Errorf("change: %v", err)
				}
				answers[n] = got.status
			})
		}
		wg.Wait()
		won := 0
		for n, status := range answers {
			if status == http.StatusNoContent {
				won++
				a.call("POST", "/api/v1/auth/signin", "", map[string]string{"email": "ann@example.com", "password": password + string(rune('a'+n))}).want(200)
			}
		}
		require.Equal(t, 1, won, "%v", answers)

		events := a.run("events", "tail", "-n", "100")
		for _, words := range []string{"session.reauthenticated", "reauthentication.failed", "security.password.changed", "password_changed"} {
			require.Contains(t, events, words)
		}
		for _, secret := range []string{password, anotherPassword, proved.Access} {
			require.NotContains(t, events+a.out.String()+b.out.String(), secret)
		}
	})
}

// However many sign in at once, no more sessions live than a user may have.
func TestAUserHasOnlySoManySessions(t *testing.T) {
	onBothSetUps(t, func(t *testing.T, a, b *instance) {
		var up, last signIn
		credentials := map[string]string{"email": "ann@example.com", "password": password}
		a.call("POST", "/api/v1/auth/signup", "", credentials).want(201, &up)
		body, err := json.Marshal(credentials)
		require.NoError(t, err)
		var wg sync.WaitGroup
		for n := range 12 {
			i := []*instance{a, b}[n%2]
			wg.Go(func() {
				got, err := i.try("POST", "/api/v1/auth/signin", "", body)
				if err != nil || got.status != http.StatusOK {
					t.Errorf("sign in: %v %d %s", err, got.status, got.body)
				}
			})
		}
		wg.Wait()
		b.call("POST", "/api/v1/auth/signin", "", credentials).want(200, &last)
		var list sessionPage
		a.call("GET", "/api/v1/sessions", last.Tokens.Access, nil).want(200, &list)
		require.Len(t, list.Data, 3)
		require.True(t, list.Data[0].IsCurrent)
		a.call("POST", "/api/v1/auth/refresh", "", map[string]string{"refresh_token": up.Tokens.Refresh}).fault(401, "invalid_refresh_token")
		require.Contains(t, a.run("events", "tail", "-n", "100"), "displaced")
	}, "MAX_SESSIONS_PER_USER=3")
}

// What the settings say of idleness and of recent proof is what the program
// does.
func TestIdlenessAndStepUpAreSettable(t *testing.T) {
	address := postgresURL(t)
	settings := append([]string{"DATABASE_URL=" + address, "SESSION_IDLE_MINUTES=30", "STEP_UP_MINUTES=3"}, fast...)
	i := start(t, t.TempDir(), settings...)
	in := i.signUp("ann")
	execute(t, address, "UPDATE sessions SET authenticated_at = authenticated_at - interval '4 minutes', last_activity_at = last_activity_at - interval '29 minutes'")
	i.call("POST", "/api/v1/auth/refresh", "", map[string]string{"refresh_token": in.Tokens.Refresh}).want(200, &in.Tokens)
	late := i.call("POST", "/api/v1/auth/password/change", in.Tokens.Access, map[string]string{"current_password": password, "new_password": anotherPassword})
	late.fault(401, "reauthentication_required")
	require.Contains(t, late.header.Get("WWW-Authenticate"), "max_age=180")

	execute(t, address, "UPDATE sessions SET last_activity_at = last_activity_at - interval '31 minutes'")
	i.call("POST", "/api/v1/auth/refresh", "", map[string]string{"refresh_token": in.Tokens.Refresh}).fault(401, "invalid_refresh_token")
}
