package postgres_test

import (
	"context"
	"encoding/binary"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/postgres"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
	"github.com/plinto/plinto/ports/porttest"
)

// server gives the URL of a server on which databases may be made.
func server(t *testing.T) string {
	t.Helper()
	address := os.Getenv("PLINTO_TEST_POSTGRES")
	if address == "" {
		t.Skip("PLINTO_TEST_POSTGRES is not set: nothing of PostgreSQL is tested")
	}
	return address
}

// database makes an empty database that is dropped when the test ends.
func database(t *testing.T) string {
	t.Helper()
	address := server(t)
	name := "plinto_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	run := func(ctx context.Context, sql string) {
		conn, err := pgx.Connect(ctx, address)
		require.NoError(t, err)
		defer func() { require.NoError(t, conn.Close(ctx)) }()
		_, err = conn.Exec(ctx, sql)
		require.NoError(t, err)
	}
	run(t.Context(), "CREATE DATABASE "+name)
	t.Cleanup(func() { run(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)") })
	u, err := url.Parse(address)
	require.NoError(t, err)
	u.Path = "/" + name
	return u.String()
}

func options(address string) postgres.Options {
	return postgres.Options{
		URL: address, PoolSize: 4, MaxOverflow: 4, PoolTimeout: 5 * time.Second,
		MaxLifetime: time.Hour, MaxLifetimeJitter: time.Minute, MaxIdleTime: time.Minute,
		ConnectTimeout: 5 * time.Second, StatementTimeout: 5 * time.Second, LockTimeout: 2 * time.Second,
	}
}

func open(t *testing.T, o postgres.Options) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func migrate(t *testing.T, o postgres.Options) {
	t.Helper()
	m, err := postgres.Migrator(o)
	require.NoError(t, err)
	_, err = m.Up(t.Context())
	require.NoError(t, err)
	require.NoError(t, m.Close())
}

// migrated gives a store on a database of its own, and a connection beside it.
func migrated(t *testing.T) (*postgres.Store, *pgx.Conn) {
	t.Helper()
	o := options(database(t))
	migrate(t, o)
	beside, err := pgx.Connect(t.Context(), o.URL)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, beside.Close(context.Background())) })
	return open(t, o), beside
}

func exec(t *testing.T, conn *pgx.Conn, sql string, args ...any) {
	t.Helper()
	_, err := conn.Exec(t.Context(), sql, args...)
	require.NoError(t, err)
}

func TestStore(t *testing.T) {
	porttest.Store(t, func(t *testing.T) porttest.StoreHarness {
		store, beside := migrated(t)
		return porttest.StoreHarness{
			Store:  store,
			Exec:   func(t *testing.T, sql string) { t.Helper(); exec(t, beside, sql) },
			Settle: func(t *testing.T) { t.Helper(); settle(t, beside) },
			Dump:   func(t *testing.T) string { t.Helper(); return dump(t, beside) },
			BreakCommits: func(t *testing.T) {
				exec(t, beside, "CREATE TABLE broken (id uuid REFERENCES tenants (id) DEFERRABLE INITIALLY DEFERRED)")
				exec(t, beside, `CREATE FUNCTION break_commits() RETURNS trigger LANGUAGE plpgsql AS
					$$ BEGIN INSERT INTO broken VALUES (gen_random_uuid()); RETURN NULL; END $$`)
				exec(t, beside, "CREATE TRIGGER break_commits AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION break_commits()")
			},
		}
	})
}

