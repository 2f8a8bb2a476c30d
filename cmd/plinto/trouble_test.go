package main_test

import (
	"encoding/json"
	"net"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/ports/porttest"
)

// wired gives an address by way of a wire that can be cut.
func wired(t *testing.T, address string) (string, *porttest.Wire) {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	w := porttest.NewWire(t, u.Host)
	u.Host = w.Address()
	return u.String(), w
}

// eventually asks until the answer is as wanted.
func eventually(t *testing.T, within time.Duration, what string, ok func() bool) {
	t.Helper()
	require.Eventually(t, ok, within, 50*time.Millisecond, what)
}

func (i *instance) readiness() (int, string) {
	a, err := i.try("GET", "/ready", "", nil)
	if err != nil {
		return 0, err.Error()
	}
	var body struct{ Status string }
	_ = json.Unmarshal(a.body, &body)
	return a.status, body.Status
}

func TestADatabaseThatIsLost(t *testing.T) {
	address, wire := wired(t, postgresURL(t))
	i := start(t, t.TempDir(), append([]string{"DATABASE_URL=" + address, "DATABASE_POOL_TIMEOUT=2"}, fast...)...)
	var in signIn
	i.call("POST", "/api/v1/auth/signup", "", map[string]string{"email": "ann@example.com", "password": password}).want(201, &in)

	wire.Cut()
	for path, body := range map[string]map[string]string{
		"/api/v1/auth/signup":  {"email": "bob@example.com", "password": password},
		"/api/v1/auth/signin":  {"email": "ann@example.com", "password": password},
		"/api/v1/auth/refresh": {"refresh_token": in.Tokens.Refresh},
	} {
		a := i.call("POST", path, "", body).fault(503, "service_unavailable")
		require.NotEmpty(t, a.header.Get("Retry-After"))
		for _, leak := range []string{"127.0.0.1", "dial", "EOF", "pgx", "connect"} {
			require.NotContains(t, string(a.body), leak)
		}
	}
	i.call("GET", "/api/v1/auth/me", in.Tokens.Access, nil).fault(503, "service_unavailable")
	i.call("POST", "/api/v1/auth/refresh", "", map[string]string{"refresh_token": "prt_forged"}).fault(401, "invalid_refresh_token")
	i.call("GET", "/.well-known/jwks.json", "", nil).want(200)
	i.call("GET", "/health", "", nil).want(200)
	eventually(t, 3*time.Second, "/ready tells", func() bool { status, said := i.readiness(); return status == 503 && said == "unavailable" })

	wire.Mend()
	eventually(t, 5*time.Second, "it recovers", func() bool { status, _ := i.readiness(); return status == 200 })
	i.call("GET", "/api/v1/auth/me", in.Tokens.Access, nil).want(200)
	i.call("POST", "/api/v1/auth/signin", "", map[string]string{"email": "bob@example.com", "password": password}).fault(401, "invalid_credentials")
	i.call("POST", "/api/v1/auth/refresh", "", map[string]string{"refresh_token": in.Tokens.Refresh}).want(200)
}

func TestADatabaseThatIsNotThereYet(t *testing.T) {
	address, wire := wired(t, postgresURL(t))
	wire.Cut()
	i := launch(t, t.TempDir(), append([]string{"DATABASE_URL=" + address, "DATABASE_POOL_TIMEOUT=1"}, fast...)...)
	i.call("GET", "/health", "", nil).want(200)
	i.call("GET", "/ready", "", nil).want(503)
	i.call("GET", "/.well-known/jwks.json", "", nil).fault(503, "service_unavailable")
	i.call("POST", "/api/v1/auth/signup", "", map[string]string{"email": "ann@example.com", "password": password}).fault(503, "service_unavailable")
	wire.Mend()
	eventually(t, 10*time.Second, "it becomes ready", func() bool { status, _ := i.readiness(); return status == 200 })
	i.call("POST", "/api/v1/auth/signup", "", map[string]string{"email": "ann@example.com", "password": password}).want(201)
}

func TestASchemaThatIsBehind(t *testing.T) {
	dir, settings := t.TempDir(), append([]string{"DATABASE_URL=" + postgresURL(t), "AUTO_MIGRATE=false"}, fast...)
	i := launch(t, dir, settings...)
	i.out.wait(t, "run plinto migrate up", i.exited)
	i.call("GET", "/ready", "", nil).want(503)
	i.call("POST", "/api/v1/auth/signin", "", map[string]string{"email": "ann@example.com", "password": password}).fault(503, "service_unavailable")
	require.Contains(t, i.run("migrate", "up"), "applied 0001_identity.sql")
	eventually(t, 10*time.Second, "it becomes ready", func() bool { status, _ := i.readiness(); return status == 200 })
}

