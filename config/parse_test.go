package config_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/config"
)

func TestNumbers(t *testing.T) {
	require.Equal(t, 80, load(t, "PORT= 80 ").Server.Port)
	for _, value := range []string{"80a", "8.5", "", "0x50", "1e3", "2147483648", "８"} {
		if value == "" {
			value = " "
		}
		require.Equal(t, `PORT: "`+value+`" is not a whole number; write one such as 10`, refused(t, "PORT="+value))
	}
	require.Equal(t, `PORT: "`+strings.Repeat("ä", 60)+`" is not a whole number; write one such as 10`, refused(t, "PORT="+strings.Repeat("ä", 60)))
	require.Equal(t, `PORT: "`+strings.Repeat("ä", 60)+`…" is not a whole number; write one such as 10`, refused(t, "PORT="+strings.Repeat("ä", 61)))
}

func TestTruth(t *testing.T) {
	for _, value := range []string{"true", "TRUE", " True ", "1", "yes", "on"} {
		require.True(t, load(t, "DEBUG="+value).Debug, value)
	}
	for _, value := range []string{"false", "False", "0", "no", "OFF"} {
		require.False(t, load(t, "RATE_LIMIT_ENABLED="+value).RateLimit.Enabled, value)
	}
	require.Equal(t, `DEBUG: "maybe" is neither true nor false`, refused(t, "DEBUG=maybe"))
}

func TestDurations(t *testing.T) {
	require.Equal(t, 90*time.Second, load(t, "SHUTDOWN_TIMEOUT= 1m30s ").Server.ShutdownTimeout)
	require.Equal(t, time.Duration(0), load(t, "SHUTDOWN_DELAY=0").Server.ShutdownDelay)
	for _, value := range []string{"30", "5 minutes", "1d"} {
		require.Equal(t, `SHUTDOWN_TIMEOUT: "`+value+`" is not a duration; write a number and its unit, such as 500ms, 30s or 5m`, refused(t, "SHUTDOWN_TIMEOUT="+value))
	}

	require.Equal(t, 1500*time.Millisecond, load(t, "DATABASE_POOL_TIMEOUT= 1.5 ").Database.PoolTimeout)
	for _, value := range []string{"30s", "NaN", "Inf", "-Inf", "1e10"} {
		require.Equal(t, `DATABASE_POOL_TIMEOUT: "`+value+`" is not a number of seconds; write one such as 30 or 0.5`, refused(t, "DATABASE_POOL_TIMEOUT="+value))
	}

	require.Equal(t, 2*time.Minute, load(t, "JWT_ACCESS_TOKEN_EXPIRE_MINUTES=2").JWT.AccessLifetime)
	require.Equal(t, 3*24*time.Hour, load(t, "JWT_REFRESH_TOKEN_EXPIRE_DAYS=3").Session.RefreshLifetime)
	require.Equal(t, 106751*24*time.Hour, load(t, "SESSION_ABSOLUTE_DAYS=106751").Session.AbsoluteLifetime)
	require.Equal(t, `SESSION_ABSOLUTE_DAYS: "106752" is more than can be counted; write a smaller number`, refused(t, "SESSION_ABSOLUTE_DAYS=106752"))
	require.Equal(t, `SESSION_ABSOLUTE_DAYS: "-106752" is more than can be counted; write a smaller number`, refused(t, "SESSION_ABSOLUTE_DAYS=-106752"))
	require.Equal(t, `SESSION_ABSOLUTE_DAYS: "1.5" is not a whole number; write one such as 10`, refused(t, "SESSION_ABSOLUTE_DAYS=1.5"))
}

