package main_test

import (
	"encoding/json"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGuessing(t *testing.T) {
	settings := append([]string{"RATE_LIMIT_ENABLED=false", "GUESSES_TELL=5", "GUESSES_ADDRESS_FREE=60"}, fast...)
	t.Run("on nothing", func(t *testing.T) {
		dir := t.TempDir()
		guessAt(t, func() []*instance { return []*instance{start(t, dir, settings...)} })
	})
	t.Run("on PostgreSQL, over two instances", func(t *testing.T) {
		dir := t.TempDir()
		all := append([]string{"DATABASE_URL=" + postgresURL(t)}, settings...)
		guessAt(t, func() []*instance { return []*instance{start(t, dir, all...), start(t, dir, all...)} })
	})
}

// guessAt guesses at the instances of one service, and ends all of them in
// between.
func guessAt(t *testing.T, begin func() []*instance) {
	instances := begin()
	one := instances[0]
	body := func(text, token string) map[string]string {
		b := map[string]string{"email": "ann@example.com", "password": text}
		if token != "" {
			b["device_token"] = token
		}
		return b
	}
	var in struct {
		DeviceToken string `json:"device_token"`
	}
	one.call("POST", "/api/v1/auth/signup", "", body(password, "")).want(201, &in)
	require.NotEmpty(t, in.DeviceToken)

	// All at once, at all instances: no more are looked at than one after the other.
	var wrong, kept atomic.Int64
	var wg sync.WaitGroup
	text, err := json.Marshal(body("not the right password", ""))
	require.NoError(t, err)
	for n := range 20 {
		wg.Go(func() {
			got, err := instances[n%len(instances)].try("POST", "/api/v1/auth/signin", "", text)
			switch {
			case err != nil:
				t.Errorf("guess: %v", err)
			case got.status == 401:
				wrong.Add(1)
			case got.status == 429:
				kept.Add(1)
			default:
				t.Errorf("guess: %d", got.status)
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 5, wrong.Load())
	require.EqualValues(t, 15, kept.Load())

	for _, i := range instances {
		require.Zero(t, i.stop())
	}
	instances = begin()
	one = instances[0]
	refused := one.call("POST", "/api/v1/auth/signin", "", body(password, "")).fault(429, "rate_limited")
	after, err := strconv.Atoi(refused.header.Get("Retry-After"))
	require.NoError(t, err)
	require.Positive(t, after)
	require.LessOrEqual(t, after, 30)
	one.call("POST", "/api/v1/auth/signin", "", body("not the right password", in.DeviceToken)).fault(401, "invalid_credentials")
	one.call("POST", "/api/v1/auth/signin", "", body(password, in.DeviceToken)).want(200)

	require.Regexp(t, `wrong passwords\s+5, the next one from 20`, one.run("users", "show", "ann@example.com"))
	require.Contains(t, one.run("events", "tail", "-n", "10"), `"security.suspicious_activity"`)
	require.Contains(t, one.run("users", "unlock", "ann@example.com"), "may sign in at once")
	require.Regexp(t, `wrong passwords\s+0\n`, one.run("users", "show", "ann@example.com"))
	require.Contains(t, one.run("events", "tail", "-n", "1"), `"user.unlocked"`)
	one.call("POST", "/api/v1/auth/signin", "", body(password, "")).want(200)
}
