package postgres_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/postgres"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/porttest"
)

// Activity changes no indexed column and finds room on its page, so that the
// table does not grow with use.
func TestActivityIsHeapOnlyUpdates(t *testing.T) { requireHeapOnly(t, noteActivity) }

func noteActivity(t *testing.T) (updates, heapOnly int) {
	const sessionsInUse, rounds, atOnce = 1000, 10, 250
	o := options(database(t))
	migrate(t, o)
	o.PoolSize, o.MaxOverflow = 1, 0
	s, err := postgres.Open(t.Context(), o)
	require.NoError(t, err)
	ctx := t.Context()
	a := porttest.Account("ann@example.com")
	require.NoError(t, s.Users().Register(ctx, a))
	var list []session.Activity
	for range sessionsInUse {
		o := porttest.Opening(a)
		require.NoError(t, s.Sessions().Open(ctx, o))
		list = append(list, session.Activity{Session: o.Session.ID})
	}
	// Sessions are noted, and so stored, in no order.
	order := rand.New(rand.NewPCG(1, 2))
	for n := range rounds {
		order.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		for i := range list {
			list[i].LastAt = a.Session.CreatedAt.Add(time.Duration(n+1) * time.Minute)
			list[i].Addresses = []session.SeenAddress{{Address: "192.0.2.7", FirstAt: list[i].LastAt, LastAt: list[i].LastAt}}
		}
		for at := 0; at < len(list); at += atOnce {
			require.NoError(t, s.Activity().Record(ctx, tenant.Default, list[at:at+atOnce]))
		}
	}
	require.NoError(t, s.Close(), "a connection reports its counts at the latest when it ends")

	return heapOnlyUpdates(t, o.URL, rounds*sessionsInUse)
}

// A session that a rotation holds at the moment is passed over, and nothing
// waits for it.
func TestActivityWaitsForNoSession(t *testing.T) {
	store, beside := migrated(t)
	ctx := t.Context()
	a, b := porttest.Account("ann@example.com"), porttest.Account("bob@example.com")
	require.NoError(t, store.Users().Register(ctx, a))
	require.NoError(t, store.Users().Register(ctx, b))
	tx, err := beside.Begin(ctx)
	require.NoError(t, err)
	_, err = tx.Exec(ctx, "UPDATE sessions SET generation = generation + 1 WHERE id = $1", uuid.UUID(a.Session.ID))
	require.NoError(t, err)
	later := a.Session.CreatedAt.Add(time.Minute)
	require.NoError(t, store.Activity().Record(ctx, tenant.Default, []session.Activity{
		{Session: a.Session.ID, LastAt: later, Addresses: []session.SeenAddress{{Address: "192.0.2.7", FirstAt: later, LastAt: later}}},
		{Session: b.Session.ID, LastAt: later},
	}))
	require.NoError(t, tx.Commit(ctx))
	for id, want := range map[session.ID]time.Time{a.Session.ID: a.Session.CreatedAt, b.Session.ID: later} {
		s, err := store.Sessions().ByID(ctx, tenant.Default, id)
		require.NoError(t, err)
		require.Equal(t, want, s.LastActivityAt)
	}
	list, err := store.Activity().Addresses(ctx, tenant.Default, a.Session.ID)
	require.NoError(t, err)
	require.Len(t, list, 2, "where it was used from is kept")
}

// Whoever ends several sessions locks them in the order of their ids. A write
// of activity that waits for one of them holds none that comes after it.
func TestActivityHoldsNothingThatOthersWaitFor(t *testing.T) {
	store, beside := migrated(t)
	ctx := t.Context()
	a := porttest.Account("ann@example.com")
	require.NoError(t, store.Users().Register(ctx, a))
	second := porttest.Opening(a)
	require.NoError(t, store.Sessions().Open(ctx, second))
	later := a.Session.CreatedAt.Add(time.Minute)
	seen := []session.SeenAddress{{Address: "192.0.2.7", FirstAt: later, LastAt: later}}
	tx, err := beside.Begin(ctx)
	require.NoError(t, err)
	lock := func(id session.ID) {
		_, err := tx.Exec(ctx, "SELECT 1 FROM sessions WHERE id = $1 FOR UPDATE", uuid.UUID(id))
		require.NoError(t, err)
	}
	lock(a.Session.ID)
	recorded := make(chan error, 1)
	go func() {
		recorded <- store.Activity().Record(context.Background(), tenant.Default, []session.Activity{
			{Session: second.Session.ID, LastAt: later, Addresses: seen}, {Session: a.Session.ID, LastAt: later, Addresses: seen},
		})
	}()
	waitForLock(t)
	lock(second.Session.ID)
	require.NoError(t, tx.Commit(ctx))
	require.NoError(t, <-recorded)
	s, err := store.Sessions().ByID(ctx, tenant.Default, second.Session.ID)
	require.NoError(t, err)
	require.Equal(t, later, s.LastActivityAt)
}

