package main_test

import (
	"bytes"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// naming is the request to sign somebody up, by its key.
func (i *instance) naming(path, key, email, password string) answer {
	i.t.Helper()
	body, err := json.Marshal(map[string]string{"email": email, "password": password})
	require.NoError(i.t, err)
	r, err := http.NewRequest("POST", i.url+path, bytes.NewReader(body))
	require.NoError(i.t, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", key)
	a, err := i.send(r)
	require.NoError(i.t, err)
	return a
}

const signUpPath = "/api/v1/auth/signup"

// loses sends a sign-up with a key and goes away without waiting for the answer.
func (i *instance) loses(key, email string) {
	i.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(i.url, "http://"))
	require.NoError(i.t, err)
	body := `{"email":"` + email + `","password":"` + password + `"}`
	_, err = conn.Write([]byte("POST " + signUpPath + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nIdempotency-Key: " + key +
		"\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body))
	require.NoError(i.t, err)
	require.NoError(i.t, conn.Close())
}

// recovers repeats a sign-up until its first attempt is over.
func (i *instance) recovers(key, email string) answer {
	i.t.Helper()
	for range 200 {
		a := i.naming(signUpPath, key, email, password)
		if a.status != 409 {
			return a
		}
		a.fault(409, "request_in_progress")
		require.Equal(i.t, "1", a.header.Get("Retry-After"))
		time.Sleep(20 * time.Millisecond)
	}
	i.t.Fatal("the first attempt does not end")
	return answer{}
}

func TestASignUpWhoseAnswerWasLostIsRepeated(t *testing.T) {
	setups(t, func(t *testing.T, a, b *instance) {
		// The client goes away at once, before the account is made.
		for n := range 5 {
			who, key := "ann"+strconv.Itoa(n), "key-"+strconv.Itoa(n)
			a.loses(key, who+"@example.com")
			var in, again signIn
			first := b.recovers(key, who+"@example.com").want(201, &in)
			second := a.naming("/api/v1/auth/register/", `"`+key+`"`, who+"@example.com", password).want(201, &again)
			require.Equal(t, "true", second.header.Get("Idempotency-Replayed"))
			require.Equal(t, first.body, second.body)
			require.Equal(t, "no-store", second.header.Get("Cache-Control"))
			require.NotEqual(t, first.header.Get("X-Request-Id"), second.header.Get("X-Request-Id"))

			// It is one account with one session, and the tokens are good.
			var list sessionPage
			b.call("GET", "/api/v1/sessions", again.Tokens.Access, nil).want(200, &list)
			require.Len(t, list.Data, 1)
			require.Equal(t, in.Session.ID, list.Data[0].ID)
			b.call("POST", "/api/v1/auth/refresh", "", map[string]string{"refresh_token": again.Tokens.Refresh}).want(200)
		}
		happened := a.run("events", "tail", "-n", "1000")
		require.Equal(t, 5, strings.Count(happened, "user.created"))
		require.Equal(t, 5, strings.Count(happened, "session.created"))

		// The key is of that request alone.
		b.naming(signUpPath, "key-0", "ann0@example.com", anotherPassword).fault(409, "idempotency_key_reused")
		b.naming(signUpPath, "key-0", "bob@example.com", password).fault(409, "idempotency_key_reused")
		b.naming(signUpPath, "another", "ann0@example.com", password).fault(409, "email_taken")
		b.naming(signUpPath, "tab\tkey", "cid@example.com", password).fault(422, "validation_error")
		require.Equal(t, 5, strings.Count(b.run("users", "list"), "@example.com"))

		// What was refused for good stays refused; what was wrong may be put right.
		refused := a.naming(signUpPath, "another", "ann0@example.com", password).want(409)
		require.Equal(t, "true", refused.header.Get("Idempotency-Replayed"))
		a.naming(signUpPath, "short", "dan@example.com", "short").fault(422, "validation_error")
		b.naming(signUpPath, "short", "dan@example.com", password).want(201)

		// The answer is the first one, whatever became of it.
		var up signIn
		a.naming(signUpPath, "ended", "eve@example.com", password).want(201, &up)
		a.signOut(up)
		b.naming(signUpPath, "ended", "eve@example.com", password).want(201, &up)
		b.call("GET", "/api/v1/auth/me", up.Tokens.Access, nil).fault(401, "invalid_token")
		b.call("POST", "/api/v1/auth/refresh", "", map[string]string{"refresh_token": up.Tokens.Refresh}).fault(401, "invalid_refresh_token")
	})
}

func TestManySignUpsByOneKeyAtOnce(t *testing.T) {
	setups(t, func(t *testing.T, a, b *instance) {
		var wg sync.WaitGroup
		answers := make([]answer, 32)
		for n := range answers {
			wg.Go(func() { answers[n] = []*instance{a, b}[n%2].naming(signUpPath, "key", "ann@example.com", password) })
		}
		wg.Wait()
		first := 0
		want := a.recovers("key", "ann@example.com").want(201)
		for _, got := range answers {
			if got.status == 409 {
				got.fault(409, "request_in_progress")
				continue
			}
			got.want(201)
			require.Equal(t, want.body, got.body)
			if got.header.Get("Idempotency-Replayed") == "" {
				first++
			}
		}
		require.Equal(t, 1, first)
		require.Equal(t, 1, strings.Count(a.run("events", "tail", "-n", "1000"), "user.created"))
	})
}

// contents gives everything that the table holds, as text and in hexadecimal.
func contents(t *testing.T, dir, database string) string {
	t.Helper()
	if database == "" {
		var all strings.Builder
		files, err := filepath.Glob(filepath.Join(dir, "data", "plinto.db*"))
		require.NoError(t, err)
		for _, name := range files {
			text, err := os.ReadFile(name)
			require.NoError(t, err)
			all.Write(text)
		}
		return all.String()
	}
	conn, err := pgx.Connect(t.Context(), database)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(t.Context())) }()
	var text string
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT string_agg(k::text, ' ') FROM idempotency_keys AS k").Scan(&text))
	return text
}

func TestNoSecretOfARequestIsStored(t *testing.T) {
	for name, database := range map[string]func(*testing.T) string{
		"on SQLite": func(*testing.T) string { return "" }, "on PostgreSQL": postgresURL,
	} {
		t.Run(name, func(t *testing.T) {
			dir, address := t.TempDir(), database(t)
			settings := fast
			if address != "" {
				settings = append([]string{"DATABASE_URL=" + address}, fast...)
			}
			i := start(t, dir, settings...)
			const key = "8e03978e-40d5-43e8-bc93-6894a57f9324"
			var in signIn
			i.naming(signUpPath, key, "ann@example.com", password).want(201, &in)
			i.naming(signUpPath, key, "ann@example.com", password).want(201)
			stored := contents(t, dir, address)
			require.Greater(t, len(stored), 500, "something is stored")
			for _, secret := range []string{key, password, in.Tokens.Refresh, in.Tokens.Access, "refresh_token", "prt_"} {
				require.NotContains(t, stored, secret)
				require.NotContains(t, stored, hex.EncodeToString([]byte(secret)))
			}
		})
	}
}

func TestKeysWithoutADatabase(t *testing.T) {
	address, wire := wired(t, postgresURL(t))
	i := start(t, t.TempDir(), append([]string{"DATABASE_URL=" + address, "DATABASE_POOL_TIMEOUT=2"}, fast...)...)
	want := i.naming(signUpPath, "key", "ann@example.com", password).want(201)
	wire.Cut()
	i.naming(signUpPath, "key", "ann@example.com", password).fault(503, "service_unavailable")
	i.naming(signUpPath, "new", "bob@example.com", password).fault(503, "service_unavailable")
	wire.Mend()
	eventually(t, 5*time.Second, "it recovers", func() bool { status, _ := i.readiness(); return status == 200 })
	require.Equal(t, want.body, i.naming(signUpPath, "key", "ann@example.com", password).want(201).body)
	i.naming(signUpPath, "new", "bob@example.com", password).want(201)
}

// A program that is killed at its work leaves the key out of use for as long as
// its lease runs, and then to the same request.
func TestAKeyOfAProgramThatWasKilled(t *testing.T) {
	for name, open := range map[string]func(*testing.T, string) (setting string, exec func(string) int64){
		"on SQLite": func(t *testing.T, dir string) (string, func(string) int64) {
			return "DATABASE_URL=", func(text string) int64 {
				db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "data", "plinto.db")+"?_pragma=busy_timeout(5000)")
				require.NoError(t, err)
				changed, err := db.ExecContext(t.Context(), text)
				require.NoError(t, err)
				n, err := changed.RowsAffected()
				require.NoError(t, err)
				require.NoError(t, db.Close())
				return n
			}
		},
		"on PostgreSQL": func(t *testing.T, _ string) (string, func(string) int64) {
			address := postgresURL(t)
			return "DATABASE_URL=" + address, func(text string) int64 {
				conn, err := pgx.Connect(t.Context(), address)
				require.NoError(t, err)
				changed, err := conn.Exec(t.Context(), text)
				require.NoError(t, err)
				require.NoError(t, conn.Close(t.Context()))
				return changed.RowsAffected()
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			setting, exec := open(t, dir)
			slow := start(t, dir, append(append([]string{}, fast...), "BCRYPT_ROUNDS=15", setting)...)
			slow.loses("key", "ann@example.com")
			eventually(t, 5*time.Second, "the key is taken", func() bool {
				return exec("UPDATE idempotency_keys SET mismatches = mismatches") == 1
			})
			require.NoError(t, slow.cmd.Process.Signal(syscall.SIGKILL))
			<-slow.exited

			i := start(t, dir, append([]string{setting}, fast...)...)
			i.naming(signUpPath, "key", "ann@example.com", password).fault(409, "request_in_progress")
			epoch := map[bool]string{true: "0", false: "'epoch'"}[setting == "DATABASE_URL="]
			require.EqualValues(t, 1, exec("UPDATE idempotency_keys SET leased_until = "+epoch))
			i.naming(signUpPath, "key", "bob@example.com", password).fault(409, "idempotency_key_reused")
			i.naming(signUpPath, "key", "ann@example.com", password).want(201)
			require.Equal(t, "true", i.naming(signUpPath, "key", "ann@example.com", password).want(201).header.Get("Idempotency-Replayed"))
		})
	}
}
