package app_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/app/activity"
	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/ports/inbound"
	"github.com/plinto/plinto/ports/outbound"
)

// store what was noted, as a program that drains does.
func (w *world) drain() {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	cancel()
	require.NoError(w.t, w.Activity.Run(ctx))
}

func TestUseIsStoredOnceForAll(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	opened := w.clock.Now()
	w.clock.Advance(time.Minute)
	require.NoError(t, w.Revocations.Load(t.Context()))
	asked := w.store.asked.Load()
	from := func(address string) {
		caller := w.caller()
		caller.Address = address
		_, err := w.Tokens.Authenticate(t.Context(), caller, in.Tokens.Access)
		require.NoError(t, err)
	}
	for range 10 {
		from("192.0.2.8")
	}
	from("192.0.2.9")
	require.Equal(t, asked, w.store.asked.Load(), "no store is asked")
	require.Equal(t, opened, w.stored(in.Session.ID).LastActivityAt)
	asked = w.store.asked.Load()
	w.drain()
	require.EqualValues(t, 1, w.store.asked.Load()-asked)
	w.drain()
	require.EqualValues(t, 1, w.store.asked.Load()-asked, "there is nothing left")
	require.Equal(t, w.clock.Now(), w.stored(in.Session.ID).LastActivityAt)

	detail, err := w.Sessions.Get(t.Context(), w.principal(in), in.Session.ID)
	require.NoError(t, err)
	require.ElementsMatch(t, []session.SeenAddress{
		{Address: "192.0.2.7", FirstAt: opened, LastAt: opened},
		{Address: "192.0.2.8", FirstAt: w.clock.Now(), LastAt: w.clock.Now()},
		{Address: "192.0.2.9", FirstAt: w.clock.Now(), LastAt: w.clock.Now()},
	}, detail.Addresses)
	require.Equal(t, &session.KnownDevice{Device: in.Session.Device, FirstSeenAt: opened, LastSeenAt: opened}, detail.Device)
	w.exec("DELETE FROM devices")
	detail, err = w.Sessions.Get(t.Context(), w.principal(in), in.Session.ID)
	require.NoError(t, err)
	require.Nil(t, detail.Device)
}

func TestARefreshFromAnotherAddressIsSeen(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	caller := w.caller()
	caller.Address = "198.51.100.1"
	_, err := w.Tokens.Refresh(t.Context(), caller, in.Tokens.Refresh)
	require.NoError(t, err)
	caller.Address = "198.51.100.66"
	_, err = w.Tokens.Refresh(t.Context(), caller, in.Tokens.Refresh+"x")
	require.Error(t, err)
	w.drain()
	list, err := w.store.Store.Activity().Addresses(t.Context(), tenant.Default, in.Session.ID)
	require.NoError(t, err)
	require.Len(t, list, 2, "a token that is refused is no use")
}

func TestATokenThatIsRefusedIsNoUse(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	require.NoError(t, w.Tokens.SignOut(t.Context(), w.caller(), in.Tokens.Access))
	caller := w.caller()
	caller.Address = "198.51.100.66"
	_, err := w.Tokens.Authenticate(t.Context(), caller, in.Tokens.Access)
	requireCode(t, fault.InvalidToken, err)
	w.drain()
	list, err := w.store.Store.Activity().Addresses(t.Context(), tenant.Default, in.Session.ID)
	require.NoError(t, err)
	require.Len(t, list, 1)
}

// A store that is away keeps no request waiting, and what it missed is stored
// when it is back.
func TestUseOutlastsAStoreThatIsAway(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	w.clock.Advance(time.Minute)
	require.NoError(t, w.Revocations.Load(t.Context()))
	w.store.away.Store(true)
	caller, then := w.caller(), w.clock.Now()
	caller.Address = "192.0.2.8"
	_, err := w.Tokens.Authenticate(t.Context(), caller, in.Tokens.Access)
	require.NoError(t, err)
	w.drain()
	w.drain()
	w.clock.Advance(time.Millisecond)
	w.principal(in)
	w.store.away.Store(false)
	w.drain()
	require.Equal(t, w.clock.Now(), w.stored(in.Session.ID).LastActivityAt)
	list, err := w.store.Store.Activity().Addresses(t.Context(), tenant.Default, in.Session.ID)
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.Equal(t, w.clock.Now(), list[0].LastAt)
	require.Equal(t, session.SeenAddress{Address: "192.0.2.8", FirstAt: then, LastAt: then}, list[1])
}