// dump gives every row of every table.
func dump(t *testing.T, conn *pgx.Conn) string {
	t.Helper()
	rows, err := conn.Query(t.Context(), "SELECT format('SELECT coalesce(string_agg(t::text, E''\\n''), '''') FROM %I AS t', relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
	require.NoError(t, err)
	queries, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Greater(t, len(queries), 10)
	var all strings.Builder
	for _, q := range queries {
		var text string
		require.NoError(t, conn.QueryRow(t.Context(), q).Scan(&text))
		all.WriteString(text)
	}
	return all.String()
}

func TestMigrationsGoUpAndDownAndUp(t *testing.T) {
	o := options(database(t))
	m, err := postgres.Migrator(o)
	require.NoError(t, err)
	defer func() { require.NoError(t, m.Close()) }()
	up, err := m.Up(t.Context())
	require.NoError(t, err)
	for range up {
		_, err := m.Down(t.Context())
		require.NoError(t, err)
	}
	conn, err := pgx.Connect(t.Context(), o.URL)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(t.Context())) }()
	var left int
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relname NOT LIKE 'goose%'").Scan(&left))
	require.Zero(t, left, "down leaves nothing behind")
	again, err := m.Up(t.Context())
	require.NoError(t, err)
	require.Len(t, again, len(up))
}

func TestInstancesThatStartTogetherMigrateOnce(t *testing.T) {
	o := options(database(t))
	done := make(chan int, 4)
	for range cap(done) {
		go func() {
			m, err := postgres.Migrator(o)
			if err != nil {
				t.Error(err)
				done <- 0
				return
			}
			steps, err := m.Up(context.Background())
			if err := m.Close(); err != nil {
				t.Error(err)
			}
			if err != nil {
				t.Error(err)
			}
			done <- len(steps)
		}()
	}
	total := 0
	for range cap(done) {
		total += <-done
	}
	m, err := postgres.Migrator(o)
	require.NoError(t, err)
	known, err := m.Status(t.Context())
	require.NoError(t, err)
	require.NoError(t, m.Close())
	require.Len(t, known, total, "each once")
	require.True(t, open(t, o).Health(t.Context()).Ready())
}

// settle waits until every transaction that runs on the server began later:
// those of other databases hold readers of the log back as well.
func settle(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	var now uint64
	require.NoError(t, conn.QueryRow(ctx, "SELECT pg_current_xact_id()").Scan(&now))
	require.Eventually(t, func() bool {
		var settled bool
		err := conn.QueryRow(ctx, "SELECT pg_snapshot_xmin(pg_current_snapshot()) > $1::xid8", now).Scan(&settled)
		return err == nil && settled
	}, time.Minute, 5*time.Millisecond)
}

// A transaction that began earlier commits later: a reader that has seen the
// later one's event must still get the earlier one's.
func TestEventsThatCommitOutOfOrderAreNotMissed(t *testing.T) {
	store, beside := migrated(t)
	ctx := t.Context()
	happened := func(request string) event.Event {
		return event.SignedUp(event.Origin{Tenant: tenant.Default, RequestID: request}, user.ID{1}, time.Unix(0, 0).UTC())
	}
	tx, err := beside.Begin(ctx)
	require.NoError(t, err)
	_, err = tx.Exec(ctx, `INSERT INTO events (tenant_id, name, actor, subject, request_id, address, payload, occurred_at)
		VALUES ($1, 'user.created', 'x', 'x', 'early', '', '{}', now())`, uuid.UUID(tenant.Default))
	require.NoError(t, err)
	require.NoError(t, store.Events().Append(ctx, happened("late")))

	var p event.Position
	var got []string
	read := func() {
		list, err := store.Events().After(ctx, tenant.Default, p, 10)
		require.NoError(t, err)
		for _, e := range list {
			got = append(got, e.RequestID)
			p = e.Position
		}
	}
	read()
	require.Empty(t, got, "the later one is held back while the earlier one runs")
	latest, err := store.Events().Latest(ctx, tenant.Default, 10)
	require.NoError(t, err)
	require.Empty(t, latest)
	require.NoError(t, tx.Commit(ctx))
	settle(t, beside)
	read()
	require.Equal(t, []string{"early", "late"}, got)
	require.NoError(t, store.Events().Append(ctx, happened("last")))
	settle(t, beside)
	read()
	require.Equal(t, []string{"early", "late", "last"}, got)
}

