package porttest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/ports/outbound"
)

// StoreHarness is a store under test and the three things that the suite needs
// beside the port.
type StoreHarness struct {
	Store outbound.Store
	// Exec runs SQL that every engine takes, as somebody else who changes the
	// database would.
	Exec func(t *testing.T, sql string)
	// BreakCommits makes every transaction that writes an event fail when it
	// commits, and no sooner.
	BreakCommits func(t *testing.T)
	// Settle waits until readers of the log are shown all that was committed so
	// far: transactions of others on the same server may hold it back.
	Settle func(t *testing.T)
	// Dump gives all that is stored, as whoever has the database could read it:
	// the bytes of its files or, where those are the server's, every row.
	Dump func(t *testing.T) string
}

// Store is the contract of outbound.Store. Open gives an empty, migrated store
// of its own each time, and closes it when the test ends.
func Store(t *testing.T, open func(t *testing.T) StoreHarness) {
	for name, test := range map[string]func(t *testing.T, h StoreHarness){
		"Users":            testUsers,
		"Sessions":         testSessions,
		"Rotation":         testRotation,
		"Binding":          testBinding,
		"UsedProofs":       testUsedProofs,
		"IdempotencyKeys":  testIdempotencyKeys,
		"Endings":          testEndings,
		"Activity":         testActivity,
		"Devices":          testDevices,
		"History":          testHistory,
		"Pages":            testPages,
		"Idleness":         testIdleness,
		"Displacement":     testDisplacement,
		"Reauthentication": testReauthentication,
		"Passwords":        testPasswords,
		"PasswordUpgrades": testPasswordUpgrades,
		"Transfers":        testTransfers,
		"SigningKeys":      testSigningKeys,
		"KeyRevocation":    testKeyRevocation,
		"Leases":           testLeases,
		"Guesses":          testGuesses,
		"Removal":          testRemoval,
		"EndNext":          testEndNext,
		"Operators":        testUsersByOperators,
		"Profiles":         testProfiles,
		"Mailboxes":        testMailboxes,
		"Erasure":          testErasure,
		"ErasureTogether":  testErasureTogether,
		"ErasureAndUse":    testErasureAndUse,
		"Search":           testSearch,
		"SearchInMotion":   testSearchInMotion,
		"AddingUsers":      testAddingUsers,
		"Administrators":   testAdministrators,
		"Events":           testEvents,
		"Feed":             testFeed,
		"Atomically":       testAtomically,
		"BrokenCommits":    testBrokenCommits,
		"Contexts":         testContexts,
		"Health":           testHealth,
		"Clients":          testClients,
		"Outbox":           testOutbox,
		"OutboxHolding":    testOutboxHolding,
		"OutboxCare":       testOutboxCare,
		"OutboxNotices":    testOutboxNotices,
		"MailedTokens":     testMailedTokens,
		"MailboxProofs":    testProofsOfMailboxes,
		"QuietSignUps":     testQuietSignUps,
		"UnaskedSessions":  testUnaskedSessions,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

var errOnPurpose = errors.New("on purpose")

func testAtomically(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	count := func() int { return len(all(t, h)) }
	ann := register(t, h.Store, "ann@example.com", "")
	happened := event.SignedUp(event.Origin{Tenant: tenant.Default}, ann.User.ID, at)
	before := count()

	t.Run("an error rolls back and is passed on", func(t *testing.T) {
		err := h.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
			require.NoError(t, tx.Events().Append(ctx, happened))
			require.NoError(t, tx.Sessions().End(ctx, ending(ann.Session, session.Revoked)))
			return errOnPurpose
		})
		require.ErrorIs(t, err, errOnPurpose)
		require.Equal(t, before, count())
		s, err := h.Store.Sessions().ByID(ctx, tenant.Default, ann.Session.ID)
		require.NoError(t, err)
		require.Nil(t, s.EndedAt)
	})

	t.Run("a panic rolls back and is passed on", func(t *testing.T) {
		require.PanicsWithValue(t, "on purpose", func() {
			_ = h.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
				require.NoError(t, tx.Events().Append(ctx, happened))
				panic("on purpose")
			})
		})
		require.Equal(t, before, count())
	})

	t.Run("a context that ends rolls back", func(t *testing.T) {
		ctx, cancel := context.WithCancel(ctx)
		err := h.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
			require.NoError(t, tx.Events().Append(ctx, happened))
			cancel()
			return nil
		})
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, before, count())
	})

	t.Run("it reads what it wrote, and commits all of it", func(t *testing.T) {
		err := h.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
			if err := tx.Sessions().End(ctx, ending(ann.Session, session.Revoked)); err != nil {
				return err
			}
			s, err := tx.Sessions().ByID(ctx, tenant.Default, ann.Session.ID)
			require.NoError(t, err)
			require.NotNil(t, s.EndedAt)
			return tx.Events().Append(ctx, happened)
		})
		require.NoError(t, err)
		require.Equal(t, before+2, count(), "the event of the ending, and the one beside it")
	})

	t.Run("it cannot be nested by way of the store", func(t *testing.T) {
		err := h.Store.Atomically(ctx, func(ctx context.Context, _ outbound.Repositories) error {
			_, err := h.Store.Sessions().ByID(ctx, tenant.Default, ann.Session.ID)
			require.Error(t, err)
			require.NotErrorIs(t, err, outbound.ErrNotFound)
			require.Error(t, h.Store.Events().Append(ctx, happened))
			return h.Store.Atomically(ctx, func(context.Context, outbound.Repositories) error { return nil })
		})
		require.Error(t, err)
	})

	t.Run("many at once all commit", func(t *testing.T) {
		before := count()
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				require.NoError(t, h.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
					return tx.Events().Append(ctx, happened)
				}))
			})
		}
		wg.Wait()
		require.Equal(t, before+16, count())
	})
}

