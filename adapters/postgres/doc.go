// Package postgres keeps users, sessions, keys and events in PostgreSQL 13 or
// later. It owns the pool and the translation between rows and nouns, and holds
// no rule of either. Its SQL stands in sql/; internal/db is generated from it.
//
// Round trips, once statements are prepared: every repository method takes one,
// Users.Register, Sessions.Open and Activity.Record included, which send their
// statements as one pipelined batch in one transaction.
package postgres
