package porttest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/ports/outbound"
)

func testActivity(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	use := h.Store.Activity()
	record := func(t *testing.T, list ...session.Activity) {
		t.Helper()
		require.NoError(t, use.Record(ctx, tenant.Default, list))
	}
	lastActivity := func(t *testing.T, id session.ID) time.Time {
		t.Helper()
		s, err := h.Store.Sessions().ByID(ctx, tenant.Default, id)
		require.NoError(t, err)
		return s.LastActivityAt
	}
	addresses := func(t *testing.T, id session.ID) []session.SeenAddress {
		t.Helper()
		list, err := use.Addresses(ctx, tenant.Default, id)
		require.NoError(t, err)
		return list
	}
	later := func(n int) time.Time { return at.Add(time.Duration(n) * time.Minute) }

	t.Run("a session begins with the address it was opened from", func(t *testing.T) {
		a := register(t, h.Store, "first@example.com", "")
		s := newSession(a.User)
		s.Address = "192.0.2.9"
		require.NoError(t, h.Store.Sessions().Open(ctx, opening(s, a.PasswordHash)))
		require.Equal(t, []session.SeenAddress{{Address: a.Session.Address, FirstAt: at, LastAt: at}}, addresses(t, a.Session.ID))
		require.Equal(t, []session.SeenAddress{{Address: "192.0.2.9", FirstAt: at, LastAt: at}}, addresses(t, s.ID))
		s = newSession(a.User)
		s.Address = ""
		require.NoError(t, h.Store.Sessions().Open(ctx, opening(s, a.PasswordHash)))
		require.Empty(t, addresses(t, s.ID), "nothing is known of it")
	})

	t.Run("many sessions at once, and nothing goes back", func(t *testing.T) {
		ann, bob := register(t, h.Store, "ann@example.com", ""), register(t, h.Store, "bob@example.com", "")
		record(t)
		record(t,
			session.Activity{Session: ann.Session.ID, LastAt: later(2), Addresses: []session.SeenAddress{
				{Address: "192.0.2.1", FirstAt: later(1), LastAt: later(1)}, {Address: ann.Session.Address, FirstAt: later(2), LastAt: later(2)},
			}},
			session.Activity{Session: bob.Session.ID, LastAt: later(1)},
			session.Activity{Session: newID(), LastAt: later(1), Addresses: []session.SeenAddress{{Address: "192.0.2.1", FirstAt: at, LastAt: at}}},
		)
		require.Equal(t, later(2), lastActivity(t, ann.Session.ID))
		require.Equal(t, later(1), lastActivity(t, bob.Session.ID))
		require.Equal(t, []session.SeenAddress{
			{Address: ann.Session.Address, FirstAt: at, LastAt: later(2)}, {Address: "192.0.2.1", FirstAt: later(1), LastAt: later(1)},
		}, addresses(t, ann.Session.ID))

		record(t, session.Activity{Session: ann.Session.ID, LastAt: at, Addresses: []session.SeenAddress{
			{Address: ann.Session.Address, FirstAt: later(1), LastAt: later(1)}, {Address: "192.0.2.1", FirstAt: at, LastAt: at},
		}})
		require.Equal(t, later(2), lastActivity(t, ann.Session.ID))
		require.Equal(t, []session.SeenAddress{
			{Address: ann.Session.Address, FirstAt: at, LastAt: later(2)}, {Address: "192.0.2.1", FirstAt: at, LastAt: later(1)},
		}, addresses(t, ann.Session.ID))
	})

	t.Run("what is over stays as it was, but for the addresses", func(t *testing.T) {
		ended, expired := register(t, h.Store, "ended@example.com", "").Session, register(t, h.Store, "expired@example.com", "").Session
		require.NoError(t, h.Store.Sessions().End(ctx, ending(ended, session.Revoked)))
		seen := []session.SeenAddress{{Address: "192.0.2.66", FirstAt: later(-1), LastAt: later(-1)}}
		record(t,
			session.Activity{Session: ended.ID, LastAt: later(1), Addresses: seen},
			session.Activity{Session: expired.ID, LastAt: expired.ExpiresAt},
		)
		require.Equal(t, at, lastActivity(t, ended.ID))
		require.Equal(t, at, lastActivity(t, expired.ID))
		require.Contains(t, addresses(t, ended.ID), seen[0], "a thief's last use counts")
	})

	t.Run("those seen last are remembered", func(t *testing.T) {
		s := register(t, h.Store, "travels@example.com", "").Session
		for n := range 2 {
			a := session.Activity{Session: s.ID, LastAt: later(1)}
			for i := range session.MaxAddresses {
				m := n*session.MaxAddresses + i + 1
				a.Addresses = append(a.Addresses, session.SeenAddress{Address: fmt.Sprintf("192.0.2.%d", m), FirstAt: later(m), LastAt: later(m)})
			}
			record(t, a)
		}
		list := addresses(t, s.ID)
		require.Len(t, list, session.MaxAddresses)
		for i, seen := range list {
			require.Equal(t, fmt.Sprintf("192.0.2.%d", 2*session.MaxAddresses-i), seen.Address)
		}
	})

	t.Run("another tenant has none of it", func(t *testing.T) {
		a := register(t, h.Store, "tenant@example.com", "")
		seen := []session.SeenAddress{{Address: "192.0.2.66", FirstAt: later(1), LastAt: later(1)}}
		require.NoError(t, use.Record(ctx, tenant.ID{9}, []session.Activity{{Session: a.Session.ID, LastAt: later(1), Addresses: seen}}))
		require.Equal(t, at, lastActivity(t, a.Session.ID))
		require.Len(t, addresses(t, a.Session.ID), 1)
		list, err := use.Addresses(ctx, tenant.ID{9}, a.Session.ID)
		require.NoError(t, err)
		require.Empty(t, list)
		_, err = use.Device(ctx, tenant.ID{9}, a.User.ID, a.Session.Device.Fingerprint(a.User.ID))
		require.ErrorIs(t, err, outbound.ErrNotFound)
	})

	t.Run("instances that write the same sessions do not get in each other's way", func(t *testing.T) {
		var list []session.Activity
		for i := range 20 {
			s := register(t, h.Store, fmt.Sprintf("busy%d@example.com", i), "").Session
			list = append(list, session.Activity{Session: s.ID, LastAt: later(1), Addresses: []session.SeenAddress{
				{Address: "192.0.2.1", FirstAt: later(1), LastAt: later(1)}, {Address: "192.0.2.2", FirstAt: later(1), LastAt: later(1)},
			}})
		}
		var wg sync.WaitGroup
		for n := range 4 {
			wg.Go(func() {
				turned := append(append([]session.Activity{}, list[n*5:]...), list[:n*5]...)
				for range 5 {
					if err := use.Record(ctx, tenant.Default, turned); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		for _, a := range list {
			require.Equal(t, later(1), lastActivity(t, a.Session))
			require.Len(t, addresses(t, a.Session), 3)
		}
	})

	t.Run("it goes with the session", func(t *testing.T) {
		s := register(t, h.Store, "gone@example.com", "").Session
		require.Len(t, addresses(t, s.ID), 1)
		h.Exec(t, "DELETE FROM sessions WHERE id = '"+s.ID.String()+"'")
		require.Empty(t, addresses(t, s.ID))
	})
}

func testDevices(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	ann := register(t, h.Store, "ann@example.com", "")
	from := func(browser string, day int) session.Session {
		s := newSession(ann.User)
		s.Device.Browser = browser
		s.CreatedAt = at.Add(time.Duration(day) * 24 * time.Hour)
		return s
	}
	open := func(t *testing.T, s session.Session) {
		t.Helper()
		require.NoError(t, h.Store.Sessions().Open(ctx, opening(s, ann.PasswordHash)))
	}
	device := func(t *testing.T, s session.Session) session.KnownDevice {
		t.Helper()
		d, err := h.Store.Activity().Device(ctx, tenant.Default, s.User, s.Device.Fingerprint(s.User))
		require.NoError(t, err)
		return d
	}
	met := func() (list []event.Recorded) {
		for _, e := range all(t, h) {
			if e.Name == event.SessionNewDevice {
				list = append(list, e)
			}
		}
		return list
	}

	t.Run("the first is known by the sign-up", func(t *testing.T) {
		firefox := session.KnownDevice{Device: ann.Session.Device, FirstSeenAt: at, LastSeenAt: at}
		require.Equal(t, firefox, device(t, ann.Session))
		list, err := h.Store.Activity().Devices(ctx, tenant.Default, ann.User.ID)
		require.NoError(t, err)
		require.Equal(t, []session.KnownDevice{firefox}, list)
		require.Empty(t, met())
	})
	t.Run("one that is known is seen again, in whichever version", func(t *testing.T) {
		open(t, from("Firefox 141", 2))
		open(t, from("Firefox 139", 1))
		known := device(t, ann.Session)
		require.Equal(t, []time.Time{at, at.Add(48 * time.Hour)}, []time.Time{known.FirstSeenAt, known.LastSeenAt})
		require.Equal(t, "Firefox 141", known.Browser)
		require.Empty(t, met())
	})
	t.Run("a new one is an event, once", func(t *testing.T) {
		s := from("Chrome 140", 3)
		open(t, s)
		open(t, from("Chrome 140", 4))
		require.Len(t, met(), 1)
		e := met()[0]
		require.Equal(t, event.OfSession(s.ID), e.Subject)
		require.Equal(t, ann.User.ID, e.User)
		require.Equal(t, "2001:db8::2", e.Address)
		require.Equal(t, "request-2", e.RequestID)
		require.Equal(t, s.CreatedAt, e.At)
		require.Equal(t, "Chrome 140", e.Payload["browser"])
		require.Equal(t, session.KnownDevice{Device: s.Device, FirstSeenAt: s.CreatedAt, LastSeenAt: at.Add(96 * time.Hour)}, device(t, s))
		list, err := h.Store.Activity().Devices(ctx, tenant.Default, ann.User.ID)
		require.NoError(t, err)
		require.Len(t, list, 2)
		require.Equal(t, "Chrome 140", list[0].Browser, "the one seen last first")
		list, err = h.Store.Activity().Devices(ctx, tenant.ID{9}, ann.User.ID)
		require.NoError(t, err)
		require.Empty(t, list)
	})
	t.Run("of many sign-ins at once one finds it new", func(t *testing.T) {
		before := len(met())
		var wg sync.WaitGroup
		for range 8 {
			s := from("Opera 1", 5)
			wg.Go(func() {
				if err := h.Store.Sessions().Open(ctx, opening(s, ann.PasswordHash)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		require.Len(t, met(), before+1)
	})
	t.Run("a sign-in that is refused leaves no trace", func(t *testing.T) {
		before := len(met())
		known := device(t, ann.Session)
		for _, browser := range []string{"Safari 1", "Firefox 1"} {
			s := from(browser, 6)
			require.ErrorIs(t, h.Store.Sessions().Open(ctx, opening(s, "another password's hash")), outbound.ErrStale)
		}
		s := from("Safari 1", 6)
		_, err := h.Store.Activity().Device(ctx, tenant.Default, s.User, s.Device.Fingerprint(s.User))
		require.ErrorIs(t, err, outbound.ErrNotFound)
		require.Equal(t, known, device(t, ann.Session))
		require.Len(t, met(), before)
	})
	t.Run("an account of before learns its first without an event", func(t *testing.T) {
		before := len(met())
		h.Exec(t, "DELETE FROM devices")
		open(t, from("Safari 1", 6))
		require.Len(t, met(), before)
		open(t, from("Edge 1", 6))
		require.Len(t, met(), before+1)
	})
	t.Run("it is one user's", func(t *testing.T) {
		bob := register(t, h.Store, "bob@example.com", "")
		_, err := h.Store.Activity().Device(ctx, tenant.Default, bob.User.ID, ann.Session.Device.Fingerprint(ann.User.ID))
		require.ErrorIs(t, err, outbound.ErrNotFound)
	})
	t.Run("those seen last are remembered", func(t *testing.T) {
		first := from("Browser-0 1", 10)
		open(t, first)
		for n := range session.MaxKnownDevices {
			open(t, from(fmt.Sprintf("Browser-%d 1", n+1), 11+n))
		}
		_, err := h.Store.Activity().Device(ctx, tenant.Default, first.User, first.Device.Fingerprint(first.User))
		require.ErrorIs(t, err, outbound.ErrNotFound)
		device(t, from("Browser-1 1", 0))
	})
}

// The history of a user, the last first.
func testHistory(t *testing.T, h StoreHarness) {
	ctx := t.Context()
	log := h.Store.Events()
	origin := event.Origin{Tenant: tenant.Default, RequestID: "request-1", Address: "192.0.2.1"}
	ann, bob := register(t, h.Store, "ann@example.com", ""), register(t, h.Store, "bob@example.com", "")
	failed := func(n int) event.Event {
		return event.FailedSignIn(origin, ann.User.ID, event.WrongPassword, at.Add(time.Duration(n)*time.Minute))
	}
	for n := range 7 {
		require.NoError(t, log.Append(ctx, failed(n), event.FailedSignIn(origin, bob.User.ID, event.WrongPassword, at),
			event.FailedSignIn(origin, [16]byte{}, event.UnknownAccount, at)))
	}
	require.NoError(t, h.Store.Sessions().End(ctx, ending(ann.Session, session.Revoked)))
	names := []event.Name{event.SignInFailed, event.SessionRevoked, event.SessionCreated}
	read := func(t *testing.T, limit int, between func()) (got []event.Event) {
		t.Helper()
		var p event.Position
		for {
			page, err := log.OfUser(ctx, tenant.Default, ann.User.ID, names, p, limit)
			require.NoError(t, err)
			require.LessOrEqual(t, len(page), limit)
			if len(page) == 0 {
				return got
			}
			for _, e := range page {
				got = append(got, e.Event)
				p = e.Position
			}
			between()
		}
	}
	var want []event.Event
	for _, e := range all(t, h) {
		if e.User == ann.User.ID && e.Name != event.UserCreated {
			want = append([]event.Event{e.Event}, want...)
		}
	}
	require.Len(t, want, 9)
	require.Equal(t, event.SessionRevoked, want[0].Name)
	require.Equal(t, event.SessionCreated, want[8].Name)
	for _, limit := range []int{1, 2, 3, 9, 100} {
		require.Equal(t, want, read(t, limit, func() {}), "pages of %d", limit)
	}
	require.Equal(t, want, read(t, 4, func() { require.NoError(t, log.Append(ctx, failed(60))) }), "what happens meanwhile moves nothing")

	everything, err := log.OfUser(ctx, tenant.Default, ann.User.ID, nil, event.Position{}, 100)
	require.NoError(t, err)
	require.Equal(t, event.UserCreated, everything[len(everything)-1].Name, "no names are any name")
	require.Len(t, everything, 13)

	for name, ask := range map[string]func() ([]event.Recorded, error){
		"nobody": func() ([]event.Recorded, error) {
			return log.OfUser(ctx, tenant.Default, [16]byte{}, names, event.Position{}, 9)
		},
		"another tenant": func() ([]event.Recorded, error) {
			return log.OfUser(ctx, tenant.ID{9}, ann.User.ID, names, event.Position{}, 9)
		},
		"part of a name": func() ([]event.Recorded, error) {
			return log.OfUser(ctx, tenant.Default, ann.User.ID, []event.Name{"sign_in", "failed"}, event.Position{}, 9)
		},
	} {
		none, err := ask()
		require.NoError(t, err, name)
		require.Empty(t, none, name)
	}
}