// A commit that fails is an error, and nothing of what it held is there.
func testBrokenCommits(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	ann := register(t, h.Store, "ann@example.com", "")
	before := len(all(t, h))
	h.BreakCommits(t)

	bob := account("bob@example.com", "")
	require.Error(t, h.Store.Users().Register(ctx, bob))
	_, _, err := h.Store.Users().ForSignIn(ctx, tenant.Default, identifier(bob.User))
	require.ErrorIs(t, err, outbound.ErrNotFound)

	next := newSession(ann.User)
	require.Error(t, h.Store.Sessions().Open(ctx, opening(next, ann.PasswordHash)))
	_, err = h.Store.Sessions().ByID(ctx, tenant.Default, next.ID)
	require.ErrorIs(t, err, outbound.ErrNotFound)

	_, err = h.Store.Sessions().Reauthenticate(ctx, reauthentication(ann, at))
	require.Error(t, err)
	require.Error(t, h.Store.Sessions().End(ctx, ending(ann.Session, session.Revoked)))
	s, err := h.Store.Sessions().ByID(ctx, tenant.Default, ann.Session.ID)
	require.NoError(t, err)
	require.Equal(t, ann.Session, s)

	require.Error(t, h.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
		return tx.Events().Append(ctx, event.SignedUp(event.Origin{Tenant: tenant.Default}, ann.User.ID, at))
	}))
	require.Len(t, all(t, h), before)
}

func testContexts(t *testing.T, h StoreHarness) {
	ann := register(t, h.Store, "ann@example.com", "")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := h.Store.Sessions().ByID(ended, tenant.Default, ann.Session.ID)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, h.Store.Users().Register(ended, account("bob@example.com", "")), context.Canceled)
	require.ErrorIs(t, h.Store.Atomically(ended, func(context.Context, outbound.Repositories) error { return nil }), context.Canceled)

	late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	_, err = h.Store.Sessions().ByID(late, tenant.Default, ann.Session.ID)
	require.ErrorIs(t, err, outbound.ErrUnavailable)

	_, err = h.Store.Sessions().ByID(t.Context(), tenant.Default, ann.Session.ID)
	require.NoError(t, err, "and the store is none the worse")
}

func testHealth(t *testing.T, h StoreHarness) {
	health := h.Store.Health(t.Context())
	require.NoError(t, health.Err)
	require.True(t, health.Ready())
	require.NotEmpty(t, health.Engine)
	require.Positive(t, health.Migrations.Expected)
	require.Equal(t, health.Migrations.Expected, health.Migrations.Current)
	require.Positive(t, health.Pool.Max)
	require.False(t, health.CheckedAt.IsZero())

	h.Exec(t, "DELETE FROM goose_db_version WHERE version_id = (SELECT max(version_id) FROM goose_db_version)")
	require.False(t, h.Store.Health(t.Context()).Ready(), "behind its migrations")
	h.Exec(t, "DROP TABLE goose_db_version")
	health = h.Store.Health(t.Context())
	require.NoError(t, health.Err)
	require.Zero(t, health.Migrations.Current)
}