func TestEventsOfARestoredBackupAreReadable(t *testing.T) {
	store, beside := migrated(t)
	ctx := t.Context()
	require.NoError(t, store.Events().Append(ctx, event.SignedUp(event.Origin{Tenant: tenant.Default, RequestID: "old"}, user.ID{1}, time.Unix(0, 0))))
	n, err := store.AdoptRestored(ctx)
	require.NoError(t, err)
	require.Zero(t, n, "nothing is restored here yet")

	// As a logical backup of a server that had given more transaction ids.
	exec(t, beside, `INSERT INTO events (tenant_id, name, actor, subject, request_id, address, payload, occurred_at)
		SELECT $1, 'user.created', 'x', 'x', 'filler', '', '{}', now() FROM generate_series(1, 5000)`, uuid.UUID(tenant.Default))
	exec(t, beside, "UPDATE events SET transaction_id = '99999999999'")
	list, err := store.Events().After(ctx, tenant.Default, event.Position{}, 10)
	require.NoError(t, err)
	require.Empty(t, list, "held back")
	n, err = store.AdoptRestored(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 5001, n)
	n, err = store.AdoptRestored(ctx)
	require.NoError(t, err)
	require.Zero(t, n, "once")
	require.NoError(t, store.Events().Append(ctx, event.SignedUp(event.Origin{Tenant: tenant.Default, RequestID: "new"}, user.ID{1}, time.Unix(0, 0))))
	settle(t, beside)
	list, err = store.Events().After(ctx, tenant.Default, event.Position{}, 10_000)
	require.NoError(t, err)
	require.Len(t, list, 5002)
	// A reader's position from before the backup goes on behind what it saw.
	list, err = store.Events().After(ctx, tenant.Default, event.Position{Transaction: 99999999999, Sequence: list[5000].Position.Sequence}, 10)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, "new", list[0].RequestID)
}

// A sign-in whose password was right when it was read, and is changed while the
// session is opened, opens none.
func TestASignInWaitsForAPasswordChangeAndLoses(t *testing.T) {
	store, beside := migrated(t)
	ctx := t.Context()
	a := porttest.Account("ann@example.com")
	require.NoError(t, store.Users().Register(ctx, a))
	tx, err := beside.Begin(ctx)
	require.NoError(t, err)
	_, err = tx.Exec(ctx, "UPDATE users SET updated_at = now()")
	require.NoError(t, err)
	_, err = tx.Exec(ctx, "UPDATE passwords SET hash = 'another'")
	require.NoError(t, err)
	o := porttest.Opening(a)
	opened := make(chan error, 1)
	go func() {
		opened <- store.Sessions().Open(context.Background(), o)
	}()
	waitForLock(t)
	require.NoError(t, tx.Commit(ctx))
	require.ErrorIs(t, <-opened, outbound.ErrStale)
	_, err = store.Sessions().ByID(ctx, tenant.Default, o.Session.ID)
	require.ErrorIs(t, err, outbound.ErrNotFound)
}

