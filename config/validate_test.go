package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/config"
)

func TestRanges(t *testing.T) {
	for _, c := range []struct {
		name     string
		right    string // the outermost values that are taken
		wrong    string // the first beyond them
		sentence string
	}{
		{"PORT", "0 65535", "-1 65536", "is %; it must be 0 to 65535"},
		{"DATABASE_POOL_SIZE", "1 10000", "0 10001", "is %; it must be 1 to 10000"},
		{"DATABASE_MAX_OVERFLOW", "0 10000", "-1 10001", "is %; it must be 0 to 10000"},
		{"JWT_RSA_BITS", "2048 3072 4096", "1024 2049 8192", "is %; it must be 2048, 3072 or 4096"},
		{"PASSWORD_MIN_LENGTH", "8 64", "7 65", "is %; it must be 8 to 64"},
		{"BCRYPT_ROUNDS", "10 15", "9 16", "is %; it must be 10 to 15"},
		{"ARGON2_MEMORY_KIB", "19456 262144", "19455 262145", "is %; it must be 19456 to 262144"},
		{"ARGON2_PASSES", "2 16", "1 17", "is %; it must be 2 to 16"},
		{"ARGON2_LANES", "1 16", "0 17", "is %; it must be 1 to 16"},
		{"PASSWORD_HIBP_TIMEOUT", "1ns 5s", "0s -1s", "is %; it must be more than zero"},
		{"PASSWORD_HIBP_TIMEOUT", "5s", "6s", "is %; it must be at most 5s"},
		{"BCRYPT_QUEUE", "1", "0", "is %; it must be at least 1"},
		{"SMTP_PORT", "1 65535", "0 65536", "is %; it must be 1 to 65535"},
		{"MAX_SESSIONS_PER_USER", "0 1 1000", "-1", "is %; it must be at least 0"},
		{"RATE_LIMIT_PER_MINUTE", "1", "0", "is %; it must be at least 1"},
		{"RATE_LIMIT_PER_HOUR", "1", "0", "is %; it must be at least 1"},
		{"RATE_LIMIT_SIGNUP_PER_MINUTE", "1", "0", "is %; it must be at least 1"},
		{"RATE_LIMIT_SIGNUP_PER_HOUR", "1", "0", "is %; it must be at least 1"},
		{"RATE_LIMIT_SIGNIN_PER_ADDRESS_PER_5_MINUTES", "1", "0", "is %; it must be at least 1"},
		{"RATE_LIMIT_SIGNIN_PER_ACCOUNT_PER_MINUTE", "1", "0", "is %; it must be at least 1"},
		{"RATE_LIMIT_REFRESH_PER_SESSION_PER_5_MINUTES", "1", "0", "is %; it must be at least 1"},
		{"RATE_LIMIT_CLIENT_PER_MINUTE", "1", "0", "is %; it must be at least 1"},
		{"GUESSES_MOST", "10 50", "0 51", "is %; it must be 1 to 50"},
		{"GUESSES_FREE", "1 30", "0 31", "is %; it must be 1 to GUESSES_MOST, which is 30"},
		{"GUESSES_TELL", "1 30", "0 31", "is %; it must be 1 to GUESSES_MOST, which is 30"},
		{"GUESSES_FIRST_WAIT", "1s 1h", "0s -1s", "is %; it must be more than zero"},
		{"GUESSES_LONGEST_WAIT", "30s 24h", "29s 24h0m1s", "is %; it must be GUESSES_FIRST_WAIT to GUESSES_FORGET, which are 30s and 24h0m0s"},
		{"GUESSES_FORGET", "24h 720h", "23h59m59s 720h0m1s", "is %; it must be 24h0m0s to 720h0m0s"},
		{"GUESSES_ADDRESS_MOST", "50 1000", "0 1001", "is %; it must be 1 to 1000"},
		{"GUESSES_ADDRESS_FREE", "1 100", "0 101", "is %; it must be 1 to GUESSES_ADDRESS_MOST, which is 100"},
		{"GUESSES_ADDRESS_TELL", "1 100", "0 101", "is %; it must be 1 to GUESSES_ADDRESS_MOST, which is 100"},
		{"GUESSES_ADDRESS_FORGET", "1s 720h", "999ms 720h0m1s", "is %; it must be 1s to 720h0m0s"},
		{"DATABASE_POOL_TIMEOUT", "0.001", "0 -1", "is %s; it must be more than zero"},
		{"DATABASE_CONNECT_TIMEOUT", "1ns", "0s -1s", "is %; it must be more than zero"},
		{"DATABASE_STATEMENT_TIMEOUT", "1ns", "0s -1s", "is %; it must be more than zero"},
		{"DATABASE_LOCK_TIMEOUT", "1ns", "0s -1s", "is %; it must be more than zero"},
		{"DATABASE_CONN_MAX_LIFETIME", "1ns", "0s -1s", "is %; it must be more than zero"},
		{"DATABASE_CONN_MAX_LIFETIME_JITTER", "0s", "-1ns", "is %; it must not be negative"},
		{"DATABASE_CONN_MAX_IDLE_TIME", "1ns", "0s -1s", "is %; it must be more than zero"},
		{"REDIS_TIMEOUT", "1ns", "0s -1s", "is %; it must be more than zero"},
		{"SHUTDOWN_DELAY", "0s", "-1ns", "is %; it must not be negative"},
		{"SHUTDOWN_TIMEOUT", "1ns", "0s -1s", "is %; it must be more than zero"},
		{"BCRYPT_QUEUE_TIMEOUT", "1ns", "0s -1s", "is %; it must be more than zero"},
		{"JWT_ACCESS_TOKEN_EXPIRE_MINUTES", "1", "0", "is %s; it must be more than zero"},
		{"JWT_REFRESH_TOKEN_EXPIRE_DAYS", "1 30", "0", "is %s; it must be more than zero"},
		{"REFRESH_GRACE_SECONDS", "0 60", "-1", "is %s; it must be 0 to 60 seconds"},
		{"REFRESH_GRACE_SECONDS", "", "61", "is 1m1s; it must be 0 to 60 seconds"},
		{"JWKS_MAX_AGE", "0s 9m", "-1ns", "is %; it must not be negative"},
		{"KEY_PUBLISH_LEAD", "6m 1h", "5m59s", "is %; it must be at least 6m0s, which is JWKS_MAX_AGE and a minute"},
		{"DPOP_MAX_AGE", "1s 10m0s", "999ms 10m0.001s", "is %; it must be 1s to 10m"},
		{"DPOP_LEEWAY", "0s 1m0s", "-1ns 1m0.001s", "is %; it must be 0s to 1m"},
		{"SESSION_ABSOLUTE_DAYS", "7 8", "6", "is shorter than JWT_REFRESH_TOKEN_EXPIRE_DAYS; it must be at least as long"},
		{"JWT_ACCESS_TOKEN_EXPIRE_MINUTES", "10079", "10080", "is 168h0m0s; it must be shorter than JWT_REFRESH_TOKEN_EXPIRE_DAYS"},
		{"SESSION_IDLE_MINUTES", "0 30 10079", "-1", "is -1m0s; it must be 0, or at least 30m0s, which is twice JWT_ACCESS_TOKEN_EXPIRE_MINUTES"},
		{"SESSION_IDLE_MINUTES", "", "29", "is 29m0s; it must be 0, or at least 30m0s, which is twice JWT_ACCESS_TOKEN_EXPIRE_MINUTES"},
		{"SESSION_IDLE_MINUTES", "", "10080", "is 168h0m0s; it must be shorter than JWT_REFRESH_TOKEN_EXPIRE_DAYS, or it ends no session"},
		{"STEP_UP_MINUTES", "0 1 43199", "-1", "is %m0s; it must not be negative"},
		{"STEP_UP_MINUTES", "", "43200", "is 720h0m0s; it must be shorter than SESSION_ABSOLUTE_DAYS, or 0"},
		{"SESSION_RETENTION_DAYS", "1 30 3650", "0", "is 0s; it must be at least 16m45s, the longest that an access token lives and a minute"},
		{"DATA_DIR", "/x", "", "is blank; name a directory"},
		{"JWT_AUDIENCE", "x", "", "is blank; name who the tokens are for"},
		{"SMTP_HOST", "mail.example ::1", "mail:25", "is not a host; write a name or an address without port"},
	} {
		for _, value := range strings.Fields(c.right) {
			load(t, c.name+"="+value)
		}
		wrong := strings.Fields(c.wrong)
		if c.wrong == "" {
			wrong = []string{" "}
		}
		for _, value := range wrong {
			require.Equal(t, c.name+": "+strings.ReplaceAll(c.sentence, "%", value), refused(t, c.name+"="+value))
		}
	}
}

