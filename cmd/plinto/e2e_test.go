package main_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"
)

const password = "correct horse battery staple"

type tokens struct {
	Access    string `json:"access_token"`
	Refresh   string `json:"refresh_token"`
	Type      string `json:"token_type"`
	ExpiresIn int    `json:"expires_in"`
}

type signIn struct {
	User struct {
		ID           string  `json:"id"`
		Email        string  `json:"email"`
		Username     string  `json:"username"`
		Status       string  `json:"status"`
		LastSignInAt *string `json:"last_sign_in_at"`
	}
	Tokens  tokens
	Session struct {
		ID        string
		ExpiresAt time.Time `json:"expires_at"`
	}
}

type sessionPage struct {
	Data []struct {
		ID         string
		IsCurrent  bool   `json:"is_current"`
		DeviceType string `json:"device_type"`
		IPAddress  string `json:"ip_address"`
	}
	NextCursor *string `json:"next_cursor"`
}

// fast are settings under which many requests from one address are welcome,
// and passwords are cheap.
var fast = []string{
	"ENVIRONMENT=test", "BCRYPT_ROUNDS=4", "RATE_LIMIT_PER_MINUTE=100000", "RATE_LIMIT_PER_HOUR=100000",
	"RATE_LIMIT_SIGNUP_PER_MINUTE=1000", "RATE_LIMIT_SIGNUP_PER_HOUR=1000", "RATE_LIMIT_SIGNIN_PER_ADDRESS_PER_5_MINUTES=1000",
	"RATE_LIMIT_REFRESH_PER_SESSION_PER_5_MINUTES=1000", "JWT_ISSUER=https://auth.example.com",
}

func TestTheMainJob(t *testing.T) {
	t.Run("on nothing", func(t *testing.T) {
		one := start(t, t.TempDir(), fast...)
		mainJob(t, one, one)
		rotateByCommand(t, one)
	})
	t.Run("on PostgreSQL and Redis, over two instances", func(t *testing.T) {
		dir := t.TempDir()
		settings := append([]string{"DATABASE_URL=" + postgresURL(t), "REDIS_URL=" + redisURL(t)}, fast...)
		both := []*instance{start(t, dir, settings...), start(t, dir, settings...)}
		mainJob(t, both[0], both[1])
		rotateByCommand(t, both[0])
	})
	for _, algorithm := range []string{"ES256", "EdDSA"} {
		t.Run("signing with "+algorithm, func(t *testing.T) {
			one := start(t, t.TempDir(), append([]string{"JWT_ALGORITHM=" + algorithm}, fast...)...)
			var in signIn
			one.call("POST", "/api/v1/auth/signup", "", map[string]string{"email": "ann@example.com", "password": password}).want(201, &in)
			require.Equal(t, algorithm, verify(t, one, in.Tokens.Access).Header["alg"])
		})
	}
}