func TestRedisThatIsLost(t *testing.T) {
	redis, wire := wired(t, redisURL(t))
	i := start(t, t.TempDir(), "REDIS_URL="+redis, "GUESSES_FREE=20", "ENVIRONMENT=test", "BCRYPT_ROUNDS=4", "ENABLE_METRICS=true", "RATE_LIMIT_PER_MINUTE=1000", "RATE_LIMIT_SIGNUP_PER_MINUTE=1000", "RATE_LIMIT_SIGNUP_PER_HOUR=1000")
	guess := map[string]string{"email": "nobody-" + i.url[strings.LastIndex(i.url, ":")+1:] + "@example.com", "password": "not the right password"}
	i.call("POST", "/api/v1/auth/signin", "", guess).fault(401, "invalid_credentials")

	wire.Cut()
	// Sign-in works on, and limits hold: five a minute for one account.
	for range 5 {
		i.call("POST", "/api/v1/auth/signin", "", guess).fault(401, "invalid_credentials")
	}
	limited := i.call("POST", "/api/v1/auth/signin", "", guess).fault(429, "rate_limited")
	require.NotEmpty(t, limited.header.Get("Retry-After"))
	eventually(t, 3*time.Second, "/ready tells", func() bool { status, said := i.readiness(); return status == 200 && said == "degraded" })
	metrics := string(i.call("GET", "/metrics", "", nil).want(200).body)
	require.Contains(t, metrics, "plinto_limiter_shared 0")
	require.Contains(t, metrics, "plinto_limiter_lost_total 1")
	require.Equal(t, 1, strings.Count(i.out.String(), "this instance counts limits alone"), "said once")

	wire.Mend()
	eventually(t, 5*time.Second, "it goes back", func() bool { _, said := i.readiness(); return said == "ready" })
	require.Contains(t, string(i.call("GET", "/metrics", "", nil).want(200).body), "plinto_limiter_shared 1")
	require.Equal(t, 1, strings.Count(i.out.String(), "redis is back"))
}

func TestSIGTERMDrains(t *testing.T) {
	i := start(t, t.TempDir(), append([]string{"SHUTDOWN_DELAY=3s"}, fast...)...)
	// A request under way: its header is sent, its body is not.
	conn, err := net.Dial("tcp", strings.TrimPrefix(i.url, "http://"))
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	body := `{"email":"ann@example.com","password":"` + password + `"}`
	head, tail := body[:10], body[10:]
	_, err = conn.Write([]byte("POST /api/v1/auth/signup HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: " + itoa(len(body)) + "\r\n\r\n" + head))
	require.NoError(t, err)

	require.NoError(t, i.cmd.Process.Signal(syscall.SIGTERM))
	eventually(t, 2*time.Second, "/ready turns 503 first", func() bool { status, _ := i.readiness(); return status == 503 })
	i.call("GET", "/health", "", nil).want(200)
	i.out.wait(t, "msg=draining", i.exited)
	eventually(t, 5*time.Second, "nothing new is accepted", func() bool { _, err := i.try("GET", "/health", "", nil); return err != nil })

	_, err = conn.Write([]byte(tail))
	require.NoError(t, err)
	answer := make([]byte, 64)
	n, err := conn.Read(answer)
	require.NoError(t, err)
	require.Contains(t, string(answer[:n]), "HTTP/1.1 201 Created", "what is under way finishes")
	<-i.exited
	require.Zero(t, i.cmd.ProcessState.ExitCode())
}

func TestASecondSignalEndsAtOnce(t *testing.T) {
	i := start(t, t.TempDir(), append([]string{"SHUTDOWN_DELAY=60s"}, fast...)...)
	require.NoError(t, i.cmd.Process.Signal(syscall.SIGTERM))
	i.out.wait(t, "msg=draining", i.exited)
	require.NoError(t, i.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case <-i.exited:
	case <-time.After(10 * time.Second):
		t.Fatal("plinto does not end")
	}
	require.NotZero(t, i.cmd.ProcessState.ExitCode())
}

