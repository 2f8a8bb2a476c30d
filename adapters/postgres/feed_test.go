package postgres_test

import (
	"context"
	"strings"
	"sync"
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
	"github.com/plinto/plinto/ports/outbound"
)

var epoch = time.Unix(0, 0).UTC()

func endedAs(request string) event.Event {
	return event.Ended(event.Origin{Tenant: tenant.Default, RequestID: request}, event.Operator, session.ID(uuid.New()), user.ID{1}, session.Revoked, epoch)
}

// follow reads the feed to its end, and gives the request ids it met.
func follow(t *testing.T, store *postgres.Store, mark *outbound.Mark, limit int) []string {
	t.Helper()
	var got []string
	for more := true; more; {
		page, err := store.Feed().Revocations(context.WithoutCancel(t.Context()), tenant.Default, epoch, *mark, limit)
		require.NoError(t, err)
		for _, e := range page.Events {
			got = append(got, e.RequestID)
		}
		*mark, more = page.Next, page.More
	}
	return got
}

// insertEnded writes a revocation in somebody else's transaction.
func insertEnded(t *testing.T, tx pgx.Tx, request string) {
	t.Helper()
	_, err := tx.Exec(t.Context(), `INSERT INTO events (tenant_id, name, actor, subject, request_id, address, payload, occurred_at)
		VALUES ($1, 'session.revoked', 'x', $2, $3, '', '{}', now())`, uuid.UUID(tenant.Default), event.OfSession(session.ID(uuid.New())), request)
	require.NoError(t, err)
}

func TestATransactionThatRunsForLongHoldsNoRevocationBack(t *testing.T) {
	store, beside := migrated(t)
	ctx := t.Context()
	tx, err := beside.Begin(ctx)
	require.NoError(t, err)
	insertEnded(t, tx, "early")

	var mark outbound.Mark
	require.NoError(t, store.Events().Append(ctx, endedAs("late")))
	require.Equal(t, []string{"late"}, follow(t, store, &mark, 10), "at once")
	require.NoError(t, store.Events().Append(ctx, endedAs("later")))
	require.Equal(t, []string{"later"}, follow(t, store, &mark, 10), "and once")
	require.NoError(t, tx.Commit(ctx))
	require.Equal(t, []string{"early"}, follow(t, store, &mark, 10), "though its number is the lowest")
	require.Empty(t, follow(t, store, &mark, 10))

	rolledBack, err := beside.Begin(ctx)
	require.NoError(t, err)
	insertEnded(t, rolledBack, "never")
	require.Empty(t, follow(t, store, &mark, 10))
	require.NoError(t, rolledBack.Rollback(ctx))
	require.Empty(t, follow(t, store, &mark, 10))
}

// A page that ends in the middle goes on with what was there when it began, and
// what is committed meanwhile, with whatever number, comes behind it.
func TestAPageOfTheFeedIsOfOneMoment(t *testing.T) {
	store, beside := migrated(t)
	ctx := t.Context()
	tx, err := beside.Begin(ctx)
	require.NoError(t, err)
	insertEnded(t, tx, "early")
	for _, request := range []string{"a", "b", "c"} {
		require.NoError(t, store.Events().Append(ctx, endedAs(request)))
	}
	page, err := store.Feed().Revocations(ctx, tenant.Default, epoch, "", 2)
	require.NoError(t, err)
	require.Len(t, page.Events, 2)
	require.NoError(t, tx.Commit(ctx))
	mark := page.Next
	require.Equal(t, []string{"c"}, follow(t, store, &mark, 2))
	require.Equal(t, []string{"early"}, follow(t, store, &mark, 2))
}

func TestAReaderAmongManyWritersMeetsEachRevocationOnce(t *testing.T) {
	store, beside := migrated(t)
	const writers, each = 6, 40
	var writing sync.WaitGroup
	for range writers {
		writing.Go(func() {
			for range each {
				_ = store.Atomically(context.WithoutCancel(t.Context()), func(ctx context.Context, tx outbound.Repositories) error {
					first, second := endedAs(uuid.NewString()), endedAs(uuid.NewString())
					if err := tx.Events().Append(ctx, first); err != nil {
						return err
					}
					return tx.Events().Append(ctx, second)
				})
			}
		})
	}
	done := make(chan struct{})
	go func() { writing.Wait(); close(done) }()
	var mark outbound.Mark
	met := map[string]int{}
	for reading := true; reading; {
		select {
		case <-done:
			reading = false
		default:
		}
		for _, request := range follow(t, store, &mark, 7) {
			met[request]++
		}
	}
	settle(t, beside)
	list, err := store.Events().After(t.Context(), tenant.Default, event.Position{}, 10_000)
	require.NoError(t, err)
	require.Len(t, list, 2*writers*each)
	for _, e := range list {
		require.Equal(t, 1, met[e.RequestID])
	}
}

