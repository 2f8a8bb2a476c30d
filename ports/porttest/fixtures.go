package porttest

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/event"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/outbound"
)

// at is the present of the store's suite: it has every digit that must survive.
var at = time.Date(2026, 3, 29, 1, 59, 59, 123456000, time.UTC)

var life = session.Lifetime{Sliding: 7 * 24 * time.Hour, Absolute: 30 * 24 * time.Hour}

func newID() [16]byte { return uuid.Must(uuid.NewV7()) }

// account is what a sign-up by this address makes.
func account(address, name string) outbound.Account {
	email, _ := user.ParseEmail(address)
	username, _ := user.ParseUsername(name)
	u := user.New(user.Registration{Tenant: tenant.Default, ID: newID(), Email: email, Username: username}, at)
	s := newSession(u)
	origin := event.Origin{Tenant: tenant.Default, RequestID: "request-1", Address: "192.0.2.1"}
	return outbound.Account{
		User: u, PasswordHash: "hash of " + address, Session: s,
		Events: []event.Event{event.SignedUp(origin, u.ID, at), event.SignedIn(origin, s)},
	}
}

func register(t *testing.T, store outbound.Store, address, name string) outbound.Account {
	t.Helper()
	a := account(address, name)
	require.NoError(t, store.Users().Register(t.Context(), a))
	return a
}

func newSession(u user.User) session.Session {
	id := newID()
	return session.New(session.Opening{
		Tenant: u.Tenant, ID: id, User: u.ID, Address: "2001:db8::1", UserAgent: "Mozilla/5.0 (汉语; 🦊)",
		Device:  session.Device{Name: "Firefox on Linux", Type: session.Desktop, Browser: "Firefox 140", OS: "Linux"},
		Methods: []string{"pwd"}, SecretHash: [32]byte(append(id[:], id[:]...)),
	}, life, at)
}

// opening asks to open a session with this hash, without a limit.
func opening(s session.Session, hash string) outbound.Opening {
	origin := event.Origin{Tenant: s.Tenant, RequestID: "request-2", Address: "2001:db8::2"}
	return outbound.Opening{
		Session: s, PasswordHash: hash, Event: event.SignedIn(origin, s), NewDevice: event.NewDevice(origin, s), Lifetime: life,
		Displaced: event.Ended(origin, event.OfUser(s.User), session.ID{}, s.User, session.Displaced, s.CreatedAt),
	}
}

func identifier(u user.User) user.Identifier { return user.Identifier{Email: u.Email} }

func ending(s session.Session, reason session.EndReason) outbound.Ending {
	return outbound.Ending{
		Tenant: s.Tenant, Session: s.ID, Owner: s.User, Reason: reason, At: at,
		Event: event.Ended(event.Origin{Tenant: s.Tenant}, event.OfUser(s.User), s.ID, s.User, reason, at),
	}
}

func endingOthers(keep session.Session, reason session.EndReason) outbound.EndingOthers {
	return outbound.EndingOthers{Tenant: keep.Tenant, Owner: keep.User, Keep: keep.ID, Reason: reason, At: at, Lifetime: life}
}

// presented is the current token of a session, whose successor has this hash.
func presented(s session.Session, next byte) token.Presented {
	return token.Presented{Generation: s.Rotation.Generation, Hash: s.Rotation.SecretHash, NextHash: [32]byte{next}}
}

// all gives every event, in order. Whichever statement wrote it, it names the
// user whose account it concerns.
func all(t *testing.T, h StoreHarness) []event.Recorded {
	t.Helper()
	h.Settle(t)
	list, err := h.Store.Events().After(t.Context(), tenant.Default, event.Position{}, 10_000)
	require.NoError(t, err)
	for _, e := range list {
		if named, ok := e.Payload[event.UserID]; ok {
			require.Equal(t, named, e.User.String(), e.Name)
		}
	}
	return list
}

// Account is what a sign-up by this address makes, for the tests of one
// adapter alone.
func Account(address string) outbound.Account { return account(address, "") }

// Opening opens a new session of an account's, likewise.
func Opening(a outbound.Account) outbound.Opening { return opening(newSession(a.User), a.PasswordHash) }