// batches is a store that keeps what is recorded, and may refuse it.
type batches struct {
	outbound.Activity
	mu      sync.Mutex
	sizes   []int
	refuse  func(list []session.Activity) error
	written map[session.ID]session.Activity
}

func (b *batches) Record(_ context.Context, _ tenant.ID, list []session.Activity) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.refuse != nil {
		if err := b.refuse(list); err != nil {
			return err
		}
	}
	b.sizes = append(b.sizes, len(list))
	for _, a := range list {
		b.written[a.Session] = a
	}
	return nil
}

type activityStore struct {
	outbound.Store
	kept *batches
}

func (s activityStore) Activity() outbound.Activity { return s.kept }

func noted(n int) session.ID { return session.ID{byte(n >> 16), byte(n >> 8), byte(n), 1} }

func TestUseIsStoredInBatchesAndBounded(t *testing.T) {
	kept := &batches{written: map[session.ID]session.Activity{}}
	s := activity.New(outbound.World{Store: activityStore{kept: kept}}, time.Hour)
	now := time.Unix(1, 0)
	for n := range 100_050 {
		s.Note(tenant.Default, noted(n), "192.0.2.1", now)
	}
	s.Note(tenant.Default, noted(1), "192.0.2.2", now)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, s.Run(ended))
	require.Len(t, kept.written, 100_000)
	require.Len(t, kept.sizes, 200)
	require.Len(t, kept.written[noted(1)].Addresses, 2, "who is noted already is noted on")
}

// What is refused for what is in it is given up and told of, and takes nothing
// else with it.
func TestABatchThatIsRefusedIsGivenUp(t *testing.T) {
	kept := &batches{written: map[session.ID]session.Activity{}}
	bad := errors.New("refused")
	kept.refuse = func(list []session.Activity) error {
		for _, a := range list {
			if a.Session == noted(7) {
				return bad
			}
		}
		return nil
	}
	s := activity.New(outbound.World{Store: activityStore{kept: kept}}, time.Hour)
	for n := range 1500 {
		s.Note(tenant.Default, noted(n), "", time.Unix(1, 0))
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.Run(ended), bad)
	require.Len(t, kept.written, 1000)
	require.NoError(t, s.Run(ended))
}

// A session that is used while a write fails keeps both uses.
func TestUseDuringAWriteThatFails(t *testing.T) {
	kept := &batches{written: map[session.ID]session.Activity{}}
	s := activity.New(outbound.World{Store: activityStore{kept: kept}}, time.Hour)
	first, second := time.Unix(1, 0), time.Unix(2, 0)
	kept.refuse = func([]session.Activity) error {
		s.Note(tenant.Default, noted(1), "192.0.2.2", second)
		return outbound.ErrUnavailable
	}
	s.Note(tenant.Default, noted(1), "192.0.2.1", first)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, s.Run(ended))
	kept.refuse = nil
	require.NoError(t, s.Run(ended))
	require.Equal(t, session.Activity{Session: noted(1), LastAt: second, Addresses: []session.SeenAddress{
		{Address: "192.0.2.2", FirstAt: second, LastAt: second}, {Address: "192.0.2.1", FirstAt: first, LastAt: first},
	}}, kept.written[noted(1)])
}

func TestUseIsStoredOnceInAWhile(t *testing.T) {
	kept := &batches{written: map[session.ID]session.Activity{}}
	s := activity.New(outbound.World{Store: activityStore{kept: kept}}, time.Millisecond)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	s.Note(tenant.Default, noted(1), "", time.Unix(1, 0))
	require.Eventually(t, func() bool {
		kept.mu.Lock()
		defer kept.mu.Unlock()
		return len(kept.written) == 1
	}, 10*time.Second, time.Millisecond)
	cancel()
	require.NoError(t, <-done)
}

func TestASignInFromANewDeviceIsAnEvent(t *testing.T) {
	w := newWorld(t)
	w.signUp("ann@example.com")
	w.signIn("ann@example.com")
	names, _ := w.happened()
	require.NotContains(t, names, "session.new_device")
	phone := w.caller()
	phone.Hints = session.Hints{Brands: `"Google Chrome";v="140"`, Mobile: "?1", Platform: `"Android"`}
	in, err := w.Accounts.SignIn(t.Context(), phone, inbound.SignIn{Email: "ann@example.com", Password: credential.NewPassword(password)})
	require.NoError(t, err)
	names, last := w.happened()
	require.True(t, strings.HasSuffix(names, "session.created session.new_device"), names)
	require.Equal(t, "Chrome on Android", last.Payload["device_name"])
	require.Equal(t, event.OfSession(in.Session.ID), last.Subject)
	require.Equal(t, phone.Address, last.Address)
}

