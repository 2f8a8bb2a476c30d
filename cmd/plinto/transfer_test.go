package main_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The passwords of all is "correct horse", but of the one who came from
// Firebase, whose is "user1password".
const foreignUsers = `{"firebase_project":{"signer_key":"jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==","salt_separator":"Bw==","rounds":8,"mem_cost":14}}
{"id":"01980000-0000-7000-8000-000000000001","email":"Ann@Example.com","email_verified":true,"username":"Ann","first_name":"Ann","last_name":"O'Neil","display_name":"Ann 🦊","profile_image_url":"https://example.com/a.png","phone_number":"+431234567","timezone":"Europe/Vienna","locale":"de-AT","user_metadata":{"plan":"pro","n":[1,2.5,{"a":null}]},"status":"active","created_at":"2024-05-01T09:00:00.123456Z","updated_at":"2024-06-01T09:00:00Z","last_sign_in_at":"2024-07-01T09:00:00.5Z","password_hash":"pbkdf2_sha256$2000$saltSalt1234$VHlHyORVXVOdj0paD42i3FoS0I0fXDcj2e0QcF4NlaY="}
{"email":"fire@example.com","firebase":{"hash":"lSrfV15cpx95_sZS2W9c9Kp6i_LVgQNDNC_qzrCnh1SAyZvqmZqAjTdn3aoItz-VHjoZilo78198JAdRuid5lQ==","salt":"42xEC-ixf3L2lw=="}}
{"email":"php@example.com","password_hash":"$argon2id$v=19$m=1024,t=2,p=1$NlhCUmtZNndXNmp3SncycQ$1SQb49V/mVy1EUacvQDYrCHEwmzGPbkNHsaX7/QhWe0"}
{"email":"idn@bücher.example","status":"suspended"}
`

const badUsers = `{"email":"nobody"}
{"email":"new@example.com"}
{"email":"NEW@example.com"}
not even JSON, hunter2
{"email":"x@example.com","password":"hunter2"}
{"email":"y@example.com","password_hash":"hunter2"}
`

func TestUsersMoveFromElsewhereAndBetweenEngines(t *testing.T) {
	t.Run("from SQLite to PostgreSQL", func(t *testing.T) {
		moveUsers(t, nil, []string{"DATABASE_URL=" + postgresURL(t), "PASSWORD_HASHER=argon2id", "ARGON2_MEMORY_KIB=64", "ARGON2_PASSES=1"})
	})
	t.Run("from PostgreSQL to SQLite", func(t *testing.T) {
		moveUsers(t, []string{"DATABASE_URL=" + postgresURL(t)}, nil)
	})
}

func moveUsers(t *testing.T, from, to []string) {
	a := start(t, t.TempDir(), append(from, fast...)...)
	b := start(t, t.TempDir(), append(to, fast...)...)
	file := filepath.Join(t.TempDir(), "users.ndjson")
	require.NoError(t, os.WriteFile(file, []byte(foreignUsers), 0o600))

	require.Equal(t, "4 read, 4 would be added, 0 there already, 0 refused\n", a.run("users", "import", file, "--dry-run"))
	require.Equal(t, 1, strings.Count(a.run("users", "list"), "\n"))
	require.Equal(t, "4 read, 4 added, 0 there already, 0 refused\n", a.run("users", "import", file))
	require.Equal(t, "4 read, 0 added, 4 there already, 0 refused\n", a.run("users", "import", file))

	// What cannot be imported is listed with the reason, and the rest is.
	bad := filepath.Join(t.TempDir(), "bad.ndjson")
	require.NoError(t, os.WriteFile(bad, []byte(badUsers), 0o600))
	out, err := command(a.dir, a.env, "users", "import", bad)
	exit, ok := errors.AsType[*exec.ExitError](err)
	require.True(t, ok)
	require.Equal(t, 1, exit.ExitCode())
	for _, line := range []string{
		"line 1: email: ", "line 3: email: An earlier line has the same. (repeated)\n", "line 4: This line is not one JSON object. (malformed)\n",
		"line 5: password: There is no such field. (unknown_field)\n", "line 6: password_hash: ", "6 read, 1 added, 0 there already, 5 refused\n", "5 of 6 lines were refused",
	} {
		require.Contains(t, out, line)
	}
	require.NotContains(t, out, "hunter2")
	_, err = command(a.dir, a.env, "users", "import", filepath.Join(t.TempDir(), "none"))
	require.Error(t, err)

	// They sign in by the passwords they had, and have new hashes then.
	signIn := func(i *instance, name, value, password string) (in signIn) {
		i.call("POST", "/api/v1/auth/signin", "", map[string]string{name: value, "password": password}).want(200, &in)
		return in
	}
	ann := signIn(a, "username", "ann", "correct horse")
	require.Equal(t, "01980000-0000-7000-8000-000000000001", ann.User.ID)

	// Everything goes out again, into a file that nobody else reads, and into
	// the other engine, from which it comes out as it went in.
	exported := filepath.Join(t.TempDir(), "exported.ndjson")
	said := a.run("users", "export", "--output", exported)
	require.Contains(t, said, "hashes of all passwords")
	require.Contains(t, said, "5 accounts")
	info, err := os.Stat(exported)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	_, err = command(a.dir, a.env, "users", "export", "--output", exported)
	require.Error(t, err, "what is there is not written over")
	text, err := os.ReadFile(exported)
	require.NoError(t, err)
	require.Equal(t, 5, strings.Count(string(text), "\n"))
	require.NotContains(t, string(text), "pbkdf2_sha256", "she has signed in")
	require.Contains(t, string(text), "$fbscrypt$")
	require.Equal(t, "5 read, 5 added, 0 there already, 0 refused\n", b.run("users", "import", exported))
	requireSameUsers(t, string(text), exportOf(t, b))

	require.Equal(t, ann.User.ID, signIn(b, "email", "ann@example.com", "correct horse").User.ID)
	signIn(b, "email", "fire@example.com", "user1password")
	signIn(b, "email", "php@example.com", "correct horse")
	b.call("POST", "/api/v1/auth/signin", "", map[string]string{"email": "idn@bücher.example", "password": "correct horse"}).fault(401, "invalid_credentials")
	b.call("POST", "/api/v1/auth/signin", "", map[string]string{"email": "fire@example.com", "password": "correct horse"}).fault(401, "invalid_credentials")
	require.NotContains(t, exportOf(t, b), "$fbscrypt$", "every hash was upgraded")
}

func exportOf(t *testing.T, i *instance) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "users.ndjson")
	i.run("users", "export", "-o", file)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, i.run("users", "export"), string(text), "or to the standard output")
	return string(text)
}

// requireSameUsers compares two exports line by line: engines write JSON with
// other spaces, and members in another order.
func requireSameUsers(t *testing.T, want, got string) {
	t.Helper()
	wanted, given := strings.Split(strings.TrimSpace(want), "\n"), strings.Split(strings.TrimSpace(got), "\n")
	require.Len(t, given, len(wanted))
	for i := range wanted {
		require.JSONEq(t, wanted[i], given[i])
	}
}