func TestAbsoluteLifetime(t *testing.T) {
	lines := faultsOf(t, config.Source{Environ: []string{"SESSION_ABSOLUTE_DAYS=0"}})
	require.Equal(t, []string{
		"SESSION_ABSOLUTE_DAYS: is 0s; it must be more than zero",
		"SESSION_ABSOLUTE_DAYS: is shorter than JWT_REFRESH_TOKEN_EXPIRE_DAYS; it must be at least as long",
	}, lines)
}

func TestNoStepUpInProductionIsAWarning(t *testing.T) {
	require.Len(t, load(t, inProduction("STEP_UP_MINUTES=0")...).Warnings, 1)
	require.Empty(t, load(t, inProduction()...).Warnings)
	require.Empty(t, load(t, "STEP_UP_MINUTES=0").Warnings)
}

func TestBcryptRoundsOfEnvironments(t *testing.T) {
	for environment, cheapest := range map[string]string{"test": "4", "development": "10", "staging": "10", "production": "12"} {
		below := map[string]string{"4": "3", "10": "9", "12": "11"}[cheapest]
		load(t, inProduction("ENVIRONMENT="+environment, "BCRYPT_ROUNDS="+cheapest)...)
		require.Equal(t, "BCRYPT_ROUNDS: is "+below+"; it must be "+cheapest+" to 15", refused(t, inProduction("ENVIRONMENT="+environment, "BCRYPT_ROUNDS="+below)...))
	}
}

