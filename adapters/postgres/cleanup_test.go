package postgres_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
	"github.com/plinto/plinto/ports/porttest"
)

var life = session.Lifetime{Sliding: 7 * 24 * time.Hour, Absolute: 30 * 24 * time.Hour}

// another opens one more session of an account's.
func another(t *testing.T, store outbound.Store, a outbound.Account) session.Session {
	t.Helper()
	o := porttest.Opening(a)
	require.NoError(t, store.Sessions().Open(t.Context(), o))
	return o.Session
}

func end(ctx context.Context, store outbound.Store, s session.Session) error {
	return store.Sessions().End(ctx, outbound.Ending{
		Tenant: s.Tenant, Session: s.ID, Owner: s.User, Reason: session.SignedOut, At: s.CreatedAt,
		Event: event.Ended(event.Origin{Tenant: s.Tenant}, event.Operator, s.ID, s.User, session.SignedOut, s.CreatedAt),
	})
}

func moveOn(ctx context.Context, store outbound.Store, s session.Session) (session.Session, error) {
	return store.Sessions().Rotate(ctx, outbound.Rotation{
		Tenant: s.Tenant, Session: s.ID, Now: s.CreatedAt, Lifetime: life,
		Presented: token.Presented{Generation: s.Rotation.Generation, Hash: s.Rotation.SecretHash, NextHash: [32]byte{9}},
	})
}

func cleaning(holder string, now time.Time) outbound.Lease {
	return outbound.Lease{Tenant: tenant.Default, Name: "cleanup", Holder: holder, Now: now, Until: now.Add(time.Minute)}
}

// A batch of the cleanup that has removed its rows and not committed yet holds
// up nobody: not a rotation, not an end, not a sign-in of the same user.
func TestABatchOfTheCleanupHoldsNobodyUp(t *testing.T) {
	store, _ := migrated(t)
	ctx := t.Context()
	a := porttest.Account("ann@example.com")
	require.NoError(t, store.Users().Register(ctx, a))
	live, gone := a.Session, another(t, store, a)
	require.NoError(t, end(ctx, store, gone))

	require.NoError(t, store.Atomically(ctx, func(inside context.Context, tx outbound.Repositories) error {
		require.NoError(t, tx.Leases().Hold(inside, cleaning("ann", live.CreatedAt)))
		n, err := tx.Sessions().Remove(inside, tenant.Default, live.CreatedAt, 10)
		require.NoError(t, err)
		require.Equal(t, 1, n)

		moved, err := moveOn(ctx, store, live)
		require.NoError(t, err, "within the lock timeout, which a wait would exceed")
		require.EqualValues(t, 1, moved.Rotation.Generation)
		require.NoError(t, end(ctx, store, another(t, store, a)))
		require.NoError(t, end(ctx, store, live))
		return nil
	}))
	_, err := store.Sessions().ByID(ctx, tenant.Default, gone.ID)
	require.ErrorIs(t, err, outbound.ErrNotFound)
}

// What another transaction holds is left for the next time: the cleanup waits
// for nobody either.
func TestTheCleanupLeavesWhatSomebodyHolds(t *testing.T) {
	store, beside := migrated(t)
	ctx := t.Context()
	a := porttest.Account("ann@example.com")
	require.NoError(t, store.Users().Register(ctx, a))
	held, free := another(t, store, a), another(t, store, a)
	for _, s := range []session.Session{held, free} {
		require.NoError(t, end(ctx, store, s))
	}
	tx, err := beside.Begin(ctx)
	require.NoError(t, err)
	_, err = tx.Exec(ctx, "SELECT 1 FROM sessions WHERE id = $1 FOR UPDATE", held.ID.String())
	require.NoError(t, err)
	remove := func() int {
		n, err := store.Sessions().Remove(ctx, tenant.Default, held.CreatedAt, 10)
		require.NoError(t, err)
		return n
	}
	require.Equal(t, 1, remove())
	_, err = store.Sessions().ByID(ctx, tenant.Default, free.ID)
	require.ErrorIs(t, err, outbound.ErrNotFound)
	require.Zero(t, remove())
	require.NoError(t, tx.Rollback(ctx))
	require.Equal(t, 1, remove())
}