// mainJob walks through every flow. The instances a and b are of one service.
func mainJob(t *testing.T, a, b *instance) {
	// Sign up here, sign in there.
	var up, in signIn
	a.call("POST", "/api/v1/auth/register/", "", map[string]string{"email": "Ann@Example.com", "username": "ann", "password": password, "first_name": "Ann"}).want(201, &up)
	require.Equal(t, "Ann@Example.com", up.User.Email)
	require.Equal(t, "active", up.User.Status)
	require.Equal(t, "bearer", up.Tokens.Type)
	require.WithinDuration(t, time.Now().Add(7*24*time.Hour), up.Session.ExpiresAt, time.Minute)
	b.call("POST", "/api/v1/auth/signup", "", map[string]string{"email": "ann@example.com", "password": password}).fault(409, "email_taken")
	b.call("POST", "/api/v1/auth/login", "", map[string]string{"username": "ANN", "password": password}).want(200, &in)
	require.Equal(t, up.User.ID, in.User.ID)
	require.NotEqual(t, up.Session.ID, in.Session.ID)
	for _, wrong := range []map[string]string{{"email": "ann@example.com", "password": "not the right one"}, {"email": "nobody@example.com", "password": password}} {
		a.call("POST", "/api/v1/auth/signin", "", wrong).fault(401, "invalid_credentials")
	}

	// Who am I, by a token that anybody can verify.
	for _, token := range []string{up.Tokens.Access, in.Tokens.Access} {
		for _, i := range []*instance{a, b} {
			i.call("GET", "/api/v1/auth/me", token, nil).want(200)
			verify(t, i, token)
		}
	}
	a.call("GET", "/api/v1/auth/me", "", nil).fault(401, "not_authenticated")
	a.call("GET", "/api/v1/auth/me", in.Tokens.Access+"x", nil).fault(401, "invalid_token")
	claims, ok := verify(t, b, in.Tokens.Access).Claims.(jwt.MapClaims)
	require.True(t, ok)
	require.Equal(t, in.User.ID, claims["sub"])
	require.Equal(t, in.Session.ID, claims["sid"])
	require.Equal(t, "access", claims["type"])
	require.Equal(t, []any{"pwd"}, claims["amr"])
	lifetime := claims["exp"].(float64) - claims["iat"].(float64)
	require.InDelta(t, 900, lifetime, 45)
	require.InDelta(t, lifetime, in.Tokens.ExpiresIn, 2)

	// Sixteen presentations of one token over both instances converge.
	var wg sync.WaitGroup
	successors := make([]tokens, 16)
	for n := range successors {
		i := []*instance{a, b}[n%2]
		wg.Go(func() {
			body, _ := json.Marshal(map[string]string{"refresh_token": in.Tokens.Refresh})
			got, err := i.try("POST", "/api/v1/auth/refresh", "", body)
			if err != nil || got.status != 200 || json.Unmarshal(got.body, &successors[n]) != nil {
				t.Errorf("refresh: %v %d %s", err, got.status, got.body)
			}
		})
	}
	wg.Wait()
	for _, s := range successors {
		require.Equal(t, successors[0].Refresh, s.Refresh)
	}
	b.call("GET", "/api/v1/auth/me", successors[15].Access, nil).want(200)
	refresh := func(i *instance, text string) answer {
		return i.call("POST", "/api/v1/auth/refresh", "", map[string]string{"refresh_token": text})
	}
	var next tokens
	refresh(a, successors[0].Refresh).want(200, &next)

	// Sessions: list, look, end one, end the others.
	var list sessionPage
	a.call("GET", "/api/v1/sessions", next.Access, nil).want(200, &list)
	require.Len(t, list.Data, 2)
	require.Equal(t, in.Session.ID, list.Data[0].ID)
	require.True(t, list.Data[0].IsCurrent)
	require.False(t, list.Data[1].IsCurrent)
	require.Equal(t, "127.0.0.1", list.Data[0].IPAddress)
	a.call("GET", "/api/v1/sessions?limit=1", next.Access, nil).want(200, &list)
	require.NotNil(t, list.NextCursor)
	a.call("GET", "/api/v1/sessions?limit=1&cursor="+*list.NextCursor, next.Access, nil).want(200, &list)
	require.Equal(t, up.Session.ID, list.Data[0].ID)
	require.Nil(t, list.NextCursor)
	b.call("GET", "/api/v1/sessions/current", next.Access, nil).want(200)
	b.call("GET", "/api/v1/sessions/"+up.Session.ID, next.Access, nil).want(200)
	b.call("GET", "/api/v1/sessions/not-an-id", next.Access, nil).fault(404, "not_found")
	a.call("DELETE", "/api/v1/sessions/"+up.Session.ID, next.Access, nil).want(204)
	b.call("GET", "/api/v1/auth/me", up.Tokens.Access, nil).fault(401, "invalid_token")
	refresh(b, up.Tokens.Refresh).fault(401, "invalid_refresh_token")
	var other signIn
	b.call("POST", "/api/v1/auth/signin", "", map[string]string{"email": "ann@example.com", "password": password}).want(200, &other)
	var ended struct {
		RevokedCount int `json:"revoked_count"`
	}
	a.call("DELETE", "/api/v1/sessions", next.Access, nil).want(200, &ended)
	require.Equal(t, 1, ended.RevokedCount)
	b.call("GET", "/api/v1/auth/me", other.Tokens.Access, nil).fault(401, "invalid_token")

	// A copy that is two steps behind ends the session it is of.
	access := next.Access
	refresh(a, next.Refresh).want(200, &next)
	refresh(b, successors[0].Refresh).fault(401, "invalid_refresh_token")
	refresh(a, next.Refresh).fault(401, "invalid_refresh_token")
	a.call("GET", "/api/v1/auth/me", access, nil).fault(401, "invalid_token")

	// Sign out.
	var last signIn
	a.call("POST", "/api/v1/auth/signin", "", map[string]string{"email": "ann@example.com", "password": password}).want(200, &last)
	b.call("POST", "/api/v1/auth/logout", last.Tokens.Access, nil).want(204)
	a.call("GET", "/api/v1/auth/me", last.Tokens.Access, nil).fault(401, "invalid_token")
	a.call("POST", "/api/v1/auth/signout", last.Tokens.Access, nil).fault(401, "invalid_token")

	// A client may call itself anything.
	request, err := http.NewRequest("POST", a.url+"/api/v1/auth/signin", strings.NewReader(`{"email":"ann@example.com","password":"`+password+`"}`))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "a\xff\xfeb")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.Equal(t, 200, response.StatusCode)
	require.NoError(t, response.Body.Close())

	// What an operator sees.
	var ready struct{ Status string }
	a.call("GET", "/ready", "", nil).want(200, &ready)
	require.Equal(t, "ready", ready.Status)
	a.call("GET", "/health", "", nil).want(200)
	a.call("GET", "/api/status/", "", nil).want(200)
	events := a.run("events", "tail", "-n", "100")
	for _, name := range []string{"key.rotated", "user.created", "session.created", "sign_in.failed", "session.revoked", "session.reuse_detected"} {
		require.Contains(t, events, `"name":"`+name+`"`)
	}
	for _, reason := range []string{"wrong_password", "unknown_account", "signed_out", "reuse_detected", `"revoked"`} {
		require.Contains(t, events, reason)
	}
	require.Zero(t, strings.Count(a.run("events", "tail", "-n", "0"), `{"at":`))
	require.Equal(t, 1, strings.Count(a.run("events", "tail", "-n", "1"), `{"at":`))
	_, err = command(a.dir, a.env, "events", "tail", "-n", "-1")
	require.Error(t, err)
	for _, secret := range []string{password, "ann@example.com", "nobody@example.com", last.Tokens.Access, last.Tokens.Refresh} {
		require.NotContains(t, strings.ToLower(events), strings.ToLower(secret))
		require.NotContains(t, a.out.String()+b.out.String(), secret)
	}
	require.Contains(t, a.run("migrate", "status"), "0001_identity.sql")
	require.Contains(t, a.run("migrate", "up"), "nothing is pending")
}