// A sign-in is under way when the password changes: the change waits for it, and
// ends the session that it opened.
func TestAPasswordChangeWaitsForASignInAndEndsItsSession(t *testing.T) {
	store, beside := migrated(t)
	ctx := t.Context()
	a := porttest.Account("ann@example.com")
	require.NoError(t, store.Users().Register(ctx, a))
	o := porttest.Opening(a)
	require.NoError(t, store.Sessions().Open(ctx, o))
	tx, err := beside.Begin(ctx)
	require.NoError(t, err)
	_, err = tx.Exec(ctx, "SELECT 1 FROM users FOR NO KEY UPDATE")
	require.NoError(t, err)
	signedIn := uuid.New()
	_, err = tx.Exec(ctx, `INSERT INTO sessions SELECT (jsonb_populate_record(sessions, jsonb_build_object('id', $1::text))).* FROM sessions WHERE id = $2`,
		signedIn, uuid.UUID(o.Session.ID))
	require.NoError(t, err)
	changed := make(chan error, 1)
	var ended []session.ID
	go func() {
		changed <- store.Atomically(context.Background(), func(ctx context.Context, tx outbound.Repositories) error {
			if err := tx.Users().ChangePassword(ctx, passwordChange(a)); err != nil {
				return err
			}
			var err error
			ended, err = tx.Sessions().EndOthers(ctx, outbound.EndingOthers{
				Tenant: tenant.Default, Owner: a.User.ID, Keep: a.Session.ID, Reason: session.PasswordChanged, At: a.User.CreatedAt,
			})
			return err
		})
	}()
	waitForLocks(t, beside, 1)
	require.NoError(t, tx.Commit(ctx))
	require.NoError(t, <-changed)
	require.ElementsMatch(t, []session.ID{o.Session.ID, session.ID(signedIn)}, ended)
}

// A user is suspended while a change of their password waits: it changes
// nothing.
func TestAPasswordChangeWaitsForASuspensionAndLoses(t *testing.T) {
	store, beside := migrated(t)
	ctx := t.Context()
	a := porttest.Account("ann@example.com")
	require.NoError(t, store.Users().Register(ctx, a))
	tx, err := beside.Begin(ctx)
	require.NoError(t, err)
	_, err = tx.Exec(ctx, "UPDATE users SET status = 'suspended'")
	require.NoError(t, err)
	changed := make(chan error, 1)
	go func() { changed <- store.Users().ChangePassword(context.Background(), passwordChange(a)) }()
	waitForLocks(t, beside, 1)
	require.NoError(t, tx.Commit(ctx))
	require.ErrorIs(t, <-changed, outbound.ErrStale)
	_, hash, err := store.Users().WithPassword(ctx, tenant.Default, a.User.ID)
	require.NoError(t, err)
	require.Equal(t, a.PasswordHash, hash)
}

func passwordChange(a outbound.Account) outbound.PasswordChange {
	return outbound.PasswordChange{
		Tenant: tenant.Default, User: a.User.ID, Session: a.Session.ID, Was: a.PasswordHash, Next: "another", At: a.User.CreatedAt,
	}
}

// A session ends while its user proves the password again: it stays as it ended.
func TestAReauthenticationWaitsForAnEndAndLoses(t *testing.T) {
	store, beside := migrated(t)
	ctx := t.Context()
	a := porttest.Account("ann@example.com")
	require.NoError(t, store.Users().Register(ctx, a))
	tx, err := beside.Begin(ctx)
	require.NoError(t, err)
	_, err = tx.Exec(ctx, "UPDATE sessions SET ended_at = created_at, end_reason = 'revoked'")
	require.NoError(t, err)
	proved := make(chan error, 1)
	go func() {
		at := a.User.CreatedAt.Add(time.Second)
		_, err := store.Sessions().Reauthenticate(context.Background(), outbound.Reauthentication{
			Tenant: tenant.Default, Session: a.Session.ID, Owner: a.User.ID, PasswordHash: a.PasswordHash, Methods: []string{"pwd"}, At: at,
			Event: event.Reauthenticated(event.Origin{Tenant: tenant.Default}, a.Session.ID, a.User.ID, nil, at),
		})
		proved <- err
	}()
	waitForLocks(t, beside, 1)
	require.NoError(t, tx.Commit(ctx))
	require.ErrorIs(t, <-proved, outbound.ErrStale)
	s, err := store.Sessions().ByID(ctx, tenant.Default, a.Session.ID)
	require.NoError(t, err)
	require.Equal(t, a.Session.AuthenticatedAt, s.AuthenticatedAt)
}