// What Load accepted, Check finds nothing wrong with.
func TestCheckAgreesWithLoad(t *testing.T) {
	require.Empty(t, config.Check(load(t)))
	require.Empty(t, config.Check(load(t, inProduction()...)))
}

// Check answers for an environment that the configuration is not in yet.
func TestCheckForAnotherEnvironment(t *testing.T) {
	cfg := load(t)
	cfg.Environment = config.Production
	var names []string
	for _, f := range config.Check(cfg) {
		names = append(names, f.Name)
	}
	require.Equal(t, []string{"SECRET_KEY", "PUBLIC_URL", "FRONTEND_URL", "ALLOWED_HOSTS", "JWT_SECRET_KEY", "JWT_ISSUER", "ENABLE_DOCS"}, names)
}

// Everything at once, each under the name of a setting, in the order in which
// the settings are listed.
func TestCheckOfNothing(t *testing.T) {
	cfg := config.Config{Session: config.Session{RefreshLifetime: time.Second}, Features: config.Features{OAuth: true}}
	order := map[string]int{}
	for i, s := range config.Settings() {
		order[s.Name] = i + 1
	}
	faults := config.Check(cfg)
	require.Equal(t, config.Fault{Name: "ENVIRONMENT", Problem: `is ""; it must be development, staging, production or test`}, faults[0])
	require.Equal(t, "ENABLE_OAUTH", faults[len(faults)-1].Name)
	require.Contains(t, faults, config.Fault{Name: "JWT_ALGORITHM", Problem: `is ""; it must be RS256, ES256 or EdDSA, whose verifiers cannot sign`})
	last := 0
	for _, f := range faults {
		require.NotZero(t, order[f.Name], f.Name)
		require.GreaterOrEqual(t, order[f.Name], last, f.Name)
		last = order[f.Name]
	}
}

func TestMemoryTimesPassesIsBounded(t *testing.T) {
	load(t, "ARGON2_MEMORY_KIB=262144", "ARGON2_PASSES=4")
	require.Equal(t, "ARGON2_PASSES: times ARGON2_MEMORY_KIB is 1310720; it must be at most 1048576", refused(t, "ARGON2_MEMORY_KIB=262144", "ARGON2_PASSES=5"))
	load(t, "ENVIRONMENT=test", "ARGON2_MEMORY_KIB=8", "ARGON2_PASSES=1")
}