func TestBadInputIsCheapAndStoresNothing(t *testing.T) {
	i := start(t, t.TempDir(), fast...)
	before := i.run("events", "tail")
	for name, c := range map[string]struct {
		body   string
		status int
	}{
		"nothing":           {"", 400},
		"malformed":         {`{"email":`, 400},
		"trailing":          {`{"email":"ann@example.com","password":"` + password + `"} {}`, 400},
		"an array":          {`[]`, 422},
		"wrong type":        {`{"email":7,"password":["x"]}`, 422},
		"unknown field":     {`{"email":"ann@example.com","password":"` + password + `","admin":true}`, 422},
		"duplicate key":     {`{"email":"ann@example.com","email":"bob@example.com","password":"` + password + `"}`, 400},
		"NUL":               {`{"email":"ann@example.com","password":"` + password + `\u0000"}`, 422},
		"invalid UTF-8":     {"{\"email\":\"ann@example.com\",\"password\":\"" + password + "\xff\"}", 400},
		"a mebibyte":        {`{"email":"ann@example.com","password":"` + strings.Repeat("x", 1<<20) + `"}`, 413},
		"a long body":       {`{"email":"ann@example.com","password":"` + strings.Repeat("x", 64<<10) + `"}`, 413},
		"a long password":   {`{"email":"ann@example.com","password":"` + strings.Repeat("x", 60<<10) + `"}`, 422},
		"a deep one":        {strings.Repeat(`{"a":`, 9000) + "1" + strings.Repeat("}", 9000), 400},
		"a lone surrogate":  {`{"email":"ann@example.com","password":"` + password + `\ud800"}`, 400},
		"null":              {`null`, 422},
		"an empty password": {`{"email":"ann@example.com","password":""}`, 422},
	} {
		for _, path := range []string{"/api/v1/auth/signup", "/api/v1/auth/signin"} {
			a, err := i.try("POST", path, "", []byte(c.body))
			require.NoError(t, err, name)
			require.Equal(t, c.status, a.status, "%s at %s: %s", name, path, a.body)
			require.NotContains(t, string(a.body), password, name)
		}
	}
	require.Equal(t, before, i.run("events", "tail"))
	i.call("POST", "/api/v1/auth/signin", "", map[string]string{"email": "ann@example.com", "password": password}).fault(401, "invalid_credentials")
}

func itoa(n int) string {
	text, _ := json.Marshal(n)
	return string(text)
}

// One password is hashed at a time and one may wait: of six sign-ins at once
// four are told to come back, and those who are signed in notice nothing.
func TestAStormOfSignInsIsShed(t *testing.T) {
	i := start(t, t.TempDir(), append(append([]string{"GOMAXPROCS=2", "BCRYPT_QUEUE=1", "BCRYPT_QUEUE_TIMEOUT=60s"}, fast...), "BCRYPT_ROUNDS=14")...)
	var in signIn
	i.call("POST", "/api/v1/auth/signup", "", map[string]string{"email": "ann@example.com", "password": password}).want(201, &in)
	answers := make(chan answer, 6)
	for n := range cap(answers) {
		go func() {
			a, err := i.try("POST", "/api/v1/auth/signin", "", []byte(`{"email":"nobody`+itoa(n)+`@example.com","password":"`+password+`"}`))
			if err != nil {
				t.Error(err)
			}
			answers <- a
		}()
	}
	for range 4 {
		a := (<-answers).fault(429, "overloaded")
		require.NotEmpty(t, a.header.Get("Retry-After"))
	}
	i.call("POST", "/api/v1/auth/refresh", "", map[string]string{"refresh_token": in.Tokens.Refresh}).want(200, &in.Tokens)
	i.call("GET", "/api/v1/auth/me", in.Tokens.Access, nil).want(200)
	for range 2 {
		(<-answers).fault(401, "invalid_credentials")
	}
}

// Programs that start together on one new file all come up, whoever migrates it.
func TestProgramsThatStartTogetherOnOneFile(t *testing.T) {
	dir := t.TempDir()
	var all []*instance
	for range 4 {
		all = append(all, launch(t, dir, fast...))
	}
	for _, i := range all {
		i.out.wait(t, `msg=ready `, i.exited)
	}
	var in signIn
	all[0].call("POST", "/api/v1/auth/signup", "", map[string]string{"email": "ann@example.com", "password": password}).want(201, &in)
	for _, i := range all {
		i.call("GET", "/api/v1/auth/me", in.Tokens.Access, nil).want(200)
	}
}