// Two sign-ins of a user who may have one session, both under way while the
// user's row is held: the second sees the first's session and takes its place.
func TestSignInsAtOnceDisplaceEachOther(t *testing.T) {
	store, beside := migrated(t)
	ctx := t.Context()
	a := porttest.Account("ann@example.com")
	require.NoError(t, store.Users().Register(ctx, a))
	tx, err := beside.Begin(ctx)
	require.NoError(t, err)
	_, err = tx.Exec(ctx, "UPDATE users SET updated_at = updated_at")
	require.NoError(t, err)
	opened := make(chan error, 2)
	for n := range cap(opened) {
		o := porttest.Opening(a)
		o.Most = 1
		go func() { opened <- store.Sessions().Open(context.Background(), o) }()
		waitForLocks(t, beside, n+1)
	}
	require.NoError(t, tx.Commit(ctx))
	for range cap(opened) {
		require.NoError(t, <-opened)
	}
	list, err := store.Sessions().ListLive(ctx, tenant.Default, a.User.ID, a.User.CreatedAt, session.Lifetime{}, session.ID{}, 10)
	require.NoError(t, err)
	require.Len(t, list, 1)
}

// A session signs out while a sign-in is about to take its place: it has ended
// once, by the sign-out.
func TestASessionThatSignsOutIsNotDisplacedAsWell(t *testing.T) {
	store, beside := migrated(t)
	ctx := t.Context()
	a := porttest.Account("ann@example.com")
	require.NoError(t, store.Users().Register(ctx, a))
	tx, err := beside.Begin(ctx)
	require.NoError(t, err)
	_, err = tx.Exec(ctx, "UPDATE sessions SET ended_at = created_at, end_reason = 'signed_out'")
	require.NoError(t, err)
	o := porttest.Opening(a)
	o.Most = 1
	opened := make(chan error, 1)
	go func() { opened <- store.Sessions().Open(context.Background(), o) }()
	waitForLocks(t, beside, 1)
	require.NoError(t, tx.Commit(ctx))
	require.NoError(t, <-opened)
	s, err := store.Sessions().ByID(ctx, tenant.Default, a.Session.ID)
	require.NoError(t, err)
	require.Equal(t, session.SignedOut, s.EndReason)
	var revoked int
	require.NoError(t, beside.QueryRow(ctx, "SELECT count(*) FROM events WHERE name = 'session.revoked'").Scan(&revoked))
	require.Zero(t, revoked, "nothing was written of a displacement")
}

// Two that end the same two sessions of a user take them in one order: while the
// later session is held, the first to come has the earlier one and the second
// waits for it. In other orders each would end up with what the other wants.
func TestEndingSessionsTakesThemInOneOrder(t *testing.T) {
	store, beside := migrated(t)
	ctx := t.Context()
	displace := func(a outbound.Account) error {
		o := porttest.Opening(a)
		o.Most = 1
		return store.Sessions().Open(context.Background(), o)
	}
	endOthers := func(a outbound.Account) error {
		_, err := store.Sessions().EndOthers(context.Background(), outbound.EndingOthers{
			Tenant: tenant.Default, Owner: a.User.ID, Reason: session.Revoked, At: a.User.CreatedAt,
		})
		return err
	}
	for address, both := range map[string][2]func(outbound.Account) error{
		"ann@example.com": {displace, endOthers}, "bob@example.com": {endOthers, displace},
	} {
		a := porttest.Account(address)
		require.NoError(t, store.Users().Register(ctx, a))
		later := porttest.Opening(a)
		require.NoError(t, store.Sessions().Open(ctx, later))
		tx, err := beside.Begin(ctx)
		require.NoError(t, err)
		_, err = tx.Exec(ctx, "UPDATE sessions SET rotated_at = rotated_at WHERE id = $1", uuid.UUID(later.Session.ID))
		require.NoError(t, err)
		done := make(chan error, len(both))
		for n, do := range both {
			go func() { done <- do(a) }()
			waitForLocks(t, beside, n+1)
		}
		require.NoError(t, tx.Commit(ctx))
		for range both {
			require.NoError(t, <-done)
		}
	}
}