// A transaction that runs for long, somebody else's too, hides nothing else from
// the owner; and positions of another server go on behind what was restored.
func TestAHistoryWaitsForNobodyAndSurvivesARestore(t *testing.T) {
	store, beside := migrated(t)
	ctx := t.Context()
	who := user.ID{1}
	names := []event.Name{event.SignInFailed}
	failed := func(request string) event.Event {
		return event.FailedSignIn(event.Origin{Tenant: tenant.Default, RequestID: request}, who, event.WrongPassword, time.Unix(0, 0))
	}
	read := func(p event.Position) (got []string, last event.Position) {
		list, err := store.Events().OfUser(ctx, tenant.Default, who, names, p, 2)
		require.NoError(t, err)
		for _, e := range list {
			got, last = append(got, e.RequestID), e.Position
		}
		return got, last
	}
	require.NoError(t, store.Events().Append(ctx, failed("1"), failed("2"), failed("3")))
	tx, err := beside.Begin(ctx)
	require.NoError(t, err)
	_, err = tx.Exec(ctx, `INSERT INTO events (tenant_id, user_id, name, actor, subject, request_id, address, payload, occurred_at)
		VALUES ($1, $2, 'sign_in.failed', 'x', 'x', 'early', '', '{}', now())`, uuid.UUID(tenant.Default), uuid.UUID(who))
	require.NoError(t, err)
	require.NoError(t, store.Events().Append(ctx, failed("late")))
	first, _ := read(event.Position{})
	require.Equal(t, []string{"late", "3"}, first)
	require.NoError(t, tx.Commit(ctx))
	first, last := read(event.Position{})
	require.Equal(t, []string{"late", "early"}, first)
	second, last := read(last)
	require.Equal(t, []string{"3", "2"}, second)

	// The rest as it is after a restore of a server that gave higher ids.
	exec(t, beside, "UPDATE events SET transaction_id = '99999999999'")
	_, err = store.AdoptRestored(ctx)
	require.NoError(t, err)
	last.Transaction = 99999999999
	third, _ := read(last)
	require.Equal(t, []string{"1"}, third)
}

func TestEventsOfBeforeAreGivenTheirUsers(t *testing.T) {
	o := options(database(t))
	m, err := postgres.Migrator(o)
	require.NoError(t, err)
	defer func() { require.NoError(t, m.Close()) }()
	_, err = m.Up(t.Context())
	require.NoError(t, err)
	for {
		step, err := m.Down(t.Context())
		require.NoError(t, err)
		if step.Version == 12 {
			break
		}
	}
	beside, err := pgx.Connect(t.Context(), o.URL)
	require.NoError(t, err)
	defer func() { require.NoError(t, beside.Close(t.Context())) }()
	porttest.EventsOfBefore(t, func(sql string) { exec(t, beside, sql) })
	_, err = m.Up(t.Context())
	require.NoError(t, err)
	porttest.HaveTheirUsers(t, open(t, o))
}

func TestASchemaWithoutKeysHasNoSessionThatIsBoundToOne(t *testing.T) {
	o := options(database(t))
	m, err := postgres.Migrator(o)
	require.NoError(t, err)
	defer func() { require.NoError(t, m.Close()) }()
	_, err = m.Up(t.Context())
	require.NoError(t, err)
	porttest.HasNoBoundSession(t, open(t, o), func() {
		for {
			step, err := m.Down(t.Context())
			require.NoError(t, err)
			if step.Version == 7 {
				break
			}
		}
		_, err := m.Up(t.Context())
		require.NoError(t, err)
	})
}

func TestASchemaOfBeforeHasAddressesOfBefore(t *testing.T) {
	o := options(database(t))
	m, err := postgres.Migrator(o)
	require.NoError(t, err)
	defer func() { require.NoError(t, m.Close()) }()
	_, err = m.Up(t.Context())
	require.NoError(t, err)
	porttest.HasAddressesOfBefore(t, open(t, o), func() {
		for {
			step, err := m.Down(t.Context())
			require.NoError(t, err)
			if step.Version == 14 {
				break
			}
		}
		_, err := m.Up(t.Context())
		require.NoError(t, err)
	})
}
