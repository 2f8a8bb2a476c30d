package porttest

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

// person is somebody of whom everything that can be stored tells by whom: it
// has their mark in it, of digits alone.
func person(t *testing.T, h StoreHarness, mark string) outbound.Account {
	t.Helper()
	ctx := t.Context()
	text := func(format string) *string {
		s := strings.ReplaceAll(format, "#", mark)
		return &s
	}
	a := account("mail"+mark+"@example.com", "name"+mark)
	a.User.Profile = user.Profile{
		FirstName: text("first#"), LastName: text("last#"), DisplayName: text("display#"), ImageURL: text("https://example.com/#.png"),
		PhoneNumber: text("+35191#"), Timezone: text("zone#"), Locale: text("locale#"),
	}
	a.User.Metadata = []byte(`{"note":"` + mark + strings.Repeat(" and more", 100) + `"}`)
	a.PasswordHash = "hash" + mark
	a.Session.Address, a.Session.UserAgent = "2001:db8::"+mark[:4], "agent"+mark
	a.Session.Device = session.Device{Name: "device" + mark, Type: session.Desktop, Browser: "browser" + mark, OS: "os" + mark}
	a.Session.KeyThumbprint = "key" + mark
	origin := event.Origin{Tenant: tenant.Default, RequestID: "request-" + mark, Address: "192.0." + mark}
	a.Events = []event.Event{
		event.SignedUp(origin, a.User.ID, at), event.SignedIn(origin, a.Session),
		event.FailedSignIn(origin, a.User.ID, event.WrongPassword, at),
		event.Suspended(origin, event.Operator, a.User.ID, "words about "+mark, at),
	}
	require.NoError(t, h.Store.Users().Register(ctx, a))
	next := newSession(a.User)
	next.Device = session.Device{Name: "phone" + mark, Type: session.Mobile, Browser: "mobile" + mark, OS: "phoneos" + mark}
	next.UserAgent = "second" + mark
	o := opening(next, a.PasswordHash)
	o.Event, o.NewDevice = event.SignedIn(origin, next), event.NewDevice(origin, next)
	require.NoError(t, h.Store.Sessions().Open(ctx, o))
	require.NoError(t, h.Store.Activity().Record(ctx, tenant.Default, []session.Activity{
		{Session: next.ID, LastAt: at.Add(time.Minute), Addresses: []session.SeenAddress{{Address: "seen" + mark, FirstAt: at, LastAt: at.Add(time.Minute)}}},
	}))
	letters := []mail.Mail{owed(a.User.ID, "", at), owed(user.ID{}, "MAIL"+mark+"@example.com", at)}
	letters[0].Details = map[string]string{mail.Device: "device" + mark}
	require.NoError(t, h.Store.Outbox().Add(ctx, letters...))
	claim := keyClaim(0, 1, 1, at)
	copy(claim.KeyHash[:], a.User.ID[:])
	require.NoError(t, h.Store.IdempotencyKeys().Claim(ctx, claim))
	require.NoError(t, h.Store.IdempotencyKeys().Keep(ctx, outbound.IdempotentAnswer{
		Tenant: tenant.Default, KeyHash: claim.KeyHash, Claim: claim.Claim, User: a.User.ID, Sealed: []byte("answer" + mark),
	}))
	return a
}

// erase does what a use case does, in its order.
func erase(ctx context.Context, store outbound.Store, u user.User, now time.Time) error {
	return store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
		if err := tx.Users().Erase(ctx, outbound.Erasure{Tenant: u.Tenant, User: u.ID, Was: u.Revision, At: now}); err != nil {
			return err
		}
		if _, err := tx.Outbox().RemoveOfUser(ctx, u.Tenant, u.ID, u.Email); err != nil {
			return err
		}
		ended, err := tx.Sessions().EndOthers(ctx, outbound.EndingOthers{Tenant: u.Tenant, Owner: u.ID, Reason: session.UserDeleted, At: now})
		if err != nil {
			return err
		}
		happened := []event.Event{event.Deleted(event.Origin{Tenant: u.Tenant}, event.OfUser(u.ID), u.ID, now)}
		for _, id := range ended {
			happened = append(happened, event.Ended(event.Origin{Tenant: u.Tenant}, event.OfUser(u.ID), id, u.ID, session.UserDeleted, now))
		}
		return tx.Events().Append(ctx, happened...)
	})
}