// What a mark says of transactions is true of one run of one server.
func TestAMarkOfAnotherServerBeginsAnew(t *testing.T) {
	store, beside := migrated(t)
	ctx := t.Context()
	require.NoError(t, store.Events().Append(ctx, endedAs("a"), endedAs("b")))
	var mark outbound.Mark
	require.Equal(t, []string{"a", "b"}, follow(t, store, &mark, 10))
	require.Empty(t, follow(t, store, &mark, 10))

	restarted := outbound.Mark("1" + string(mark))
	require.Equal(t, []string{"a", "b"}, follow(t, store, &restarted, 10))
	server := func(m outbound.Mark) string { run, _, _ := strings.Cut(string(m), "/"); return run }
	require.Equal(t, server(mark), server(restarted))

	// A standby that took over without the last transactions gives their
	// numbers again.
	parts := strings.Split(string(mark), "/")
	parts[1] = "999999999:999999999:"
	ahead := outbound.Mark(strings.Join(parts, "/"))
	require.Equal(t, []string{"a", "b"}, follow(t, store, &ahead, 10))

	// What a restored backup brought has no transaction of this server.
	exec(t, beside, "UPDATE events SET transaction_id = '0'")
	var first outbound.Mark
	require.Equal(t, []string{"a", "b"}, follow(t, store, &first, 10))
}

// Requests that have taken every connection do not hold the feed up.
func TestTheFeedNeedsNoConnectionOfThePool(t *testing.T) {
	address := database(t)
	o := options(address)
	migrate(t, o)
	o.PoolSize, o.MaxOverflow, o.PoolTimeout = 1, 0, 3*time.Second
	store := open(t, o)
	require.NoError(t, store.Events().Append(t.Context(), endedAs("a")))
	require.NoError(t, store.Atomically(t.Context(), func(context.Context, outbound.Repositories) error {
		_, err := store.Sessions().ByID(context.WithoutCancel(t.Context()), tenant.Default, session.ID{1})
		require.ErrorIs(t, err, outbound.ErrUnavailable)
		var mark outbound.Mark
		require.Equal(t, []string{"a"}, follow(t, store, &mark, 10))
		_, err = store.SharedFeed().Revocations(context.WithoutCancel(t.Context()), tenant.Default, epoch, "", 10)
		require.ErrorIs(t, err, outbound.ErrUnavailable, "what other services read may wait")
		return nil
	}))
}

// The log grows for ever; what every instance reads five times a second must
// not grow with it.
func TestTheFeedIsReadByItsIndexes(t *testing.T) {
	_, beside := migrated(t)
	exec(t, beside, `INSERT INTO events (tenant_id, name, actor, subject, request_id, address, payload, occurred_at)
		SELECT $1, CASE WHEN n % 10 = 0 THEN 'session.revoked' ELSE 'session.created' END, 'x', 'x', 'x', '', '{}', now() - (30000 - n) * interval '1 minute'
		FROM generate_series(1, 30000) AS n`, uuid.UUID(tenant.Default))
	exec(t, beside, "ANALYZE events")
	const names = `name IN ('session.revoked', 'session.all_revoked', 'key.rotated', 'key.revoked')`
	for query, index := range map[string]string{
		`SELECT transaction_id FROM events WHERE tenant_id = $1 AND ` + names + ` AND occurred_at >= now() - interval '16 minutes'`: "events_revocations_by_time",
		`SELECT * FROM events WHERE tenant_id = $1 AND ` + names + ` AND transaction_id >= pg_current_xact_id() AND NOT pg_visible_in_snapshot(transaction_id, pg_current_snapshot())
			ORDER BY transaction_id, sequence LIMIT 1000`: "events_revocations",
	} {
		rows, err := beside.Query(t.Context(), "EXPLAIN "+query, uuid.UUID(tenant.Default))
		require.NoError(t, err)
		plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		require.Contains(t, strings.Join(plan, "\n"), index)
	}
}