// rotateByCommand has the next key made, which only keys of Plinto's own have.
func rotateByCommand(t *testing.T, i *instance) {
	t.Helper()
	require.Contains(t, i.run("keys", "rotate"), "is published and signs from")
	keys := i.run("keys", "list")
	require.Contains(t, keys, "active")
	require.Contains(t, keys, "next")
	out, err := command(i.dir, i.env, "keys", "rotate")
	require.Error(t, err)
	require.Contains(t, out, "A rotation is under way")
}

// verify checks a token as a stranger does: by the key set's URL and another
// library.
func verify(t *testing.T, i *instance, text string) *jwt.Token {
	t.Helper()
	var set struct {
		Keys []struct{ Kid, Alg, Use, Kty, Crv, N, E, X, Y string }
	}
	i.call("GET", "/.well-known/jwks.json", "", nil).want(200, &set)
	number := func(s string) *big.Int {
		raw, err := base64.RawURLEncoding.DecodeString(s)
		require.NoError(t, err)
		return new(big.Int).SetBytes(raw)
	}
	token, err := jwt.Parse(text, func(token *jwt.Token) (any, error) {
		for _, k := range set.Keys {
			if k.Kid != token.Header["kid"] {
				continue
			}
			require.Equal(t, token.Header["alg"], k.Alg)
			require.Equal(t, "sig", k.Use)
			switch k.Kty {
			case "RSA":
				return &rsa.PublicKey{N: number(k.N), E: int(number(k.E).Int64())}, nil
			case "EC":
				point := append([]byte{4}, append(number(k.X).FillBytes(make([]byte, 32)), number(k.Y).FillBytes(make([]byte, 32))...)...)
				return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
			case "OKP":
				return ed25519.PublicKey(number(k.X).FillBytes(make([]byte, 32))), nil
			}
		}
		return nil, jwt.ErrTokenUnverifiable
	}, jwt.WithValidMethods([]string{"RS256", "ES256", "EdDSA"}), jwt.WithIssuer("https://auth.example.com"), jwt.WithAudience("plinto"), jwt.WithExpirationRequired())
	require.NoError(t, err)
	require.Equal(t, "at+jwt", token.Header["typ"])
	return token
}

func TestItRunsOnNothingAndKeepsToItself(t *testing.T) {
	dir := t.TempDir()
	i := start(t, dir)
	require.True(t, strings.HasPrefix(i.url, "http://127.0.0.1:"))
	for path, mode := range map[string]os.FileMode{"data": 0o700, "data/plinto.db": 0o600, "data/secret_key": 0o600, "data/jwt_secret_key": 0o600} {
		info, err := os.Stat(filepath.Join(dir, path))
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode().Perm(), path)
	}
	for _, words := range []string{"sqlite:data/plinto.db", "in this process", "(RS256)", "curl -s " + i.url} {
		require.Contains(t, i.out.String(), words)
	}
	// The lines to try work when they are pasted.
	lines := regexp.MustCompile(`(?m)^  ((?:curl|TOKEN=).*)$`).FindAllStringSubmatch(i.out.String(), -1)
	require.Len(t, lines, 3)
	pasted := exec.Command("bash", "-c", lines[0][1]+" && echo && "+lines[1][1]+" && "+lines[2][1])
	pasted.Env = environment()
	printed, err := pasted.Output()
	require.NoError(t, err)
	signedUp, me, _ := strings.Cut(string(printed), "\n")
	var in signIn
	require.NoError(t, json.Unmarshal([]byte(signedUp), &in), signedUp)
	require.Contains(t, me, `"id":"`+in.User.ID+`"`)
	require.Zero(t, i.stop())

	// What it made is there when it comes again: users, sessions, keys, secrets.
	// The issuer is the one of before too, as it is where a port is given.
	again := start(t, dir, "JWT_ISSUER="+i.url)
	again.call("GET", "/api/v1/auth/me", in.Tokens.Access, nil).want(200)
	again.call("POST", "/api/v1/auth/refresh", "", map[string]string{"refresh_token": in.Tokens.Refresh}).want(200)
}