func testErasure(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	users := h.Store.Users()
	now := at.Add(time.Hour)
	// So many that trees of the database have pages to merge.
	const gone, kept = "48151623", "27182818"
	for n := range 60 {
		person(t, h, fmt.Sprint(30000000+n*7919))
	}
	ann, bob := person(t, h, gone), person(t, h, kept)
	// What Ann did to Bob's account, from where she was.
	require.NoError(t, h.Store.Events().Append(ctx, event.Reactivated(
		event.Origin{Tenant: tenant.Default, RequestID: "request-" + gone, Address: "192.0." + gone}, event.OfUser(ann.User.ID), bob.User.ID, at)))
	// What Bob did to Ann's.
	require.NoError(t, h.Store.Events().Append(ctx, event.Suspended(
		event.Origin{Tenant: tenant.Default, RequestID: "request-of-bob", Address: "198.51.100.7"}, event.OfUser(bob.User.ID), ann.User.ID, "words", at)))
	bobs := storedOf(t, h, bob)
	require.Contains(t, h.Dump(t), gone)
	mails, err := h.Store.Outbox().List(ctx, tenant.Default, false, mail.ID{}, 1000)
	require.NoError(t, err)
	events := len(all(t, h))

	t.Run("not from another revision, and then nothing is gone", func(t *testing.T) {
		require.ErrorIs(t, users.Erase(ctx, outbound.Erasure{Tenant: tenant.Default, User: ann.User.ID, Was: 7, At: now}), outbound.ErrStale)
		require.ErrorIs(t, users.Erase(ctx, outbound.Erasure{Tenant: tenant.ID{9}, User: ann.User.ID, Was: 1, At: now}), outbound.ErrStale)
		require.ErrorIs(t, users.Erase(ctx, outbound.Erasure{Tenant: tenant.Default, User: newID(), Was: 1, At: now}), outbound.ErrStale)
		_, hash, err := users.WithPassword(ctx, tenant.Default, ann.User.ID)
		require.NoError(t, err)
		require.Equal(t, ann.PasswordHash, hash)
	})
	t.Run("in a transaction that fails, nothing is gone", func(t *testing.T) {
		require.ErrorIs(t, h.Store.Atomically(ctx, func(ctx context.Context, tx outbound.Repositories) error {
			require.NoError(t, tx.Users().Erase(ctx, outbound.Erasure{Tenant: tenant.Default, User: ann.User.ID, Was: 1, At: now}))
			return errOnPurpose
		}), errOnPurpose)
		_, hash, err := users.WithPassword(ctx, tenant.Default, ann.User.ID)
		require.NoError(t, err)
		require.Equal(t, ann.PasswordHash, hash)
	})

	require.NoError(t, erase(ctx, h.Store, ann.User, now))

	t.Run("nothing that is stored tells of the person", func(t *testing.T) {
		dump := h.Dump(t)
		// As PostgreSQL writes bytes.
		for _, told := range []string{gone, hex.EncodeToString([]byte(gone)), "2001:db8::" + gone[:4]} {
			require.NotContains(t, dump, told)
		}
		require.Contains(t, dump, ann.User.ID.String(), "the id stays")
	})
	t.Run("nobody else's is touched", func(t *testing.T) {
		left, err := h.Store.Outbox().List(ctx, tenant.Default, false, mail.ID{}, 1000)
		require.NoError(t, err)
		require.Len(t, left, len(mails)-2)
		for key, want := range map[user.ID]error{bob.User.ID: nil, ann.User.ID: outbound.ErrNotFound} {
			var hash [32]byte
			copy(hash[:], key[:])
			_, err = h.Store.IdempotencyKeys().Present(ctx, tenant.Default, hash, [32]byte{1})
			require.ErrorIs(t, err, want)
		}
		after := storedOf(t, h, bob)
		done := &after.Events[0] // by Ann
		require.Equal(t, event.UserReactivated, done.Name)
		require.Empty(t, done.Address+done.RequestID)
		*done = bobs.Events[0]
		require.Equal(t, bobs, after)
	})
	t.Run("what stays is a tombstone", func(t *testing.T) {
		got, hash, err := users.WithPassword(ctx, tenant.Default, ann.User.ID)
		require.NoError(t, err)
		require.Empty(t, hash)
		require.Equal(t, user.User{
			Tenant: tenant.Default, ID: ann.User.ID, Metadata: []byte("{}"), Status: user.Deleted,
			CreatedAt: ann.User.CreatedAt, UpdatedAt: now, Revision: 2,
		}, got)
		require.ErrorIs(t, erase(ctx, h.Store, got, now), outbound.ErrStale, "once")
		list, err := users.List(ctx, tenant.Default, user.Deleted, user.ID{}, 10)
		require.NoError(t, err)
		require.Equal(t, []user.User{got}, list)
	})
	t.Run("its sessions are over and tell nothing", func(t *testing.T) {
		list, err := h.Store.Sessions().OfUser(ctx, tenant.Default, ann.User.ID, session.ID{}, 10)
		require.NoError(t, err)
		require.Len(t, list, 2)
		for _, s := range list {
			require.Equal(t, session.UserDeleted, s.EndReason)
			require.Equal(t, session.Device{Type: session.Unknown}, s.Device)
			require.Empty(t, s.Address+s.UserAgent+s.KeyThumbprint)
		}
		devices, err := h.Store.Activity().Devices(ctx, tenant.Default, ann.User.ID)
		require.NoError(t, err)
		require.Empty(t, devices)
		require.ErrorIs(t, h.Store.Sessions().Open(ctx, opening(newSession(ann.User), ann.PasswordHash)), outbound.ErrStale)
	})
	t.Run("its events are there, and tell what and when", func(t *testing.T) {
		list := all(t, h)
		require.Len(t, list, events+3)
		for _, e := range list {
			if e.Actor == event.OfUser(bob.User.ID) && e.User == ann.User.ID {
				require.Equal(t, "198.51.100.7request-of-bob", e.Address+e.RequestID, "where Bob was is not about Ann")
				require.Empty(t, e.Payload)
				continue
			}
			if e.User == ann.User.ID {
				require.Empty(t, e.Address+e.RequestID, e.Name)
				require.Empty(t, e.Payload[event.Browser], e.Name)
			}
			if e.Name == event.SignInFailed {
				require.Equal(t, event.WrongPassword, e.Payload["reason"])
			}
		}
		require.Equal(t, event.UserDeleted, list[events].Name)
	})
	t.Run("what still happens is told without the person", func(t *testing.T) {
		origin := event.Origin{Tenant: tenant.Default, RequestID: "request-late", Address: "192.0.2.66"}
		require.NoError(t, h.Store.Events().Append(ctx,
			event.FailedReauthentication(origin, ann.User.ID, ann.Session.ID, event.Overtaken, now), event.FailedSignIn(origin, ann.User.ID, event.Overtaken, now),
			event.Deleted(origin, event.OfUser(bob.User.ID), ann.User.ID, now), event.FailedSignIn(origin, bob.User.ID, event.WrongPassword, now),
		))
		list := all(t, h)
		for i, want := range []string{"", "", "192.0.2.66request-late", "192.0.2.66request-late"} {
			e := list[len(list)-4+i]
			require.Equal(t, want, e.Address+e.RequestID, e.Actor)
		}
	})
	t.Run("a use that was noted before is not stored any more", func(t *testing.T) {
		list, err := h.Store.Sessions().OfUser(ctx, tenant.Default, ann.User.ID, session.ID{}, 10)
		require.NoError(t, err)
		seen := []session.SeenAddress{{Address: "192.0.2.77", FirstAt: now, LastAt: now}}
		require.NoError(t, h.Store.Activity().Record(ctx, tenant.Default, []session.Activity{
			{Session: list[0].ID, LastAt: now, Addresses: seen}, {Session: bob.Session.ID, LastAt: now, Addresses: seen},
		}))
		for id, want := range map[session.ID]int{list[0].ID: 0, bob.Session.ID: 2} {
			addresses, err := h.Store.Activity().Addresses(ctx, tenant.Default, id)
			require.NoError(t, err)
			require.Len(t, addresses, want)
		}
	})
	t.Run("its names are free", func(t *testing.T) {
		taken, err := users.Taken(ctx, tenant.Default, ann.User.Email, ann.User.Username)
		require.NoError(t, err)
		require.Zero(t, taken)
		again := register(t, h.Store, ann.User.Email.String(), ann.User.Username.String())
		got, _, err := users.ForSignIn(ctx, tenant.Default, identifier(ann.User))
		require.NoError(t, err)
		require.Equal(t, again.User.ID, got.ID)
		// And again, beside the first tombstone.
		require.NoError(t, erase(ctx, h.Store, again.User, now))
	})
}

