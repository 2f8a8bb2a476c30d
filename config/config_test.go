package config_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/config"
)

// Two secrets as an operator would make them.
const (
	keyA = "pX3v0mB8tq1Zs7JkYw5LrUe2HcNfGdA9"
	keyB = "9fKq2WzR7nTbV4xMhS1cEyL8uJpD6gXa"
)

// load reads a configuration that must be right.
func load(t *testing.T, environ ...string) config.Config {
	t.Helper()
	cfg, err := config.Load(config.Source{Environ: environ})
	require.NoError(t, err)
	return cfg
}

// faultsOf reads a configuration that must be wrong, and gives its faults.
func faultsOf(t *testing.T, src config.Source) []string {
	t.Helper()
	cfg, err := config.Load(src)
	require.Equal(t, config.Config{}, cfg, "half a configuration came along")
	var faults *config.Faults
	require.ErrorAs(t, err, &faults)
	lines := make([]string, len(faults.List))
	for i, f := range faults.List {
		lines[i] = f.String()
	}
	return lines
}

// refused gives the only fault of an environment.
func refused(t *testing.T, environ ...string) string {
	t.Helper()
	lines := faultsOf(t, config.Source{Environ: environ})
	require.Len(t, lines, 1, "%q", lines)
	return lines[0]
}

// inProduction is an environment that production accepts, and more.
func inProduction(more ...string) []string {
	return append([]string{
		"ENVIRONMENT=production",
		"SECRET_KEY=" + keyA,
		"JWT_SECRET_KEY=" + keyB,
		"PUBLIC_URL=https://auth.example.com",
		"ALLOWED_HOSTS=auth.example.com",
	}, more...)
}

// write makes a file and gives its path.
func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "value")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func TestDefaults(t *testing.T) {
	got := load(t)
	require.Equal(t, config.Config{
		Environment: config.Development,
		DataDir:     "./data",
		Server: config.Server{
			Host: "127.0.0.1", Port: 8000, FrontendURL: "http://127.0.0.1:8000",
			ShutdownTimeout: 20 * time.Second,
		},
		Log: config.Log{Level: slog.LevelInfo, Format: config.TextLog},
		Database: config.Database{
			Engine: config.SQLite, Path: "data/plinto.db",
			PoolSize: 20, MaxOverflow: 10, PoolTimeout: 30 * time.Second,
			ConnectTimeout: 5 * time.Second, StatementTimeout: 5 * time.Second, LockTimeout: 2 * time.Second,
			ConnMaxLifetime: 30 * time.Minute, ConnMaxLifetimeJitter: 5 * time.Minute, ConnMaxIdleTime: 5 * time.Minute,
			AutoMigrate: true,
		},
		Redis: config.Redis{Timeout: 100 * time.Millisecond},
		JWT: config.JWT{
			Algorithm: config.RS256, RSABits: 2048,
			Issuer: "http://127.0.0.1:8000", Audience: "plinto",
			AccessLifetime: 15 * time.Minute, JWKSMaxAge: 5 * time.Minute, KeyPublishLead: 10 * time.Minute,
			KeyRotation: 90 * 24 * time.Hour, KMSTimeout: 5 * time.Second,
		},
		Session: config.Session{
			RefreshLifetime: 7 * 24 * time.Hour, AbsoluteLifetime: 30 * 24 * time.Hour, Retention: 30 * 24 * time.Hour, RefreshGrace: 10 * time.Second,
			StepUp: 10 * time.Minute,
		},
		Proof:    config.Proof{MaxAge: time.Minute, Leeway: 5 * time.Second, Nonce: config.NonceOptional},
		Password: config.Password{MinLength: 12, Hasher: config.Bcrypt, BcryptRounds: 12, Argon2Memory: 19456, Argon2Passes: 2, Argon2Lanes: 1, HIBPURL: "https://api.pwnedpasswords.com/range", HIBPTimeout: time.Second, Queue: 64, QueueTimeout: 5 * time.Second},
		Signup:   config.Signup{Enumeration: config.Visible},
		RateLimit: config.RateLimit{
			Enabled: true, PerMinute: 60, PerHour: 1000,
			SignupPerMinute: 3, SignupPerHour: 5,
			SigninPerAddressPer5Minutes: 10, SigninPerAccountPerMinute: 5, RefreshPerSessionPer5Minutes: 20, ClientPerMinute: 6000,
			MailPerAddressPerHour: 5, MailPerAccountPerHour: 5, LinkPerAddressPer5Minutes: 20,
		},
		Email: config.Email{Provider: config.SMTP, FromName: "Plinto", SMTPPort: 587, SMTPSecurity: config.StartTLS, DefaultLocale: "en"},
		Links: config.Links{Verification: 48 * time.Hour, Reset: time.Hour, Magic: 10 * time.Minute, Invitation: 48 * time.Hour},
		Guesses: config.Guesses{
			Free: 5, Most: 30, First: 30 * time.Second, Longest: time.Hour, Forget: 24 * time.Hour, Tell: 10,
			AddressFree: 50, AddressMost: 100, AddressForget: 10 * time.Minute, AddressTell: 50,
		},
		Features: config.Features{Signups: true, Docs: true},
	}, got)
	require.Equal(t, "127.0.0.1:8000", got.Server.Address())
	require.Equal(t, "[::1]:80", config.Server{Host: "::1", Port: 80}.Address())
}

