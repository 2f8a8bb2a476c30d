package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/config"
)

func TestSQLite(t *testing.T) {
	for address, path := range map[string]string{
		"":                         "data/plinto.db",
		"sqlite:":                  "data/plinto.db",
		"sqlite:plinto.db":         "plinto.db",
		" sqlite:./a/../b.db ":     "b.db",
		"sqlite:/var/b.db":         "/var/b.db",
		"sqlite:///var/lib/b c.db": "/var/lib/b c.db",
		"sqlite:////var/b.db":      "/var/b.db",
	} {
		got := load(t, "DATABASE_URL="+address).Database
		require.Equal(t, config.SQLite, got.Engine, address)
		require.Equal(t, path, got.Path, address)
		require.Empty(t, got.URL, address)
		require.Equal(t, "sqlite:"+path, got.Redacted(), address)
	}
	for address, problem := range map[string]string{
		"sqlite://":           "names a host before the SQLite file; write sqlite:path, or sqlite:///path for an absolute one",
		"sqlite://host/b.db":  "names a host before the SQLite file; write sqlite:path, or sqlite:///path for an absolute one",
		"sqlite:///./b.db":    "has a relative SQLite file behind three slashes, which make it absolute; write sqlite:./path",
		"sqlite:///../b.db":   "has a relative SQLite file behind three slashes, which make it absolute; write sqlite:./path",
		"sqlite:b.db?mode=ro": "is not the path of a SQLite file; write sqlite:path, without parameters",
		"sqlite:b#.db":        "is not the path of a SQLite file; write sqlite:path, without parameters",
		"sqlite:b\x00.db":     "is not the path of a SQLite file; write sqlite:path, without parameters",
		"sqlite:data/":        "is not the path of a SQLite file; write sqlite:path, without parameters",
		"sqlite:file:b.db":    "is not the path of a SQLite file; write sqlite:path, without parameters",
		"sqlite:///:memory:":  "is not the path of a SQLite file; write sqlite:path, without parameters",
		"sqlite::memory:":     "keeps everything in memory, which only ENVIRONMENT=test allows; write sqlite:path",
		"sqlite+aiosqlite:///b.db": "is not the address of a database Plinto can use; write sqlite:path or postgres://user:password@host:5432/name, " +
			"with percent-encoding for special characters in the password",
	} {
		require.Equal(t, "DATABASE_URL: "+problem, refused(t, "DATABASE_URL="+address))
	}
}

func TestSQLiteInMemoryIsForTests(t *testing.T) {
	got := load(t, "ENVIRONMENT=test", "DATABASE_URL=sqlite::memory:").Database
	require.Equal(t, config.MemoryPath, got.Path)
	require.Equal(t, "sqlite::memory:", got.Redacted())
	for _, environment := range []string{"development", "staging", "production"} {
		require.Contains(t, refused(t, inProduction("ENVIRONMENT="+environment, "DATABASE_URL=sqlite::memory:")...), "DATABASE_URL: keeps everything in memory")
	}
}

func TestPostgreSQL(t *testing.T) {
	for _, c := range []struct{ address, url, redacted string }{
		{"postgres://ann:pw@db:5432/plinto", "postgres://ann:pw@db:5432/plinto", "postgres://db:5432/plinto"},
		{"PostgreSQL://ann@db/plinto?sslmode=verify-full", "postgres://ann@db/plinto?sslmode=verify-full", "postgres://db/plinto"},
		{"postgresql+asyncpg://ann:p%40w%2F@db/plinto", "postgres://ann:p%40w%2F@db/plinto", "postgres://db/plinto"},
		{"postgresql+asyncpg://db/plinto?ssl=require&application_name=a", "postgres://db/plinto?application_name=a&sslmode=require", "postgres://db/plinto"},
		{"postgres+psycopg://db/plinto", "postgres://db/plinto", "postgres://db/plinto"},
		{"postgresql+psycopg2://db/plinto?ssl=1", "postgres://db/plinto?ssl=1", "postgres://db/plinto"},
		{"postgres://ann:p@w@db/plinto", "postgres://ann:p%40w@db/plinto", "postgres://db/plinto"},
		{"postgres://ann:p:w,x@h1:1,h2,[::1]:3/plinto", "postgres://ann:p%3Aw,x@h1:1,h2,[::1]:3/plinto", "postgres://h1:1,h2,[::1]:3/plinto"},
		{"postgres:///plinto?host=/run/postgresql&password=hunter2", "postgres:///plinto?host=/run/postgresql&password=hunter2", "postgres:///plinto"},
		{"postgres://@db/plinto", "postgres://@db/plinto", "postgres://db/plinto"},
		{"postgres://ann:@[fd00::1]", "postgres://ann:@[fd00::1]", "postgres://[fd00::1]"},
		{"postgres://db?sslmode=disable", "postgres://db?sslmode=disable", "postgres://db"},
	} {
		got := load(t, "DATABASE_URL= "+c.address+" ").Database
		require.Equal(t, config.PostgreSQL, got.Engine)
		require.Equal(t, c.url, got.URL.Reveal())
		require.Equal(t, c.redacted, got.Redacted())
		require.Empty(t, got.Path)
	}
}

func TestDatabaseRefused(t *testing.T) {
	for _, address := range []string{
		"plinto.db", "mysql://db/plinto", "host=db user=ann", "postgres:db", "postgres://", "postgres:///plinto", "postgres://ann@/plinto",
		"postgresql+pg8000://db/plinto", "mysql+asyncpg://db/plinto", "postgres://db/plinto?a=%zz", "postgres://db/pl%zz", "postgres://db/plinto#x",
		"postgres://db//other/plinto", "postgres://a,,b/plinto", "postgres://db:0/plinto", "postgres://db:65536/plinto", "postgres://d b/plinto",
		// Special characters in a password that are not encoded.
		"postgres://ann:12/34@db/plinto", "postgres://ann:12?34@db/plinto", "postgres://ann:12#34@db/plinto", "postgres://ann:1%2@db/plinto", "postgres://a%n@db/plinto",
	} {
		require.Equal(t, "DATABASE_URL: is not the address of a database Plinto can use; write sqlite:path or postgres://user:password@host:5432/name, with percent-encoding for special characters in the password",
			refused(t, "DATABASE_URL="+address), address)
	}
}

// An address that Load has not seen is masked when it cannot be split.
func TestRedactedOfAnything(t *testing.T) {
	require.Equal(t, "•••", config.Database{Engine: config.PostgreSQL, URL: "host=db password=hunter2"}.Redacted())
	require.Empty(t, config.Database{}.Redacted())
	require.Equal(t, "•••", config.Redis{URL: "hunter2"}.Redacted())
	require.Empty(t, config.Redis{}.Redacted())
}