func TestChoices(t *testing.T) {
	for value, want := range map[string]slog.Level{"debug": slog.LevelDebug, "INFO": slog.LevelInfo, "warn": slog.LevelWarn, " Error ": slog.LevelError} {
		require.Equal(t, want, load(t, "LOG_LEVEL="+value).Log.Level)
	}
	require.Equal(t, `LOG_LEVEL: "loud" is not one of debug, info, warn, error`, refused(t, "LOG_LEVEL=loud"))
	require.Equal(t, config.JSONLog, load(t, "LOG_FORMAT=JSON").Log.Format)
	require.Equal(t, `LOG_FORMAT: "xml" is not one of text, json`, refused(t, "LOG_FORMAT=xml"))
	require.Equal(t, `SIGNUP_ENUMERATION: "shy" is not one of visible, hidden`, refused(t, "SIGNUP_ENUMERATION=shy"))
	require.Equal(t, `EMAIL_PROVIDER: "pigeon" is not one of smtp, http, postmark, resend, sendgrid, mailgun, mailbox`, refused(t, "EMAIL_PROVIDER=pigeon"))

	for value, want := range map[string]config.Algorithm{"rs256": config.RS256, "ES256": config.ES256, "eddsa": config.EdDSA} {
		require.Equal(t, want, load(t, "JWT_ALGORITHM="+value).JWT.Algorithm)
	}
	require.Equal(t, `JWT_ALGORITHM: "none" is not one of RS256, ES256, EdDSA`, refused(t, "JWT_ALGORITHM=none"))
	for _, environment := range []string{"development", "test", "staging", "production"} {
		require.Equal(t, "JWT_ALGORITHM: HS256 is refused: with a shared key whoever can check a token could also sign one; use RS256, ES256 or EdDSA",
			refused(t, inProduction("ENVIRONMENT="+environment, "JWT_ALGORITHM= hs256 ")...))
	}
}

func TestTexts(t *testing.T) {
	require.Equal(t, "Ann's Plinto", load(t, "EMAIL_FROM_NAME= Ann's Plinto ").Email.FromName)
	require.Equal(t, "EMAIL_FROM_NAME: holds a control character; it must be one printable line", refused(t, "EMAIL_FROM_NAME=Ann\nBcc: bob"))
	require.Equal(t, "no-reply@example.com", load(t, "EMAIL_FROM_ADDRESS= no-reply@example.com ").Email.FromAddress)
	for _, value := range []string{"example.com", "Plinto <no-reply@example.com>", "a@b, c@d"} {
		require.Equal(t, "EMAIL_FROM_ADDRESS: is not a mail address; write it alone, such as no-reply@example.com", refused(t, "EMAIL_FROM_ADDRESS="+value))
	}
	require.Equal(t, []config.Secret{"one", "two"}, load(t, "SECRET_KEY_PREVIOUS=one, two").SecretKeyPrevious)
	require.Equal(t, []config.Secret{"a,b"}, load(t, `JWT_SECRET_KEY_PREVIOUS=["a,b"]`).JWT.SecretKeyPrevious)
}

func TestWebAddresses(t *testing.T) {
	got := load(t, "PUBLIC_URL= https://auth.example.com:8443/base// ", "JWT_ISSUER= https://issuer.example/x/ ", "OTEL_EXPORTER_OTLP_ENDPOINT=http://otel:4318")
	require.Equal(t, "https://auth.example.com:8443/base", got.Server.PublicURL)
	require.Equal(t, "https://issuer.example/x/", got.JWT.Issuer)
	require.Equal(t, "http://otel:4318", got.Telemetry.Endpoint)
	require.Equal(t, []string{"OTEL_EXPORTER_OTLP_ENDPOINT is set and has no effect in this version"}, got.Warnings)

	for _, name := range []string{"PUBLIC_URL", "FRONTEND_URL", "JWT_ISSUER", "OTEL_EXPORTER_OTLP_ENDPOINT"} {
		for _, value := range []string{
			"plinto", "//auth.example.com", "ftp://auth.example.com", "https://", "https:///x", "https://u:hunter2@h", "https://h?x", "https://h/#x",
			"https://h?", "https://h:", "https://h:0", "https://h:65536", "https://h:x", "https://a_b c", "https://h:1:2", "https://-h",
		} {
			require.Equal(t, name+": is not a web address; write scheme, host and perhaps a path, such as https://auth.example.com, without user, query or fragment",
				refused(t, name+"="+value), value)
		}
	}
}