// waitForLocks returns when so many statements wait for a lock in the database
// of a connection. It asks on another: one shows a transaction the same activity
// throughout.
func waitForLocks(t *testing.T, beside *pgx.Conn, n int) {
	t.Helper()
	conn, err := pgx.ConnectConfig(t.Context(), beside.Config())
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(t.Context())) }()
	require.Eventually(t, func() bool {
		var waiting int
		require.NoError(t, conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&waiting))
		return waiting >= n
	}, 2*time.Second, 5*time.Millisecond)
}

// waitForLock returns when a statement waits for a lock.
func waitForLock(t *testing.T) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), server(t))
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(t.Context())) }()
	require.Eventually(t, func() bool {
		var waiting int
		require.NoError(t, conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_locks WHERE NOT granted").Scan(&waiting))
		return waiting > 0
	}, 2*time.Second, 5*time.Millisecond)
}

// A rotation changes no indexed column and finds room on its page, so the
// table does not grow with use: nearly every one is a heap-only update.
func TestRotationsAreHeapOnlyUpdates(t *testing.T) { requireHeapOnly(t, rotateOften) }

func rotateOften(t *testing.T) (updates, heapOnly int) {
	const sessionsInUse, rotations = 20, 10_000
	o := options(database(t))
	migrate(t, o)
	o.PoolSize, o.MaxOverflow = 1, 0
	s, err := postgres.Open(t.Context(), o)
	require.NoError(t, err)
	ctx := t.Context()
	a := porttest.Account("ann@example.com")
	require.NoError(t, s.Users().Register(ctx, a))
	var open []session.Session
	for range sessionsInUse {
		o := porttest.Opening(a)
		require.NoError(t, s.Sessions().Open(ctx, o))
		open = append(open, o.Session)
	}
	life := session.Lifetime{Sliding: time.Hour, Absolute: time.Hour}
	for i := range rotations {
		n := &open[i%len(open)]
		next := n.Rotation.SecretHash
		binary.BigEndian.PutUint32(next[:], uint32(i))
		*n, err = s.Sessions().Rotate(ctx, outbound.Rotation{
			Tenant: n.Tenant, Session: n.ID, Now: n.CreatedAt, Lifetime: life,
			Presented: token.Presented{Generation: n.Rotation.Generation, Hash: n.Rotation.SecretHash, NextHash: next},
		})
		require.NoError(t, err)
	}
	require.NoError(t, s.Close(), "a connection reports its counts at the latest when it ends")

	return heapOnlyUpdates(t, o.URL, rotations)
}

// requireHeapOnly wants at least 95 of 100 updates to be heap-only ones. While
// any transaction runs on the server, of another database too, PostgreSQL keeps
// the old rows of all tables and their pages fill up; so the best of a few runs
// counts, and what an index in the way does to an update it does in all of them.
func requireHeapOnly(t *testing.T, run func(t *testing.T) (updates, heapOnly int)) {
	t.Helper()
	for range 5 {
		updates, heapOnly := run(t)
		t.Logf("%d of %d updates are heap-only", heapOnly, updates)
		if heapOnly*100 >= updates*95 {
			return
		}
	}
	t.Fatal("updates are not heap-only")
}

// heapOnlyUpdates counts the updates of sessions, once there are as many as
// expected.
func heapOnlyUpdates(t *testing.T, address string, expected int) (updates, heapOnly int) {
	t.Helper()
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, address)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(ctx)) }()
	require.Eventually(t, func() bool {
		require.NoError(t, conn.QueryRow(ctx, "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'sessions'").Scan(&updates, &heapOnly))
		return updates >= expected
	}, 10*time.Second, 50*time.Millisecond)
	return updates, heapOnly
}
