package config_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/config"
)

// promised are the names that operators were told, with their defaults where
// those are one value everywhere.
const promised = `DATABASE_URL DATABASE_POOL_SIZE=20 DATABASE_MAX_OVERFLOW=10 DATABASE_POOL_TIMEOUT=30 REDIS_URL
	JWT_SECRET_KEY JWT_ALGORITHM=RS256 JWT_ISSUER JWT_AUDIENCE=plinto ENVIRONMENT=development DEBUG=false ENABLE_DOCS
	SECRET_KEY BCRYPT_ROUNDS=12 CORS_ORIGINS RATE_LIMIT_ENABLED=true RATE_LIMIT_PER_MINUTE=60 RATE_LIMIT_PER_HOUR=1000
	HOST PORT=8000 METRICS_ADDR DATABASE_REPLICA_URLS AUTO_MIGRATE TRUSTED_PROXIES ALLOWED_HOSTS PUBLIC_URL FRONTEND_URL
	JWT_ACCESS_TOKEN_EXPIRE_MINUTES=15 JWT_REFRESH_TOKEN_EXPIRE_DAYS=7 SESSION_ABSOLUTE_DAYS=30 REFRESH_GRACE_SECONDS=10
	JWT_RSA_BITS=2048 JWT_PRIVATE_KEY JWT_KMS_URI JWT_KMS_TIMEOUT=5s KEY_ROTATION_DAYS=90 PASSWORD_MIN_LENGTH=12 EMAIL_ENABLED=false EMAIL_PROVIDER=smtp
	EMAIL_FROM_ADDRESS EMAIL_FROM_NAME=Plinto SMTP_HOST SMTP_PORT=587 SMTP_USERNAME SMTP_PASSWORD SMTP_TLS EMAIL_REPLY_TO EMAIL_DEFAULT_LOCALE=en EMAIL_TEMPLATES_DIR EMAIL_API_KEY EMAIL_API_URL LOG_LEVEL=info LOG_FORMAT
	OTEL_EXPORTER_OTLP_ENDPOINT OTEL_SERVICE_NAME ENABLE_SIGNUPS=true ENABLE_MAGIC_LINKS=false ENABLE_METRICS=false
	ENABLE_ORGANIZATIONS=false ENABLE_WEBHOOKS=false ENABLE_AUDIT=false ENABLE_SCIM=false ENABLE_MFA=false ENABLE_SSO=false
	ENABLE_OAUTH=false RATE_LIMIT_SIGNUP_PER_MINUTE=3 RATE_LIMIT_SIGNUP_PER_HOUR=5
	RATE_LIMIT_SIGNIN_PER_ADDRESS_PER_5_MINUTES=10 RATE_LIMIT_SIGNIN_PER_ACCOUNT_PER_MINUTE=5
	RATE_LIMIT_REFRESH_PER_SESSION_PER_5_MINUTES=20 RATE_LIMIT_CLIENT_PER_MINUTE=6000 GUESSES_FREE=5 GUESSES_MOST=30 GUESSES_FORGET=24h GUESSES_FIRST_WAIT=30s GUESSES_LONGEST_WAIT=1h GUESSES_TELL=10 GUESSES_ADDRESS_FREE=50 GUESSES_ADDRESS_MOST=100 GUESSES_ADDRESS_FORGET=10m GUESSES_ADDRESS_TELL=50 SECRET_KEY_PREVIOUS JWT_SECRET_KEY_PREVIOUS DATABASE_CONN_MAX_LIFETIME=30m
	DATABASE_CONN_MAX_LIFETIME_JITTER=5m DATABASE_CONN_MAX_IDLE_TIME=5m DATABASE_STATEMENT_TIMEOUT=5s DATABASE_LOCK_TIMEOUT=2s
	DATABASE_CONNECT_TIMEOUT=5s DATA_DIR=./data SHUTDOWN_TIMEOUT=20s SHUTDOWN_DELAY SIGNUP_ENUMERATION=visible
	MAX_SESSIONS_PER_USER=0 PASSWORD_HASHER=bcrypt ARGON2_MEMORY_KIB=19456 ARGON2_PASSES=2 ARGON2_LANES=1 PASSWORD_HIBP_ENABLED=false PASSWORD_HIBP_URL=https://api.pwnedpasswords.com/range PASSWORD_HIBP_TIMEOUT=1s BCRYPT_QUEUE=64 BCRYPT_QUEUE_TIMEOUT=5s JWKS_MAX_AGE=5m KEY_PUBLISH_LEAD=10m REDIS_TIMEOUT=100ms
	DPOP_NONCE=optional DPOP_MAX_AGE=60s DPOP_LEEWAY=5s SESSION_IDLE_MINUTES=0 STEP_UP_MINUTES=10
	SESSION_RETENTION_DAYS=30 EMAIL_VERIFICATION_EXPIRE_HOURS=48 PASSWORD_RESET_EXPIRE_MINUTES=60 MAGIC_LINK_EXPIRE_MINUTES=10
	INVITATION_EXPIRE_HOURS=48 MAGIC_LINK_REDIRECT_URLS RATE_LIMIT_MAIL_PER_ADDRESS_PER_HOUR=5 RATE_LIMIT_MAIL_PER_ACCOUNT_PER_HOUR=5
	RATE_LIMIT_LINK_PER_ADDRESS_PER_5_MINUTES=20`

