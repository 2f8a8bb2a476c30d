package postgres_test

import (
	"context"
	"errors"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/postgres"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/guess"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
	"github.com/plinto/plinto/ports/porttest"
)

func TestSettingsReachTheServer(t *testing.T) {
	o := options(database(t))
	o.StatementTimeout, o.LockTimeout = 1500*time.Millisecond, 700*time.Millisecond
	s := open(t, o)
	for name, want := range map[string]string{
		"statement_timeout": "1500ms", "lock_timeout": "700ms", "idle_in_transaction_session_timeout": "3s",
		"TimeZone": "UTC", "application_name": "plinto",
	} {
		var got string
		require.NoError(t, s.Query(t.Context(), "SELECT current_setting($1)", name).Scan(&got))
		require.Equal(t, want, got, name)
	}
}

func TestSettingsReachThePool(t *testing.T) {
	o := options("postgres://user@host:5432/name")
	o.PoolSize, o.MaxOverflow = 7, 5
	o.MaxLifetime, o.MaxLifetimeJitter, o.MaxIdleTime, o.ConnectTimeout = time.Hour, time.Minute, time.Second, 3*time.Second
	c, err := o.Config()
	require.NoError(t, err)
	require.EqualValues(t, 12, c.MaxConns)
	require.EqualValues(t, 7, c.MinConns)
	require.Equal(t, time.Hour, c.MaxConnLifetime)
	require.Equal(t, time.Minute, c.MaxConnLifetimeJitter)
	require.Equal(t, time.Second, c.MaxConnIdleTime)
	require.Equal(t, 3*time.Second, c.ConnConfig.ConnectTimeout)
	require.Equal(t, 3*time.Second, c.PingTimeout)
}

// All connections die at once: one request finds out, and the next has a new
// one.
func TestOneRequestFindsOutThatAllConnectionsAreDead(t *testing.T) {
	o := options(database(t))
	migrate(t, o)
	w := porttest.NewWire(t, hostOf(t, o.URL))
	o.URL = through(t, o.URL, w)
	s := open(t, o)
	require.Eventually(t, func() bool { return s.Pool().Idle == o.PoolSize }, 5*time.Second, time.Millisecond)
	w.Cut()
	w.Mend()
	failed := 0
	for range 10 {
		if _, err := s.Sessions().ByID(t.Context(), tenant.Default, session.ID{1}); !errors.Is(err, outbound.ErrNotFound) {
			require.ErrorIs(t, err, outbound.ErrUnavailable)
			failed++
		}
	}
	require.LessOrEqual(t, failed, 1)
}

func TestAServerThatTakesNoWritesIsNotHealthy(t *testing.T) {
	store, beside := migrated(t)
	require.NoError(t, store.Health(t.Context()).Err)
	exec(t, beside, "ALTER ROLE CURRENT_USER IN DATABASE "+beside.Config().Database+" SET default_transaction_read_only = on")
	o := options(beside.Config().ConnString())
	require.ErrorIs(t, open(t, o).Health(t.Context()).Err, outbound.ErrUnavailable)
}

func TestAStatementThatTakesTooLongIsUnavailable(t *testing.T) {
	o := options(database(t))
	o.StatementTimeout = 50 * time.Millisecond
	err := open(t, o).Run(t.Context(), "SELECT pg_sleep(10)")
	require.ErrorIs(t, err, outbound.ErrUnavailable)
}

func TestThePoolHasItsSizeAndItsOverflowAndItsTimeout(t *testing.T) {
	o := options(database(t))
	o.PoolSize, o.MaxOverflow, o.PoolTimeout = 1, 1, 100*time.Millisecond
	s := open(t, o)
	require.Equal(t, 2, s.Health(t.Context()).Pool.Max)
	hold := make(chan struct{})
	var held sync.WaitGroup
	var released sync.WaitGroup
	for range 2 {
		held.Add(1)
		released.Go(func() {
			if err := s.Hold(context.Background(), func() { held.Done(); <-hold }); err != nil {
				t.Error(err)
			}
		})
	}
	held.Wait()
	require.Equal(t, 2, s.Health(t.Context()).Pool.InUse)
	_, err := s.Sessions().ByID(t.Context(), tenant.Default, session.ID{1})
	require.ErrorIs(t, err, outbound.ErrUnavailable, "the third waits, and not for ever")
	close(hold)
	released.Wait()
	require.NoError(t, s.Run(t.Context(), "SELECT 1"))
}