// hyphened is the id of a key, as one in sixty-four is.
const hyphened = "-Th6f-LP7Cui8wD1iK80VFdRIMCXdYmJUq9Inedyc9s"

func TestCommands(t *testing.T) {
	dir := t.TempDir()
	help, err := command(dir, environment(), "--help")
	require.NoError(t, err)
	for _, name := range []string{"serve", "migrate", "keys", "events", "health", "version"} {
		require.Contains(t, help, name)
	}
	out, err := command(dir, environment(), "version")
	require.NoError(t, err)
	require.Contains(t, out, "plinto ")
	out, err = command(dir, environment(), "settings")
	require.NoError(t, err)
	require.Contains(t, out, "DATABASE_URL")
	out, err = command(dir, environment(), "settings", "--markdown")
	require.NoError(t, err)
	require.Contains(t, out, "| `DATABASE_URL` |")
	out, err = command(dir, environment("LOG_LEVEL=debug", "SECRET_KEY=a secret that nobody must ever read"), "migrate", "status")
	require.NoError(t, err)
	require.Contains(t, out, "msg=configuration")
	require.NotContains(t, out, "nobody must ever read")
	out, err = command(dir, environment(), "serv")
	require.Error(t, err)
	require.Contains(t, out, "unknown command")

	out, err = command(dir, environment("PORT=1"), "health")
	require.Error(t, err, out)
	i := start(t, dir)
	port := "PORT=" + i.url[strings.LastIndex(i.url, ":")+1:]
	for _, args := range [][]string{{"health"}, {"health", "--ready"}} {
		out, err = command(dir, append(environment(), port), args...)
		require.NoError(t, err, out)
	}

	for _, args := range [][]string{{"keys", "revoke", hyphened, "--yes"}, {"keys", "revoke", "--yes", hyphened}, {"keys", "revoke", "--yes", "--", hyphened}} {
		out, err = command(dir, environment(), args...)
		require.Error(t, err)
		require.Contains(t, out, "There is no key of this id", "%v", args)
	}

	fresh := t.TempDir()
	for _, args := range [][]string{{"keys", "list"}, {"users", "list"}, {"events", "tail"}, {"clients", "list"}, {"sessions", "revoke", "--all", "--yes"}} {
		out, err = command(fresh, environment(), args...)
		require.Error(t, err, out)
		require.Contains(t, out, "there is no database at")
	}
	made, err := os.ReadDir(fresh)
	require.NoError(t, err)
	require.Empty(t, made, "a command makes nothing")
	out, err = command(fresh, environment(), "migrate", "status")
	require.NoError(t, err)
	require.Equal(t, strings.Count(out, "\n"), strings.Count(out, "pending"))
	behind, err := command(fresh, environment(), "keys", "list")
	require.Error(t, err)
	require.Contains(t, behind, "run plinto migrate up")
	up, err := command(fresh, environment(), "migrate", "up")
	require.NoError(t, err)
	require.Equal(t, strings.Count(out, "\n"), strings.Count(up, "applied"))
	for range strings.Count(up, "applied") {
		out, err = command(fresh, environment(), "migrate", "down")
		require.NoError(t, err)
		require.Contains(t, out, "took back")
	}
	out, err = command(fresh, environment(), "migrate", "down")
	require.NoError(t, err)
	require.Contains(t, out, "nothing is applied")
}

func TestFaultsOfTheConfigurationAreToldAtOnce(t *testing.T) {
	out, err := command(t.TempDir(), environment("ENVIRONMENT=production", "SECRET_KEY=changeme", "JWT_ALGORITHM=HS256", "BCRYPT_ROUNDS=hunter2", "DEBUG=true"))
	require.Error(t, err)
	for _, name := range []string{"SECRET_KEY", "JWT_SECRET_KEY", "JWT_ALGORITHM", "BCRYPT_ROUNDS", "DEBUG", "ALLOWED_HOSTS", "PUBLIC_URL"} {
		require.Contains(t, out, name)
	}
	require.NotContains(t, out, "changeme")
}
