// Package sqlite keeps users, sessions, keys and events in one SQLite file,
// for a single instance that needs no server, and in memory for tests. It owns
// the file, its connections and the translation between rows and nouns, and
// holds no rule of either. Its SQL stands in sql/; internal/db is generated.
//
// There is one connection that writes and a few that read. A commit is on disk
// before it is acknowledged (synchronous=FULL).
package sqlite