func TestAServerThatIsAwayIsUnavailableAndComesBack(t *testing.T) {
	o := options(database(t))
	migrate(t, o)
	p := porttest.NewWire(t, hostOf(t, o.URL))
	o.URL = through(t, o.URL, p)
	s := open(t, o)
	require.NoError(t, s.Health(t.Context()).Err)

	p.Cut()
	require.ErrorIs(t, s.Health(t.Context()).Err, outbound.ErrUnavailable)
	_, err := s.Sessions().ByID(t.Context(), tenant.Default, session.ID{1})
	require.ErrorIs(t, err, outbound.ErrUnavailable)
	err = s.Atomically(t.Context(), func(context.Context, outbound.Repositories) error { return nil })
	require.ErrorIs(t, err, outbound.ErrUnavailable)

	p.Mend()
	// Connections that died less than idleBeforePing ago are found one by one.
	require.Eventually(t, func() bool { return s.Health(t.Context()).Err == nil }, 5*time.Second, 10*time.Millisecond)
	_, err = s.Sessions().ByID(t.Context(), tenant.Default, session.ID{1})
	require.ErrorIs(t, err, outbound.ErrNotFound)
}

// The connection dies between two uses of it: what was idle for a while is
// asked for a sign of life first.
func TestADeadConnectionIsFoundBeforeItIsUsed(t *testing.T) {
	o := options(database(t))
	migrate(t, o)
	o.PoolSize, o.MaxOverflow = 1, 0
	s := open(t, o)
	require.NoError(t, s.Run(t.Context(), "SELECT 1"))
	conn, err := pgx.Connect(t.Context(), o.URL)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(t.Context())) }()
	exec(t, conn, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'plinto' AND datname = current_database()")
	time.Sleep(1100 * time.Millisecond) // longer than a connection is trusted unasked
	_, err = s.Sessions().ByID(t.Context(), tenant.Default, session.ID{1})
	require.ErrorIs(t, err, outbound.ErrNotFound)
}

func TestOpenRefusesWhatIsNoURL(t *testing.T) {
	_, err := postgres.Open(t.Context(), options("postgres://user:hunter2@host:port/x"))
	require.Error(t, err)
	require.NotContains(t, err.Error(), "hunter2")
	_, err = postgres.Migrator(options("postgres://user:hunter2@host:port/x"))
	require.Error(t, err)
	require.NotContains(t, err.Error(), "hunter2")
}