// stored is what a store has of one user.
type stored struct {
	User      user.User
	Hash      string
	Sessions  []session.Session
	Addresses [][]session.SeenAddress
	Devices   []session.KnownDevice
	Events    []event.Recorded
}

func storedOf(t *testing.T, h StoreHarness, a outbound.Account) (s stored) {
	t.Helper()
	ctx := t.Context()
	var err error
	s.User, s.Hash, err = h.Store.Users().WithPassword(ctx, tenant.Default, a.User.ID)
	require.NoError(t, err)
	s.Sessions, err = h.Store.Sessions().OfUser(ctx, tenant.Default, a.User.ID, session.ID{}, 10)
	require.NoError(t, err)
	for _, one := range s.Sessions {
		list, err := h.Store.Activity().Addresses(ctx, tenant.Default, one.ID)
		require.NoError(t, err)
		s.Addresses = append(s.Addresses, list)
	}
	s.Devices, err = h.Store.Activity().Devices(ctx, tenant.Default, a.User.ID)
	require.NoError(t, err)
	s.Events, err = h.Store.Events().OfUser(ctx, tenant.Default, a.User.ID, nil, event.Position{}, 100)
	require.NoError(t, err)
	return s
}

// An account is erased once, whatever else is done to it at the same time; and
// what was being stored about it is gone too.
func testErasureTogether(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	for range 8 {
		a := register(t, h.Store, "ann@example.com", "")
		var erased atomic.Int32
		var wg sync.WaitGroup
		start := make(chan struct{})
		for n := range 12 {
			wg.Go(func() {
				<-start
				var err error
				switch n % 4 {
				case 0:
					if err = erase(ctx, h.Store, a.User, at.Add(time.Hour)); err == nil {
						erased.Add(1)
					}
				case 1:
					err = h.Store.Activity().Record(ctx, tenant.Default, []session.Activity{{
						Session: a.Session.ID, LastAt: at.Add(time.Minute), Addresses: []session.SeenAddress{{Address: "192.0.2.88", FirstAt: at, LastAt: at}},
					}})
				case 2:
					err = h.Store.Sessions().Open(ctx, opening(newSession(a.User), a.PasswordHash))
				case 3:
					_, err = h.Store.Sessions().EndOthers(ctx, outbound.EndingOthers{Tenant: tenant.Default, Owner: a.User.ID, Reason: session.Revoked, At: at})
				}
				if err != nil && !errors.Is(err, outbound.ErrStale) {
					t.Errorf("%d: %v", n, err)
				}
			})
		}
		close(start)
		wg.Wait()
		require.EqualValues(t, 1, erased.Load())
		list, err := h.Store.Sessions().OfUser(ctx, tenant.Default, a.User.ID, session.ID{}, 100)
		require.NoError(t, err)
		for _, s := range list {
			require.NotNil(t, s.EndedAt)
			require.Empty(t, s.Address+s.UserAgent)
			addresses, err := h.Store.Activity().Addresses(ctx, tenant.Default, s.ID)
			require.NoError(t, err)
			require.Empty(t, addresses)
		}
		devices, err := h.Store.Activity().Devices(ctx, tenant.Default, a.User.ID)
		require.NoError(t, err)
		require.Empty(t, devices)
	}
}

