package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/config"
)

// dotenv makes a directory with a .env file.
func dotenv(t *testing.T, content string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, ".env"), []byte(content), 0o600))
	return dir
}

func TestPrecedence(t *testing.T) {
	src := config.Source{Dir: dotenv(t, "PORT=1\nRATE_LIMIT_PER_MINUTE=1\nRATE_LIMIT_PER_HOUR=1\n")}
	src.Environ = []string{"PORT=2", "RATE_LIMIT_PER_MINUTE=2", "BCRYPT_QUEUE=2"}
	src.Overrides = map[string]string{"PORT": "3"}
	cfg, err := config.Load(src)
	require.NoError(t, err)
	require.Equal(t, 3, cfg.Server.Port, "an override wins over everything")
	require.Equal(t, 2, cfg.RateLimit.PerMinute, "the environment wins over the file")
	require.Equal(t, 1, cfg.RateLimit.PerHour, "the file wins over the default")
	require.Equal(t, 2, cfg.Password.Queue)
	require.Equal(t, 3, cfg.RateLimit.SignupPerMinute, "a default")
}

// The process's own environment is not a source unless the caller makes it one.
func TestOnlyTheGivenEnvironmentIsRead(t *testing.T) {
	t.Setenv("PORT", "81")
	t.Setenv("ENVIRONMENT", "production")
	require.Equal(t, 8000, load(t).Server.Port)
	require.Equal(t, 82, load(t, "port=80", "not an entry", "=C:=x", "PORT=1", "PORT=82").Server.Port)
}

func TestEmptyAsksForTheDefault(t *testing.T) {
	dir := dotenv(t, "PORT=1\nREDIS_URL=redis://cache\nHOST=\n")
	cfg, err := config.Load(config.Source{Dir: dir, Environ: []string{"REDIS_URL=", "PORT=2"}, Overrides: map[string]string{"PORT": ""}})
	require.NoError(t, err)
	require.False(t, cfg.Redis.Configured())
	require.Equal(t, 8000, cfg.Server.Port)
	require.Equal(t, "127.0.0.1", cfg.Server.Host)

	require.Equal(t, config.Development, load(t, "ENVIRONMENT=").Environment)
	require.Equal(t, config.Secret("x"), load(t, "SECRET_KEY=", "SECRET_KEY_FILE="+write(t, "x")).SecretKey)
	require.Equal(t, config.Secret("x"), load(t, "SECRET_KEY=x", "SECRET_KEY_FILE=").SecretKey)
}

func TestValueFromFile(t *testing.T) {
	require.Equal(t, config.Secret(" two\nlines "), load(t, "SECRET_KEY_FILE="+write(t, " two\nlines \r\n\n")).SecretKey)
	require.Equal(t, 81, load(t, "PORT_FILE="+write(t, "81\n")).Server.Port)
	require.Equal(t, config.Test, load(t, "ENVIRONMENT_FILE="+write(t, "test")).Environment)

	cfg, err := config.Load(config.Source{Dir: dotenv(t, "SECRET_KEY_FILE="+write(t, "from file")), Environ: []string{"PORT=1"}})
	require.NoError(t, err)
	require.Equal(t, config.Secret("from file"), cfg.SecretKey)

	// Precedence is of places, not of the two ways to give a value.
	cfg, err = config.Load(config.Source{Dir: dotenv(t, "SECRET_KEY=lower"), Environ: []string{"SECRET_KEY_FILE=" + write(t, "higher")}})
	require.NoError(t, err)
	require.Equal(t, config.Secret("higher"), cfg.SecretKey)
}

func TestFaultyFiles(t *testing.T) {
	large := write(t, strings.Repeat("x", 1<<20+1))
	for path, problem := range map[string]string{
		"/nonexistent/" + keyA: "no such file or directory",
		t.TempDir():            "is a directory",
		large:                  "the file is larger than 1 MiB",
		write(t, "\n\n"):       "the file is empty",
	} {
		fault := refused(t, "SECRET_KEY_FILE="+path)
		require.Equal(t, "SECRET_KEY: SECRET_KEY_FILE cannot be read: "+problem+"; it must name a file that holds the value", fault)
	}
	require.NotEmpty(t, load(t, "SECRET_KEY_FILE="+write(t, strings.Repeat("x", 1<<20))).SecretKey)

	require.Equal(t, "SECRET_KEY: is set, and so is SECRET_KEY_FILE; keep one of them",
		refused(t, "SECRET_KEY=hunter2", "SECRET_KEY_FILE="+write(t, "hunter2")))

	// What cannot be read is not reported as missing on top.
	environ := inProduction("SECRET_KEY=", "SECRET_KEY_FILE=/nonexistent")
	require.Contains(t, refused(t, environ...), "SECRET_KEY_FILE cannot be read")
}