// Another instance that wants to clean up waits for the batch under way, and
// then finds that it is not its turn; or finds that it is, when that one failed.
func TestASecondCleanerWaitsForTheBatchUnderWay(t *testing.T) {
	crashed := errors.New("crashed")
	for name, c := range map[string]struct{ outcome, want error }{
		"which commits": {nil, outbound.ErrConflict},
		"which crashes": {crashed, nil},
	} {
		t.Run(name, func(t *testing.T) {
			store, _ := migrated(t)
			ctx := t.Context()
			a := porttest.Account("ann@example.com")
			require.NoError(t, store.Users().Register(ctx, a))
			gone := another(t, store, a)
			require.NoError(t, end(ctx, store, gone))
			second := make(chan error, 1)
			require.ErrorIs(t, store.Atomically(ctx, func(inside context.Context, tx outbound.Repositories) error {
				require.NoError(t, tx.Leases().Hold(inside, cleaning("ann", gone.CreatedAt)))
				go func() { second <- store.Leases().Hold(context.Background(), cleaning("bob", gone.CreatedAt)) }()
				waitForLock(t)
				_, err := tx.Sessions().Remove(inside, tenant.Default, gone.CreatedAt, 10)
				require.NoError(t, err)
				return c.outcome
			}), c.outcome)
			require.ErrorIs(t, <-second, c.want)
			_, err := store.Sessions().ByID(ctx, tenant.Default, gone.ID)
			if c.outcome == nil {
				require.ErrorIs(t, err, outbound.ErrNotFound)
			} else {
				require.NoError(t, err, "a crash undoes the whole batch")
			}
		})
	}
}

// A session that is being moved on when everybody's are ended ends too: the
// ending waits for the rotation and takes what that made of the row.
func TestAnEndingWaitsForARotationUnderWay(t *testing.T) {
	store, beside := migrated(t)
	ctx := t.Context()
	a := porttest.Account("ann@example.com")
	require.NoError(t, store.Users().Register(ctx, a))
	tx, err := beside.Begin(ctx)
	require.NoError(t, err)
	_, err = tx.Exec(ctx, "UPDATE sessions SET generation = generation + 1, secret_hash = sha256('next')")
	require.NoError(t, err)
	type outcome struct {
		ended []outbound.Ended
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		ended, _, err := store.Sessions().EndNext(context.Background(), outbound.EndingNext{
			Tenant: tenant.Default, Last: a.Session.ID, Limit: 10, Reason: session.ByOperator, At: a.Session.CreatedAt,
		})
		done <- outcome{ended, err}
	}()
	waitForLock(t)
	require.NoError(t, tx.Commit(ctx))
	got := <-done
	require.NoError(t, got.err)
	require.Equal(t, []outbound.Ended{{Session: a.Session.ID, Owner: a.User.ID}}, got.ended)
	stored, err := store.Sessions().ByID(ctx, tenant.Default, a.Session.ID)
	require.NoError(t, err)
	require.EqualValues(t, 1, stored.Rotation.Generation)
	require.Equal(t, session.ByOperator, stored.EndReason)
}

// A sign-in that began before a suspension ends with it: the suspension waits
// for it, since both update the row of the user.
func TestASuspensionWaitsForASignInUnderWay(t *testing.T) {
	store, _ := migrated(t)
	ctx := t.Context()
	a := porttest.Account("ann@example.com")
	require.NoError(t, store.Users().Register(ctx, a))
	opening := porttest.Opening(a)
	opened := opening.Session
	done := make(chan error, 1)
	var ended []session.ID
	require.NoError(t, store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
		if err := tx.Sessions().Open(ctx, opening); err != nil {
			return err
		}
		go func() {
			done <- store.Atomically(context.Background(), func(ctx context.Context, tx outbound.Repositories) (err error) {
				if err := tx.Users().ChangeStatus(ctx, outbound.StatusChange{Tenant: tenant.Default, User: a.User.ID, Was: user.Active, To: user.Suspended, At: opened.CreatedAt}); err != nil {
					return err
				}
				ended, err = tx.Sessions().EndOthers(ctx, outbound.EndingOthers{Tenant: tenant.Default, Owner: a.User.ID, Reason: session.UserSuspended, At: opened.CreatedAt})
				return err
			})
		}()
		waitForLock(t)
		return nil
	}))
	require.NoError(t, <-done)
	require.Equal(t, []session.ID{a.Session.ID, opened.ID}, ended)
}