// Whichever of the two comes first, an address that is stored while an account
// is being erased is not there afterwards.
func testErasureAndUse(t *testing.T, h StoreHarness) {
	use := func(a outbound.Account) func(context.Context, outbound.Repositories) error {
		return func(ctx context.Context, tx outbound.Repositories) error {
			return tx.Activity().Record(ctx, tenant.Default, []session.Activity{{
				Session: a.Session.ID, LastAt: at.Add(time.Minute), Addresses: []session.SeenAddress{{Address: "192.0.2.99", FirstAt: at, LastAt: at}},
			}})
		}
	}
	erasure := func(a outbound.Account) func(context.Context, outbound.Repositories) error {
		return func(ctx context.Context, tx outbound.Repositories) error {
			return tx.Users().Erase(ctx, outbound.Erasure{Tenant: tenant.Default, User: a.User.ID, Was: a.User.Revision, At: at})
		}
	}
	for name, order := range map[string]func(a outbound.Account) (first, second func(context.Context, outbound.Repositories) error){
		"the use first": func(a outbound.Account) (first, second func(context.Context, outbound.Repositories) error) {
			return use(a), erasure(a)
		},
		"the erasure first": func(a outbound.Account) (first, second func(context.Context, outbound.Repositories) error) {
			return erasure(a), use(a)
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := context.WithoutCancel(t.Context())
			a := register(t, h.Store, user.ID(newID()).String()+"@example.com", "")
			first, second := order(a)
			done := make(chan error, 1)
			require.NoError(t, h.Store.Atomically(ctx, func(inside context.Context, tx outbound.Repositories) error {
				if err := first(inside, tx); err != nil {
					return err
				}
				go func() { done <- h.Store.Atomically(ctx, second) }()
				// It has to wait for us: it is given the time to do otherwise.
				select {
				case err := <-done:
					done <- err
				case <-time.After(200 * time.Millisecond):
				}
				return nil
			}))
			require.NoError(t, <-done)
			addresses, err := h.Store.Activity().Addresses(ctx, tenant.Default, a.Session.ID)
			require.NoError(t, err)
			require.Empty(t, addresses)
		})
	}
}