func TestSettings(t *testing.T) {
	listed := map[string]config.Setting{}
	for _, s := range config.Settings() {
		require.NotContains(t, listed, s.Name, "declared twice")
		require.Regexp(t, `^[A-Z][A-Z0-9_]*[A-Z0-9]$`, s.Name)
		require.False(t, strings.HasSuffix(s.Name, "_FILE"), "%s is taken for the file of another", s.Name)
		require.NotEmpty(t, s.Description, s.Name)
		require.NotRegexp(t, "[\n`]|\\.$", s.Description, s.Name)
		require.NotContains(t, s.Default, "`", s.Name)
		listed[s.Name] = s
	}
	for _, promise := range strings.Fields(promised) {
		name, value, given := strings.Cut(promise, "=")
		require.Contains(t, listed, name)
		if given {
			require.Equal(t, value, listed[name].Default, name)
		}
		delete(listed, name)
	}
	require.Empty(t, listed, "settings that nobody was told of")
}

func TestDefaultsInWords(t *testing.T) {
	shown := map[string]string{}
	secret := map[string]bool{}
	for _, s := range config.Settings() {
		shown[s.Name], secret[s.Name] = s.Default, s.Secret
	}
	require.Equal(t, "0.0.0.0 (127.0.0.1 in development and test)", shown["HOST"])
	require.Equal(t, "json (text in development)", shown["LOG_FORMAT"])
	require.Equal(t, "true (false in production)", shown["AUTO_MIGRATE"])
	require.Equal(t, "PUBLIC_URL, else http://HOST:PORT", shown["JWT_ISSUER"])
	require.Empty(t, shown["REDIS_URL"])
	for _, name := range strings.Fields(`SECRET_KEY SECRET_KEY_PREVIOUS JWT_SECRET_KEY JWT_SECRET_KEY_PREVIOUS JWT_PRIVATE_KEY
		JWT_KMS_URI DATABASE_URL DATABASE_REPLICA_URLS REDIS_URL SMTP_PASSWORD EMAIL_API_KEY`) {
		require.True(t, secret[name], name)
		delete(secret, name)
	}
	for name, is := range secret {
		require.False(t, is, name)
	}
}

// A secret's value is in no fault, whatever is wrong with it.
func TestFaultsHoldNoSecret(t *testing.T) {
	for _, s := range config.Settings() {
		if !s.Secret {
			continue
		}
		for _, value := range []string{
			"hunter2", "-----BEGIN hunter2", "[hunter2", `["hunter2",2]`, "postgres://u:hunter2@", "postgres://u:hunter2/x@db/y", "postgres://u:hunter2#x@db/y",
			"postgres://u:hunter2?x@db/y", "postgres://u:hunter2%zz@db/y", "redis://:hunter2@db/x", "redis://:hunter2@db:x/1", "mysql://hunter2@db", "sqlite://hunter2", "hunter2,hunter2",
			"sqlite:hunter2?", "sqlite:///./hunter2",
		} {
			for _, environment := range []string{"development", "staging", "production"} {
				_, err := config.Load(config.Source{Environ: append(inProduction(), "ENVIRONMENT="+environment, s.Name+"="+value)})
				if err != nil {
					require.NotContains(t, err.Error(), "hunter2", "%s=%s", s.Name, value)
				}
			}
		}
	}
}