func TestOwnersSeeWhatHappenedAroundTheirAccount(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	ann := w.signUp("ann@example.com")
	bob := w.signUp("bob@example.com")
	wrong := func(email string) {
		_, err := w.Accounts.SignIn(ctx, w.caller(), inbound.SignIn{Email: email, Password: credential.NewPassword("a wrong password")})
		requireCode(t, fault.InvalidCredentials, err)
	}
	wrong("ann@example.com")
	wrong("bob@example.com")
	wrong("nobody@example.com")
	second := w.signIn("ann@example.com")
	w.clock.Advance(time.Hour)
	next := w.mustRefresh(second.Tokens.Refresh)
	w.mustRefresh(next.Refresh)
	_, err := w.refresh(second.Tokens.Refresh)
	requireCode(t, fault.InvalidRefreshToken, err)

	var got []string
	page := inbound.EventPage{Limit: 2}
	who := principalOf(ann)
	for {
		list, err := w.Activity.Recent(ctx, who, page)
		require.NoError(t, err)
		require.LessOrEqual(t, len(list.Events), 2)
		for _, e := range list.Events {
			require.Equal(t, ann.User.ID, e.User)
			got = append(got, string(e.Name))
		}
		if list.Next.IsZero() {
			break
		}
		page.After = list.Next
	}
	require.Equal(t, "session.reuse_detected session.revoked session.created sign_in.failed session.created", strings.Join(got, " "))

	list, err := w.Activity.Alerts(ctx, who, inbound.EventPage{Limit: 10})
	require.NoError(t, err)
	require.Len(t, list.Events, 1)
	require.Equal(t, event.SessionReuseDetected, list.Events[0].Name)
	list, err = w.Activity.Alerts(ctx, principalOf(bob), inbound.EventPage{Limit: 10})
	require.NoError(t, err)
	require.Empty(t, list.Events)
	stranger := principalOf(ann)
	stranger.Tenant = tenant.ID{9}
	list, err = w.Activity.Recent(ctx, stranger, inbound.EventPage{Limit: 10})
	require.NoError(t, err)
	require.Empty(t, list.Events)

	w.store.away.Store(true)
	_, err = w.Activity.Recent(ctx, who, inbound.EventPage{Limit: 10})
	requireCode(t, fault.Unavailable, err)
	_, err = w.Activity.Alerts(ctx, who, inbound.EventPage{Limit: 10})
	requireCode(t, fault.Unavailable, err)
}

func principalOf(in inbound.SignedIn) inbound.Principal {
	return inbound.Principal{Tenant: tenant.Default, User: in.User.ID, Session: in.Session.ID}
}

// However much else happened, pages of alerts go on, and all of them together
// are what the whole log has.
func TestPagesOfAlertsGoOnThroughALongLog(t *testing.T) {
	w := newWorld(t)
	ann := w.signUp("ann@example.com")
	origin := w.caller().Origin()
	at := w.clock.Now()
	var list []event.Event
	add := func(n int, e func(n int) event.Event) {
		for i := range n {
			list = append(list, e(i))
		}
	}
	failed := func(int) event.Event { return event.FailedSignIn(origin, ann.User.ID, event.WrongPassword, at) }
	ended := func(int) event.Event {
		return event.Ended(origin, event.Anonymous, ann.Session.ID, ann.User.ID, session.Revoked, at)
	}
	device := func(n int) event.Event {
		s := ann.Session
		s.Device.Name = fmt.Sprint(n)
		return event.NewDevice(origin, s)
	}
	add(7, failed)
	add(2100, ended)
	add(1, failed)
	add(700, ended)
	add(30, device)
	require.NoError(t, w.store.Store.Events().Append(t.Context(), list...))
	var got []event.Name
	page := inbound.EventPage{Limit: 20}
	for n := 0; ; n++ {
		require.Less(t, n, 10)
		part, err := w.Activity.Alerts(t.Context(), principalOf(ann), page)
		require.NoError(t, err)
		require.LessOrEqual(t, len(part.Events), 20)
		for _, e := range part.Events {
			got = append(got, e.Name)
		}
		if part.Next.IsZero() {
			break
		}
		page.After = part.Next
	}
	require.Len(t, got, 31)
	require.Equal(t, event.SignInFailed, got[30])
	require.NotContains(t, got[:30], event.SignInFailed)
}
