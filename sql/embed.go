// Package schema carries the migrations of every engine, for the adapters to
// run: go:embed cannot look upward.
package schema

import (
	"embed"
	"io/fs"
)

//go:embed postgres/migrations/*.sql sqlite/migrations/*.sql
var files embed.FS

// Postgres is the migrations of PostgreSQL.
func Postgres() fs.FS { return sub("postgres/migrations") }

// SQLite is the migrations of SQLite.
func SQLite() fs.FS { return sub("sqlite/migrations") }

func sub(dir string) fs.FS {
	f, err := fs.Sub(files, dir)
	if err != nil {
		panic(err) // only for a path that is not valid, and these are constants
	}
	return f
}
