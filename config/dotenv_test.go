package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/config"
)

func TestDotenvValues(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{`SECRET_KEY=plain`, "plain"},
		{`  export SECRET_KEY = spaced out  `, "spaced out"},
		{`SECRET_KEY=before # a comment`, "before"},
		{"SECRET_KEY=before\t# a comment", "before"},
		{`SECRET_KEY= # a comment`, ""},
		{`SECRET_KEY=with#hash`, "with#hash"},
		{`SECRET_KEY=a=b=c`, "a=b=c"},
		{`SECRET_KEY=$HOME${HOME}\n`, `$HOME${HOME}\n`},
		{`SECRET_KEY='single "$HOME" \n # kept ' # a comment`, `single "$HOME" \n # kept `},
		{`SECRET_KEY="double '$HOME' # kept "`, `double '$HOME' # kept `},
		{`SECRET_KEY="\n\r\t\"\\\$\d"`, "\n\r\t\"\\$\\d"},
		{"SECRET_KEY=\"two\nlines\"  ", "two\nlines"},
		{"SECRET_KEY='two\nlines'", "two\nlines"},
		{`SECRET_KEY=""`, ""},
		{`SECRET_KEY=mid"quote`, `mid"quote`},
		{"SECRET_KEY=crlf\r", "crlf"},
		{"\ufeffSECRET_KEY=bom", "bom"},
	} {
		t.Setenv("HOME", "/home/ann")
		for _, text := range []string{c.line, c.line + "\n", c.line + "\n\n# comment\nPORT=80\n"} {
			cfg, err := config.Load(config.Source{Dir: dotenv(t, text)})
			require.NoError(t, err, "%q", text)
			require.Equal(t, c.want, cfg.SecretKey.Reveal(), "%q", text)
			if strings.Contains(text, "PORT") {
				require.Equal(t, 80, cfg.Server.Port, "%q", text)
			}
		}
	}
}

func TestDotenvFaults(t *testing.T) {
	const key = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7"
	for _, c := range []struct {
		text string
		want []string
	}{
		{"# first\n\nPROT=80\n", []string{"PROT: is not a setting; is PORT meant? (.env line 3)"}},
		{"X_UNHEARD_OF=1", []string{"X_UNHEARD_OF: is not a setting; see the list of settings for those there are (.env line 1)"}},
		{"PORT_FILES=1", []string{"PORT_FILES: is not a setting; is PORT_FILE meant? (.env line 1)"}},
		{"PORT\n", []string{".env line 1: is not a setting; write NAME=value, with the name in capitals"}},
		{"port=80\n", []string{".env line 1: is not a setting; write NAME=value, with the name in capitals"}},
		{"=80\n", []string{".env line 1: is not a setting; write NAME=value, with the name in capitals"}},
		// A key over several lines without quotes: base64 may look like a name.
		{"JWT_PRIVATE_KEY=\n" + key + "\n" + key[:20] + "==\n", []string{
			".env line 2: is not a setting; write NAME=value, with the name in capitals",
			".env line 3: is not a setting; write NAME=value, with the name in capitals",
		}},
		{strings.Repeat("A", 65) + "=1", []string{".env line 1: is not a setting; write NAME=value, with the name in capitals"}},
		{"SECRET_KEY='a\nb'\nPORT=1\n\nPORT=2", []string{".env line 5: sets PORT again; line 3 has set it, keep one of them"}},
		{"SECRET_KEY=\"" + key + "\nPORT=80\n", []string{".env line 1: has no closing quote"}},
		{"SECRET_KEY='" + key, []string{".env line 1: has no closing quote"}},
		{"SECRET_KEY=\"a\nb\"" + key + "\nPROT=1", []string{
			".env line 1: has text behind the closing quote; put a # before a comment, or the whole value in quotes",
			"PROT: is not a setting; is PORT meant? (.env line 3)",
		}},
		{"SECRET_KEY=x\nSECRET_KEY_FILE=y\nPORT=x\n", []string{
			"SECRET_KEY: is set, and so is SECRET_KEY_FILE; keep one of them",
			`PORT: "x" is not a whole number; write one such as 10`,
		}},
	} {
		lines := faultsOf(t, config.Source{Dir: dotenv(t, c.text)})
		require.ElementsMatch(t, c.want, lines, "%q", c.text)
		require.NotContains(t, strings.Join(lines, "\n"), key[:20])
	}
}

func TestDotenvUnreadable(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, ".env"), 0o700))
	require.Equal(t, []string{".env: is a directory"}, faultsOf(t, config.Source{Dir: dir}))
}

func TestDotenvMayHoldOpenTelemetry(t *testing.T) {
	cfg, err := config.Load(config.Source{Dir: dotenv(t, "OTEL_TRACES_SAMPLER=always_on\nOTEL_SERVICE_NAME=plinto\n")})
	require.NoError(t, err)
	require.Equal(t, []string{
		"OTEL_TRACES_SAMPLER is set and has no effect in this version",
		"OTEL_SERVICE_NAME is set and has no effect in this version",
	}, cfg.Warnings)
}