func TestUnknownOverride(t *testing.T) {
	lines := faultsOf(t, config.Source{Overrides: map[string]string{"PROT": "1", "A": "1", "SECRET_KEY_FIL": "1", "XXPORT": "1", "XXXPORT": "1", "PORT": "x"}})
	require.Equal(t, []string{
		"A: is not a setting; see the list of settings for those there are",
		"PROT: is not a setting; is PORT meant?",
		"SECRET_KEY_FIL: is not a setting; is SECRET_KEY_FILE meant?",
		"XXPORT: is not a setting; is PORT meant?",
		"XXXPORT: is not a setting; see the list of settings for those there are",
		`PORT: "x" is not a whole number; write one such as 10`,
	}, lines)

	cfg, err := config.Load(config.Source{Overrides: map[string]string{"PORT_FILE": write(t, "7")}})
	require.NoError(t, err)
	require.Equal(t, 7, cfg.Server.Port)
}

func TestAllFaultsAtOnce(t *testing.T) {
	_, err := config.Load(config.Source{Environ: []string{
		"ENABLE_OAUTH=true", "BCRYPT_ROUNDS=9", "PORT=many", "ENVIRONMENT=moon", "DATABASE_URL=mysql://root:hunter2@db/x",
	}})
	require.EqualError(t, err, strings.Join([]string{
		`ENVIRONMENT: "moon" is not one of development, staging, production, test`,
		`PORT: "many" is not a whole number; write one such as 10`,
		`DATABASE_URL: is not the address of a database Plinto can use; write sqlite:path or postgres://user:password@host:5432/name, with percent-encoding for special characters in the password`,
		`BCRYPT_ROUNDS: is 9; it must be 10 to 15`,
		`ENABLE_OAUTH: asks for what is not available in this version; leave it at false`,
	}, "\n"))
}

func TestDotenvIsForDevelopmentAndTest(t *testing.T) {
	dir := dotenv(t, "PORT=81\nSECRET_KEY="+keyA+"\nBROKEN\n")
	good := dotenv(t, "PORT=81\n")
	read := func(src config.Source) config.Config {
		t.Helper()
		cfg, err := config.Load(src)
		require.NoError(t, err)
		return cfg
	}
	require.Equal(t, 81, read(config.Source{Dir: good}).Server.Port)
	require.Equal(t, 81, read(config.Source{Dir: good, Environ: []string{"ENVIRONMENT=development"}}).Server.Port)
	require.Equal(t, 81, read(config.Source{Dir: good, Environ: []string{"ENVIRONMENT=test"}}).Server.Port)
	require.Equal(t, 81, read(config.Source{Dir: good, Environ: inProduction(), Overrides: map[string]string{"ENVIRONMENT": "test"}}).Server.Port)
	require.Equal(t, config.Test, read(config.Source{Dir: dotenv(t, "ENVIRONMENT=test")}).Environment)
	require.Equal(t, 8000, read(config.Source{Dir: t.TempDir()}).Server.Port, "no file")

	for _, environment := range []string{"staging", "production"} {
		cfg := read(config.Source{Dir: dir, Environ: append(inProduction(), "ENVIRONMENT="+environment)})
		require.Equal(t, 8000, cfg.Server.Port)
		require.Equal(t, []string{"the .env file is not read in " + environment}, cfg.Warnings)
		require.Empty(t, read(config.Source{Dir: t.TempDir(), Environ: append(inProduction(), "ENVIRONMENT="+environment)}).Warnings)
	}
	cfg := read(config.Source{Dir: dir, Environ: inProduction("ENVIRONMENT="), Overrides: map[string]string{"ENVIRONMENT": "production"}})
	require.Equal(t, config.Production, cfg.Environment)

	// The environment's word holds over the file's.
	require.Equal(t, config.Development, read(config.Source{Dir: dotenv(t, "ENVIRONMENT=production\n"), Environ: []string{"ENVIRONMENT="}}).Environment)
}

// A file that claims an environment in which it is not read must not be skipped
// in silence: Plinto would run as in development.
func TestDotenvCannotChooseProduction(t *testing.T) {
	for _, environment := range []string{"staging", "production"} {
		lines := faultsOf(t, config.Source{Dir: dotenv(t, "PORT=x\nENVIRONMENT="+environment+"\n")})
		require.Equal(t, []string{"ENVIRONMENT: is " + environment + " in a .env file, which is read in development and test only; set it in the environment"}, lines)
	}
	require.Equal(t, []string{`ENVIRONMENT: "moon" is not one of development, staging, production, test`},
		faultsOf(t, config.Source{Dir: dotenv(t, "ENVIRONMENT=moon\n")}))
}

// While the environment is unknown the file is left alone.
func TestDotenvIsNotReadWithoutAnEnvironment(t *testing.T) {
	dir := dotenv(t, "PORT=x\n")
	require.Equal(t, []string{`ENVIRONMENT: "moon" is not one of development, staging, production, test`},
		faultsOf(t, config.Source{Dir: dir, Environ: []string{"ENVIRONMENT=moon"}}))
	lines := faultsOf(t, config.Source{Dir: dir, Environ: []string{"ENVIRONMENT_FILE=/nonexistent"}})
	require.Len(t, lines, 1)
	require.Contains(t, lines[0], "ENVIRONMENT: ENVIRONMENT_FILE cannot be read")
}