// Each of these is one round trip, once its statements are prepared.
func TestRoundTrips(t *testing.T) {
	o := options(database(t))
	migrate(t, o)
	p := porttest.NewWire(t, hostOf(t, o.URL))
	o.URL = through(t, o.URL, p)
	o.PoolSize, o.MaxOverflow = 1, 0
	s := open(t, o)
	ctx := t.Context()

	life := session.Lifetime{Sliding: time.Hour, Absolute: time.Hour}
	register := func(address string) outbound.Account {
		a := porttest.Account(address)
		a.Mails = []mail.Mail{{Tenant: tenant.Default, ID: mail.ID(uuid.Must(uuid.NewV7())), Kind: mail.VerifyEmail, User: a.User.ID, CreatedAt: a.User.CreatedAt}}
		require.NoError(t, s.Users().Register(ctx, a))
		return a
	}
	forgiven := func(s guess.Subject) guess.Taken {
		return guess.Taken{Subject: s, Address: "address:x", Rules: guess.Rules{}}
	}
	openSession := func(a outbound.Account) session.Session {
		o := porttest.Opening(a)
		o.Guess = forgiven(guess.Account(a.User.ID))
		require.NoError(t, s.Sessions().Open(ctx, o))
		return o.Session
	}
	withPassword := func(a outbound.Account) {
		_, _, err := s.Users().WithPassword(ctx, tenant.Default, a.User.ID)
		require.NoError(t, err)
	}
	reauthenticate := func(a outbound.Account, n session.Session) {
		_, err := s.Sessions().Reauthenticate(ctx, outbound.Reauthentication{
			Tenant: n.Tenant, Session: n.ID, Owner: n.User, PasswordHash: a.PasswordHash, Methods: n.Methods, At: n.CreatedAt, Lifetime: life,
			Guess: forgiven(guess.Session(n.ID)),
			Event: event.Reauthenticated(event.Origin{Tenant: n.Tenant}, n.ID, n.User, n.Methods, n.CreatedAt),
		})
		require.NoError(t, err)
	}
	displacing := func(a outbound.Account) {
		o := porttest.Opening(a)
		o.Most = 2
		require.NoError(t, s.Sessions().Open(ctx, o))
	}
	var next byte
	rotate := func(n session.Session) {
		next++
		_, err := s.Sessions().Rotate(ctx, outbound.Rotation{
			Tenant: n.Tenant, Session: n.ID, Now: n.CreatedAt, Lifetime: life,
			Presented: token.Presented{Hash: n.Rotation.SecretHash, NextHash: [32]byte{next}},
		})
		require.NoError(t, err)
	}
	use := func(n session.Session) {
		require.NoError(t, s.UsedProofs().Use(ctx, outbound.UsedProof{
			Tenant: n.Tenant, KeyThumbprint: "a key", IDHash: n.Rotation.SecretHash, ExpiresAt: n.CreatedAt,
		}))
	}
	end := func(n session.Session) {
		require.NoError(t, s.Sessions().End(ctx, outbound.Ending{
			Tenant: n.Tenant, Session: n.ID, Owner: n.User, Reason: session.SignedOut, At: n.CreatedAt,
			Event: event.Ended(event.Origin{Tenant: n.Tenant}, event.OfUser(n.User), n.ID, n.User, session.SignedOut, n.CreatedAt),
		}))
	}
	find := func(a outbound.Account) {
		_, _, err := s.Users().ForSignIn(ctx, tenant.Default, user.Identifier{Email: a.User.Email})
		require.NoError(t, err)
	}
	try := func(a outbound.Account) {
		_, err := s.Guesses().ForSignIn(ctx, outbound.SignInGuess{
			Tenant: tenant.Default, Who: user.Identifier{Email: a.User.Email}, Nobody: "name:x", Address: "address:x", Now: a.User.CreatedAt,
		})
		require.NoError(t, err)
	}
	wrong := func(a outbound.Account) {
		origin := event.Origin{Tenant: tenant.Default}
		require.NoError(t, s.Guesses().Refuse(ctx, outbound.Refusal{
			Event: event.FailedSignIn(origin, a.User.ID, event.WrongPassword, a.User.CreatedAt),
			Episodes: []outbound.Episode{{
				Tenant: tenant.Default, Subject: guess.Account(a.User.ID), Tell: 1,
				Event: event.Guessed(origin, a.User.ID, "account", 1, a.User.CreatedAt),
			}},
		}))
	}
	provenIn := func(a outbound.Account, n session.Session) {
		_, err := s.Guesses().InSession(ctx, outbound.SessionGuess{Tenant: n.Tenant, User: a.User.ID, Session: n.ID, Now: n.CreatedAt})
		require.NoError(t, err)
	}
	authenticate := func(n session.Session) {
		_, _, err := s.Sessions().WithUser(ctx, n.Tenant, n.ID)
		require.NoError(t, err)
	}

	record := func(n session.Session) {
		later := n.CreatedAt.Add(time.Minute)
		require.NoError(t, s.Activity().Record(ctx, n.Tenant, []session.Activity{
			{Session: n.ID, LastAt: later, Addresses: []session.SeenAddress{{Address: "192.0.2.7", FirstAt: later, LastAt: later}}},
		}))
	}

	now := time.Now().UTC().Truncate(time.Microsecond)
	claim := func(n byte) {
		require.NoError(t, s.IdempotencyKeys().Claim(ctx, outbound.IdempotencyClaim{
			Tenant: tenant.Default, KeyHash: [32]byte{n}, Now: now, LeasedUntil: now.Add(time.Minute), ExpiresAt: now.Add(time.Hour),
		}))
	}
	keep := func(n byte) {
		require.NoError(t, s.IdempotencyKeys().Keep(ctx, outbound.IdempotentAnswer{Tenant: tenant.Default, KeyHash: [32]byte{n}, Sealed: []byte("x")}))
	}
	present := func(n byte) {
		_, err := s.IdempotencyKeys().Present(ctx, tenant.Default, [32]byte{n}, [32]byte{})
		require.NoError(t, err)
	}

	owe := func() {
		require.NoError(t, s.Outbox().Add(ctx, mail.Mail{Tenant: tenant.Default, ID: mail.ID(uuid.Must(uuid.NewV7())), Kind: mail.ResetPassword, To: "x@example.com", CreatedAt: now}))
	}
	quietly := func(address string) {
		a := porttest.Account(address)
		require.NoError(t, s.Users().RegisterQuietly(ctx, outbound.QuietAccount{
			User: a.User, PasswordHash: a.PasswordHash, Event: a.Events[0], IfNew: mail.VerifyEmail, IfThere: mail.AccountExists,
			Mail: mail.Mail{Tenant: tenant.Default, ID: mail.ID(uuid.Must(uuid.NewV7())), To: address, CreatedAt: now},
		}))
	}

	// Once to prepare every statement, and then to count.
	warm := register("warm@example.com")
	find(warm)
	try(warm)
	wrong(warm)
	provenIn(warm, warm.Session)
	authenticate(warm.Session)
	use(warm.Session)
	rotate(openSession(warm))
	record(warm.Session)
	end(openSession(warm))
	withPassword(warm)
	reauthenticate(warm, openSession(warm))
	displacing(warm)
	claim(1)
	present(1)
	keep(1)
	owe()
	quietly("quiet@example.com")

	var ann outbound.Account
	var one, two session.Session
	for _, step := range []struct {
		name string
		do   func()
	}{
		{"sign-up, after the check of its names", func() { ann = register("ann@example.com") }},
		{"find for sign-in", func() { find(ann) }},
		{"find for sign-in and count the guess", func() { try(ann) }},
		{"refuse a guess and tell of it", func() { wrong(ann) }},
		{"open a session", func() { one = openSession(ann) }},
		{"open another", func() { two = openSession(ann) }},
		{"authenticate", func() { authenticate(one) }},
		{"rotate", func() { rotate(one) }},
		{"use a proof", func() { use(one) }},
		{"record activity", func() { record(one) }},
		{"sign out", func() { end(two) }},
		{"find with the password", func() { withPassword(ann) }},
		{"find in a session and count the guess", func() { provenIn(ann, one) }},
		{"reauthenticate", func() { reauthenticate(ann, one) }},
		{"open one that takes the place of another", func() { displacing(ann) }},
		{"claim an idempotency key", func() { claim(2) }},
		{"present it", func() { present(2) }},
		{"keep an answer under it", func() { keep(2) }},
		{"owe a mail", owe},
		{"sign up quietly", func() { quietly("hush@example.com") }},
		{"sign up quietly with an address that is somebody's", func() { quietly("hush@example.com") }},
	} {
		before := p.Trips()
		step.do()
		require.EqualValues(t, 1, p.Trips()-before, step.name)
	}
}

func hostOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	return u.Host
}

// through gives the same address by way of the wire.
func through(t *testing.T, address string, w *porttest.Wire) string {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	u.Host = w.Address()
	return u.String()
}
