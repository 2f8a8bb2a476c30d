package config

import (
	"errors"
	"net/url"
	"path/filepath"
	"strings"
	"time"
)

// Database is where everything is kept.
type Database struct {
	// Engine is PostgreSQL or SQLite.
	Engine Engine
	// URL is the address of PostgreSQL, always with the scheme postgres; empty
	// for SQLite. DATABASE_URL
	URL Secret
	// Path is the file of SQLite, relative to the working directory unless it is
	// absolute, or MemoryPath; empty for PostgreSQL. DATABASE_URL, DATA_DIR
	Path string
	// ReplicaURLs are servers to read from. DATABASE_REPLICA_URLS
	ReplicaURLs []Secret

	// PoolSize connections are kept, MaxOverflow more are made under load; a
	// request waits PoolTimeout for one. DATABASE_POOL_SIZE,
	// DATABASE_MAX_OVERFLOW, DATABASE_POOL_TIMEOUT
	PoolSize    int
	MaxOverflow int
	PoolTimeout time.Duration
	// ConnectTimeout, StatementTimeout and LockTimeout bound one connection
	// attempt, one statement and one wait for a lock. DATABASE_CONNECT_TIMEOUT,
	// DATABASE_STATEMENT_TIMEOUT, DATABASE_LOCK_TIMEOUT
	ConnectTimeout   time.Duration
	StatementTimeout time.Duration
	LockTimeout      time.Duration
	// ConnMaxLifetime, with a random part of ConnMaxLifetimeJitter on top, is the
	// age at which a connection is replaced; ConnMaxIdleTime is how long one may
	// go unused. DATABASE_CONN_MAX_LIFETIME, DATABASE_CONN_MAX_LIFETIME_JITTER,
	// DATABASE_CONN_MAX_IDLE_TIME
	ConnMaxLifetime       time.Duration
	ConnMaxLifetimeJitter time.Duration
	ConnMaxIdleTime       time.Duration
	// AutoMigrate brings the schema up to date at start. AUTO_MIGRATE
	AutoMigrate bool
}

// Engine is a kind of database.
type Engine string

const (
	// SQLite is embedded: one file, nothing to install.
	SQLite Engine = "sqlite"
	// PostgreSQL is a server that many instances share.
	PostgreSQL Engine = "postgres"
)

// MemoryPath is the Path of a SQLite database that lives in memory, in tests.
const MemoryPath = ":memory:"

// Redacted is the address for people and logs: scheme, hosts and database, or
// the file; no user, no password, no parameters.
func (d Database) Redacted() string {
	if d.Engine == SQLite {
		return "sqlite:" + d.Path
	}
	u, err := parseServerURL(d.URL.Reveal())
	if err != nil {
		return d.URL.String()
	}
	return u.redacted()
}

// defaultSQLitePath is the file of the embedded database.
func defaultSQLitePath(dataDir string) string { return filepath.Join(dataDir, "plinto.db") }

// databaseURL takes the address of a database: sqlite:… or PostgreSQL's, in the
// spellings of libpq and of SQLAlchemy. The empty address is SQLite in DATA_DIR.
func databaseURL(d *Database) func(string) error {
	return func(value string) error {
		value = strings.TrimSpace(value)
		if file, found := strings.CutPrefix(value, "sqlite:"); found {
			path, err := sqlitePath(file)
			if err != nil {
				return err
			}
			d.Engine, d.Path = SQLite, path
			return nil
		}
		u, err := parseServerURL(value)
		if err != nil {
			return errDatabaseURL
		}
		dialect, driver, _ := strings.Cut(u.scheme, "+")
		if dialect != "postgres" && dialect != "postgresql" {
			return errDatabaseURL
		}
		query, err := url.ParseQuery(u.query)
		if err != nil || len(u.hosts) == 0 && !query.Has("host") {
			return errDatabaseURL
		}
		switch driver {
		case "", "psycopg", "psycopg2":
		case "asyncpg":
			// The one parameter asyncpg names differently from libpq; sent on as it
			// is, the server would refuse it.
			if query.Has("ssl") {
				query.Set("sslmode", query.Get("ssl"))
				query.Del("ssl")
				u.query = query.Encode()
			}
		default:
			return errDatabaseURL
		}
		u.scheme = "postgres"
		d.Engine, d.URL = PostgreSQL, Secret(u.String())
		return nil
	}
}

var errDatabaseURL = errors.New("is not the address of a database Plinto can use; write sqlite:path or postgres://user:password@host:5432/name, with percent-encoding for special characters in the password")

// sqlitePath takes what stands behind sqlite: – a relative path, an absolute
// one with or without an empty authority, :memory:, or nothing for the default.
func sqlitePath(file string) (string, error) {
	path := file
	if rest, found := strings.CutPrefix(file, "//"); found {
		if !strings.HasPrefix(rest, "/") {
			return "", errors.New("names a host before the SQLite file; write sqlite:path, or sqlite:///path for an absolute one")
		}
		path = rest
	}
	switch {
	case path == "" || path == MemoryPath:
		return path, nil
	case strings.HasPrefix(path, "/./") || strings.HasPrefix(path, "/../"):
		return "", errors.New("has a relative SQLite file behind three slashes, which make it absolute; write sqlite:./path")
	case strings.HasPrefix(path, "file:") || strings.HasSuffix(path, MemoryPath) || strings.HasSuffix(path, "/") || strings.ContainsAny(path, "?#\x00"):
		return "", errors.New("is not the path of a SQLite file; write sqlite:path, without parameters")
	}
	return filepath.Clean(path), nil
}
