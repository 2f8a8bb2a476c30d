package main_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/postgres"
	"github.com/plinto/plinto/adapters/sqlite"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/ports/outbound"
)

// writing writes where the rotation of a session is, whatever it was.
type writing = func(s session.Session)

// grounds are the databases that a house may stand on, empty and migrated.
var grounds = map[string]func(t *testing.T) (outbound.Store, writing){"SQLite": onSQLite, "PostgreSQL": onPostgres}

func onSQLite(t *testing.T) (outbound.Store, writing) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "plinto.db")
	store, err := sqlite.Open(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	_, err = store.Migrate(t.Context())
	require.NoError(t, err)
	return store, func(s session.Session) {
		t.Helper()
		db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)")
		require.NoError(t, err)
		changed, err := db.ExecContext(t.Context(), "UPDATE sessions SET secret_hash = ?, generation = ?, rotated_at = ? WHERE id = ?",
			s.Rotation.SecretHash[:], s.Rotation.Generation, s.Rotation.RotatedAt.UnixMicro(), s.ID.String())
		require.NoError(t, err)
		rows, err := changed.RowsAffected()
		require.NoError(t, err)
		require.EqualValues(t, 1, rows)
		require.NoError(t, db.Close())
	}
}

func onPostgres(t *testing.T) (outbound.Store, writing) {
	t.Helper()
	address := postgresURL(t)
	o := storeOptions(address)
	m, err := postgres.Migrator(o)
	require.NoError(t, err)
	_, err = m.Up(t.Context())
	require.NoError(t, err)
	require.NoError(t, m.Close())
	return postgresStore(t, address), func(s session.Session) {
		t.Helper()
		conn, err := pgx.Connect(t.Context(), address)
		require.NoError(t, err)
		changed, err := conn.Exec(t.Context(), "UPDATE sessions SET secret_hash = $1, generation = $2, rotated_at = $3 WHERE id = $4",
			s.Rotation.SecretHash[:], int64(s.Rotation.Generation), s.Rotation.RotatedAt, uuid.UUID(s.ID))
		require.NoError(t, err)
		require.EqualValues(t, 1, changed.RowsAffected())
		require.NoError(t, conn.Close(t.Context()))
	}
}