func TestDefaultsOfEnvironments(t *testing.T) {
	type varying struct {
		Host    string
		Delay   time.Duration
		Format  config.LogFormat
		Migrate bool
		Docs    bool
		Issuer  string
	}
	of := func(c config.Config) varying {
		return varying{c.Server.Host, c.Server.ShutdownDelay, c.Log.Format, c.Database.AutoMigrate, c.Features.Docs, c.JWT.Issuer}
	}
	strong := []string{"SECRET_KEY=" + keyA, "JWT_SECRET_KEY=" + keyB}

	require.Equal(t, varying{"127.0.0.1", 0, config.TextLog, true, true, "http://127.0.0.1:8000"}, of(load(t, "ENVIRONMENT=development")))
	require.Equal(t, varying{"127.0.0.1", 0, config.JSONLog, true, false, "http://127.0.0.1:8000"}, of(load(t, "ENVIRONMENT=test")))
	require.Equal(t, varying{"0.0.0.0", 5 * time.Second, config.JSONLog, true, false, "http://0.0.0.0:8000"}, of(load(t, append(strong, "ENVIRONMENT=staging")...)))
	require.Equal(t, varying{"0.0.0.0", 5 * time.Second, config.JSONLog, false, false, "https://auth.example.com"}, of(load(t, inProduction()...)))
}

func TestDefaultsThatFollowOthers(t *testing.T) {
	for _, c := range []struct {
		environ          []string
		issuer, frontend string
	}{
		{[]string{"PUBLIC_URL=https://a.example/auth/"}, "https://a.example/auth", "https://a.example/auth"},
		{[]string{"PUBLIC_URL=https://a.example", "JWT_ISSUER=https://b.example/", "FRONTEND_URL=https://c.example"}, "https://b.example/", "https://c.example"},
		{[]string{"HOST=127.0.0.1", "PORT=9"}, "http://127.0.0.1:9", "http://127.0.0.1:9"},
		{[]string{"HOST=::1", "PORT=9"}, "http://[::1]:9", "http://[::1]:9"},
		{[]string{"HOST=auth.internal"}, "http://auth.internal:8000", "http://auth.internal:8000"},
	} {
		got := load(t, c.environ...)
		require.Equal(t, c.issuer, got.JWT.Issuer, c.environ)
		require.Equal(t, c.frontend, got.Server.FrontendURL, c.environ)
	}
	require.Equal(t, "/var/lib/plinto/plinto.db", load(t, "DATA_DIR=/var/lib/plinto").Database.Path)
	require.Equal(t, "own.db", load(t, "DATA_DIR=/var/lib/plinto", "DATABASE_URL=sqlite:own.db").Database.Path)
	require.Empty(t, load(t, "DATABASE_URL=postgres://db/plinto").Database.Path)
}

// A configuration is printed by accident sooner or later.
func TestConfigPrintsNoSecret(t *testing.T) {
	cfg := load(t, inProduction(
		"SECRET_KEY_PREVIOUS=1"+keyA, "JWT_SECRET_KEY_PREVIOUS=1"+keyB,
		"DATABASE_URL=postgres://u:hunter2hunter2@db/plinto", "REDIS_URL=redis://:hunter2hunter2@cache", "SMTP_PASSWORD=hunter2hunter2", "EMAIL_API_KEY=hunter2hunter2",
	)...)
	for _, format := range []string{"%v", "%+v", "%#v", "%q", "%s", "%x"} {
		for _, shown := range []string{fmt.Sprintf(format, cfg), fmt.Sprintf(format, &cfg)} {
			for _, hidden := range []string{keyA, keyB, "hunter2", fmt.Sprintf("%x", keyA)} {
				require.NotContains(t, shown, hidden, format)
			}
			require.Contains(t, shown, "•••", format)
		}
	}
}
